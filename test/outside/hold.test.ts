import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { holdOf } from '../../src/outside/hold.ts';

const test = suite('hold');

test('as many files as fit are held at once, in their order, and a larger one alone', async () => {
  const hold = holdOf(() => 10);
  const held: number[] = [];
  const ask = async (bytes: number): Promise<() => void> => {
    const letGo = await hold(bytes);
    held.push(bytes);
    return letGo;
  };
  const asked = [6, 4, 50, 1].map(ask);
  const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  await settle();
  assert.equal(held, [6, 4]);
  (await asked[0])?.();
  await settle();
  assert.equal(held, [6, 4], 'the large one waits until nothing else is held, and nobody overtakes it');
  (await asked[1])?.();
  await settle();
  assert.equal(held, [6, 4, 50]);
  (await asked[2])?.();
  await settle();
  assert.equal(held, [6, 4, 50, 1]);
});

test.run();
