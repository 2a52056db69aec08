// Hours of the two-server system with faults of every kind that fits into one process, from a fresh seed; a month of it is
// `npm run soak -- --hours 720`.
// may take 600 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seed } from '../support/seed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { inTrueTime } from '../support/two-servers/reckoning.ts';
import { growth, soak } from '../support/two-servers/soak.ts';

const test = suite('soak');

test('two hours with a fault every five minutes leave nothing lost, doubled, untold or unpublished', async () => {
  const folder = temporaryFolder();
  const { counts, differences, faults, descriptors } = await soak({
    folder,
    hours: 2,
    seed,
    rate: 0.2,
    faultEveryMinutes: 5,
  });
  assert.equal(differences.slice(0, 20), [], JSON.stringify({ seed, faults, counts }));
  console.log(JSON.stringify({ seed, counts, faults }));
  // Where nobody listens nothing is sent: cut off on both sides, the stream may be silent for half of the time.
  assert.ok((counts['stored'] ?? 0) > 700, JSON.stringify(counts));
  assert.ok(Object.keys(faults).length > 10, JSON.stringify(faults));
  assert.ok(Math.max(...descriptors) < 300, descriptors.join(' '));
});

test('growth is the last third against the first, by their middle values', () => {
  assert.is(growth([10, 10, 10, 1, 9, 10, 20, 20, 20]), 2);
  assert.is(growth([9, 10, 11, 10, 10, 10, 10, 90, 10]), 1);
});

test('a gap by a clock that was set back is looked for at both moments that it may mean', () => {
  const standings = [
    { fromMs: Number.NEGATIVE_INFINITY, aheadMs: 0 },
    { fromMs: 1_000, aheadMs: -100 },
  ];
  assert.equal(inTrueTime([{ fromMs: 950, toMs: 990 }], standings), [
    { fromMs: 950, toMs: 990 },
    { fromMs: 1_050, toMs: 1_090 },
  ]);
  assert.equal(inTrueTime([{ fromMs: 100, toMs: 200 }], standings), [{ fromMs: 100, toMs: 200 }]);
});

test.run();
