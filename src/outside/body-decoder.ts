// A body's content encoding taken off: gzip, deflate, br. Takes bytes as they come; leaves decoded content as soon as the sender
// flushed it, also at an early end, and says when the encoding is damaged.
import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** Takes content that is valid only during the call; a promise holds the sender back until it resolves. */
export type ContentTaker = (content: Buffer) => Promise<void> | undefined;

const decodedBytes = 1 << 16;

/** The decoder of an encoding; undefined where the content comes as it is. */
export function decoderFor(encoding: string | undefined): BodyDecoder | undefined {
  const flush = { chunkSize: decodedBytes, flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
  const brotli = {
    chunkSize: decodedBytes,
    flush: constants.BROTLI_OPERATION_FLUSH,
    finishFlush: constants.BROTLI_OPERATION_FLUSH,
  };
  switch (encoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return new BodyDecoder(createGunzip(flush));
    case 'deflate':
      return new BodyDecoder(createInflate(flush));
    case 'br':
      return new BodyDecoder(createBrotliDecompress(brotli));
    default:
      return undefined;
  }
}

export class BodyDecoder {
  readonly #stream: Transform;
  readonly #ended = Promise.withResolvers<void>();

  constructor(stream: Transform) {
    this.#stream = stream;
    this.#ended.promise.catch(() => {});
  }

  /** Begins to hand over what is decoded. `fail` is called at most once. */
  start(take: ContentTaker, fail: (error: unknown) => void): void {
    const stream = this.#stream;
    const failed = (error: unknown): void => {
      this.#ended.resolve();
      stream.destroy();
      fail(error);
    };
    stream.on('data', (content: Buffer) => {
      // What the taker throws ends the stream in order; thrown on from here it would end the process.
      try {
        const held = take(content);
        if (held === undefined) return;
        stream.pause();
        held.then(() => stream.resume(), failed);
      } catch (error) {
        failed(error);
      }
    });
    stream.once('error', (error) => failed(new DamagedEncoding(error)));
    stream.once('end', () => this.#ended.resolve());
  }

  /** Takes a copy of the bytes; the promise resolves when more may come. */
  write(bytes: Buffer): Promise<void> | undefined {
    if (this.#stream.destroyed || this.#stream.write(Buffer.from(bytes))) return undefined;
    return new Promise((resolve) => {
      this.#stream.once('drain', resolve).once('close', resolve);
    });
  }

  /** Hands over the rest; resolves when all is handed over. */
  async finish(): Promise<void> {
    if (!this.#stream.destroyed) this.#stream.end();
    await this.#ended.promise;
  }
}

/** The content is not what its encoding says. */
export class DamagedEncoding extends Error {
  override readonly name = 'DamagedEncoding';

  constructor(cause: Error) {
    super(`the compressed stream is damaged (${cause.message})`, { cause });
  }
}
