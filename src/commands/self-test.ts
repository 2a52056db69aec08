// `streamvault self-test` (hidden): whether this build can do what no source test shows: threads and the compressor
// inside the executable. Compresses a megabyte in a worker and prints its size as JSON.
import { startWorker } from '../outside/workers.ts';
import type { CompressQuestion } from '../watch/worker.ts';
import { command } from './command.ts';

const megabyte = 1 << 20;

export const selfTest = command({
  name: 'self-test',
  summary: 'Compress a megabyte in a worker thread, to see that this build works here',
  isHidden: true,
  options: {},
  async run(_given, { results }) {
    await using worker = startWorker<CompressQuestion, Uint8Array>('watch');
    const compressed = await worker.ask({
      compress: Buffer.alloc(megabyte, 'one tweet after the other\n'),
      setting: { preset: 6 },
    });
    results.write(`${JSON.stringify({ bytes: megabyte, compressedBytes: compressed.byteLength })}\n`);
    return 0;
  },
});
