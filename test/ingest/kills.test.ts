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

test.run();
