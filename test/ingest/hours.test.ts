// may take 600 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seed } from '../support/seed.ts';
import { liveThrough } from './hours.ts';

const test = suite('hours of ingest');
/** 30 in the soak. */
const hours = Number(process.env['STREAMVAULT_EMULATED_HOURS'] ?? 2);

test('through faults of every kind what was sent while connected is what was kept, and gaps are right to the moment', async () => {
  const { differences, ...report } = await liveThrough({ hours, seed, rate: 2, faultEverySeconds: 60 });
  console.log(JSON.stringify({ seed, ...report }));
  assert.equal(differences, []);
  assert.ok(report.kept > 0 && report.gaps > 0);
});

test('the same where tweets are rare, and keep-alives all that is heard for most of the time', async () => {
  const { differences, ...report } = await liveThrough({ hours, seed: seed + 1, rate: 0.03, faultEverySeconds: 120 });
  console.log(JSON.stringify({ seed, ...report }));
  assert.equal(differences, []);
});

test.run();
