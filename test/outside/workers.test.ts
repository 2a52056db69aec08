import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startWorker } from '../../src/outside/workers.ts';
import type { CompressQuestion } from '../../src/watch/worker.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('workers');
const megabyte = 1 << 20;

test('a worker answers each question, however many are open', async () => {
  await using worker = startWorker<CompressQuestion, Uint8Array>('watch');
  const ask = (preset: number): Promise<Uint8Array> =>
    worker.ask({ compress: Buffer.alloc(megabyte, 'ab'), setting: { preset } });
  const sizes = (await Promise.all([ask(0), ask(6)])).map((answer) => answer.byteLength);
  assert.ok(
    sizes.every((size) => size > 50 && size < 10_000),
    sizes.join(', '),
  );
});

test('what the worker throws is what the question rejects with, and the worker goes on', async () => {
  await using worker = startWorker<CompressQuestion, Uint8Array>('watch');
  const wrong = await worker
    .ask({ compress: Buffer.alloc(1), setting: { preset: 77 } })
    .catch((error: unknown) => error);
  assert.match(String(wrong), /preset/);
  assert.ok(await worker.ask({ compress: Buffer.alloc(1), setting: { preset: 0 } }));
});

test('a question is rejected, not forgotten, where the worker ends first', async () => {
  const worker = startWorker<CompressQuestion, Uint8Array>('watch');
  const question = worker
    .ask({ compress: Buffer.alloc(megabyte), setting: { preset: 9 } })
    .catch((error: unknown) => error);
  await worker[Symbol.asyncDispose]();
  assert.match(String(await question), /ended/);
});

test('a worker that has ended rejects whatever it is asked', async () => {
  const worker = startWorker<CompressQuestion, Uint8Array>('watch');
  await worker[Symbol.asyncDispose]();
  const late = await worker.ask({ compress: Buffer.alloc(1), setting: { preset: 0 } }).catch((error: unknown) => error);
  assert.match(String(late), /ended/);
});

test('a worker that cannot start rejects its questions', async () => {
  const worker = startWorker<string, string>('no-such-stage');
  assert.match(String(await worker.ask('anything').catch((error: unknown) => error)), /no-such-stage/);
});

test('who ends a thread lives until it has ended, also where its last answer comes meanwhile', () => {
  const module = fileURLToPath(new URL('../../src/outside/workers.ts', import.meta.url));
  const script = `
    import { startWorker } from ${JSON.stringify(module)};
    const worker = startWorker('ingest');
    const question = { path: ${JSON.stringify(module)}, opening: 1, bytes: 100, isLast: false };
    await worker.ask(question);
    void worker.ask(question).catch(() => {});
    // The answer comes while nobody looks, and is taken in once the end has begun.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    await worker[Symbol.asyncDispose]();
    process.stdout.write('ended');`;
  const program = join(temporaryFolder(), 'end.mjs');
  writeFileSync(program, script);
  assert.is(execFileSync(process.execPath, [program], { encoding: 'utf8' }), 'ended');
});

test.run();
