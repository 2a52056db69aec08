// The compressor's thread. Takes bytes and a preset (0 to 9); answers with them as one .xz stream.
import { XzCompressor } from '@napi-rs/lzma';
import { answerQuestions } from '../outside/workers.ts';

export interface CompressQuestion {
  readonly compress: Uint8Array;
  readonly preset: number;
}

answerQuestions(async ({ compress, preset }: CompressQuestion): Promise<Uint8Array> => {
  const compressor = new XzCompressor({ preset });
  const body = compressor.update(compress);
  return Buffer.concat([body, await compressor.finish()]);
});
