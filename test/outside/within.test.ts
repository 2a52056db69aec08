import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { within } from '../../src/outside/within.ts';
import { manualClock } from '../support/manual-clock.ts';

const test = suite('work that is waited for');

test('work that ends in time did, and nobody sleeps on', async () => {
  const clock = manualClock();
  const work = Promise.withResolvers<string>();
  const inTime = within(5_000, work.promise, { clock });
  await clock.pass(4_999);
  work.resolve('done');
  assert.is(await inTime, true);
  assert.is(clock.sleeping, 0);
});

test('work that takes longer did not, and may end later as it likes', async () => {
  const clock = manualClock();
  const work = Promise.withResolvers<string>();
  const inTime = within(5_000, work.promise, { clock });
  await clock.pass(5_000);
  assert.is(await inTime, false);
  work.reject(new Error('too late for anybody'));
  await clock.pass(1);
});

test('work that fails in time fails the wait, and nobody sleeps on', async () => {
  const clock = manualClock();
  const told = await within(5_000, Promise.reject(new Error('broken')), { clock }).catch(
    (error: Error) => error.message,
  );
  assert.is(told, 'broken');
  assert.is(clock.sleeping, 0);
});

test.run();
