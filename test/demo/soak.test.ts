// An hour of the two-server system with faults of every kind that fits into one process, from a fresh seed; at length as
// `npm run soak -- --hours 720`.
// may take 400 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isFaultless } from '../../src/demo/comparison.ts';
import { seed } from '../support/seed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { growth, soak } from '../support/two-servers.ts';

const test = suite('soak');

test('an hour with a fault every three minutes ends with every tweet that was heard in the vault, once', async () => {
  const { comparison, faults, descriptors } = await soak({
    folder: temporaryFolder(),
    hours: 1,
    seed,
    rate: 1,
    speed: 120,
    faultEveryMinutes: 3,
  });
  assert.ok(isFaultless(comparison), JSON.stringify({ seed, faults, comparison }).slice(0, 3000));
  assert.ok(comparison.stored > 3000, `${comparison.stored} stored`);
  assert.ok(Object.keys(faults).length > 3);
  assert.ok(Math.max(...descriptors) < 200, descriptors.join(' '));
});

test('growth is the last third against the second, by their middle values', () => {
  assert.is(growth([1, 9, 10, 10, 10, 10, 20, 20, 20]), 2);
  assert.is(growth([9, 9, 10, 11, 10, 10, 10, 90, 10]), 1);
});

test.run();
