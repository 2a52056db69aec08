import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hourOf, minuteOf } from '../../src/domain/time.ts';
import type { Receipt } from '../../src/domain/receipt.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import type { WorkerHandle } from '../../src/outside/workers.ts';
import { verifyKept } from '../../src/verify/kept.ts';
import type { Reading, ReadQuestion } from '../../src/verify/worker.ts';

const test = suite('kept minute files');

test('a thread that fails is told once the others have answered: who ends them then ends no work', async () => {
  const hour = hourOf(minuteOf(Date.parse('2026-03-10T13:00:00Z')), 'UTC');
  const slow = Promise.withResolvers<Reading>();
  const asks = [() => Promise.reject(new Error('broken')), () => slow.promise];
  const workers = asks.map((ask) => ({ ask }) as unknown as WorkerHandle<ReadQuestion, Reading>);
  const disk = {
    ...systemDisk,
    list: () => Promise.resolve(['one', 'two'].map((name) => ({ name, isFolder: false, isFile: true }))),
  };
  let told = '';
  const work = verifyKept(hour, { servers: [1], inputs: [] } as unknown as Receipt, { folder: '/day', disk, workers });
  const ended = work.catch((error: Error) => void (told = error.message));
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.is(told, '');
  slow.resolve({} as Reading);
  await ended;
  assert.is(told, 'broken');
});

test.run();
