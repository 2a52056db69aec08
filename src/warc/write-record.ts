// Records written into a WARC file: head, block, two line ends, each record a gzip member of its own or all of them plain.
// Takes a file open for appending; leaves bytes in it, and says how many and what their SHA-256 is.
import { type Hash, createHash } from 'node:crypto';
import type { TransformOptions } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ZlibOptions, createGzip } from 'node:zlib';
import type { OpenFile } from '../outside/disk.ts';

const endOfRecord = Buffer.from('\r\n\r\n');
const pieceBytes = 256 * 1024;

/** It takes one piece at a time, and says that it is done with it. */
const gzipOptions = (level: number): ZlibOptions & TransformOptions => ({
  level,
  chunkSize: pieceBytes,
  writableHighWaterMark: 1,
});

export interface WarcWriterSetting {
  readonly file: OpenFile;
  /** 0: plain, no gzip at all; 1 (fast) to 9 (small). */
  readonly level: number;
  /** Ends the writing wherever it is, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Writes records one after the other. */
export class WarcWriter {
  bytes = 0;
  readonly #setting: WarcWriterSetting;
  readonly #hash: Hash = createHash('sha256');

  constructor(setting: WarcWriterSetting) {
    this.#setting = setting;
  }

  /** The head as `encodeHead` leaves it; the block must have the length that the head says. A piece of it is done with before the next is asked for. */
  async write(head: Buffer, block: Buffer | AsyncIterable<Buffer>): Promise<void> {
    const { level, signal } = this.#setting;
    const record = (async function* () {
      yield head;
      if (Buffer.isBuffer(block)) yield block;
      else yield* block;
      yield endOfRecord;
    })();
    const append = async (pieces: AsyncIterable<Buffer>): Promise<void> => {
      for await (const bytes of pieces) await this.#append(bytes);
    };
    const options = signal === undefined ? {} : { signal };
    if (level === 0) await pipeline(record, append, options);
    else await pipeline(record, createGzip(gzipOptions(level)), append, options);
  }

  async #append(bytes: Buffer): Promise<void> {
    await this.#setting.file.append(bytes);
    this.#hash.update(bytes);
    this.bytes += bytes.length;
  }

  /** SHA-256 of all that was written, hex. Ends the writing. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}
