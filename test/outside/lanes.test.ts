import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inLanes } from '../../src/outside/lanes.ts';

const test = suite('lanes');

test('what is shared is done once, by as many at a time as there are lanes', async () => {
  const left = [1, 2, 3, 4, 5].values();
  const done: number[] = [];
  let [running, most] = [0, 0];
  await inLanes(2, async () => {
    for (const item of left) {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      done.push(item);
    }
  });
  assert.equal([done.toSorted(), most], [[1, 2, 3, 4, 5], 2]);
});

test('a lane that fails is told once every other has ended', async () => {
  const slow = Promise.withResolvers<void>();
  const lanes = [Promise.reject(new Error('broken')), slow.promise].values();
  let told = '';
  const work = inLanes(2, async () => lanes.next().value).catch((error: Error) => void (told = error.message));
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(told, '');
  slow.resolve();
  await work;
  assert.is(told, 'broken');
});

test('each lane is told which one it is: it may have something of its own, as a thread', async () => {
  const told: number[] = [];
  await inLanes(3, async (index) => void told.push(index));
  assert.equal(told, [0, 1, 2]);
});

test.run();
