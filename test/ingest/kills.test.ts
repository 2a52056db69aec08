// may take 900 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seed } from '../support/seed.ts';
import { killAgainAndAgain } from './kills.ts';

const test = suite('ingest under SIGKILL');
/** 200 in the soak. */
const kills = Number(process.env['STREAMVAULT_INGEST_KILLS'] ?? 10);

test('whenever it is killed, what was received and written is kept, and the time it was dead is a gap', async () => {
  const { differences, ...report } = await killAgainAndAgain({ kills, seed });
  console.log(JSON.stringify({ seed, kills, ...report }));
  assert.equal(differences, []);
});

test('the same on a disk that takes a tenth of a second for a sync: no line waits for one', async () => {
  const { differences, ...report } = await killAgainAndAgain({ kills: Math.ceil(kills / 3), seed, syncMs: 100 });
  console.log(JSON.stringify({ seed, kills, ...report }));
  assert.equal(differences, []);
});

test.run();
