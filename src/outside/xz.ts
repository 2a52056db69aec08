// xz, as streams of bytes. Takes bytes; leaves .xz streams, which may stand one after the other in a file.
// For worker threads: both ways work on the thread that calls.
import { XzCompressor, XzDecompressor } from '@napi-rs/lzma';

/** One .xz stream of these bytes, at a preset from 0 to 9. */
export async function compressXz(bytes: Uint8Array, preset: number): Promise<Uint8Array<ArrayBuffer>> {
  const compressor = new XzCompressor({ preset });
  const body = compressor.update(bytes);
  return joined([body, await compressor.finish()]);
}

/** Compresses piece by piece; the bytes do not depend on where the pieces end. */
export class XzWriter {
  readonly #compressor: XzCompressor;
  readonly #parts: Uint8Array[] = [];

  constructor(preset: number) {
    this.#compressor = new XzCompressor({ preset });
  }

  add(bytes: Uint8Array): void {
    const part = this.#compressor.update(bytes);
    if (part.length > 0) this.#parts.push(part);
  }

  async finish(): Promise<Uint8Array<ArrayBuffer>> {
    return joined([...this.#parts, await this.#compressor.finish()]);
  }
}

/** Decompresses pieces of a file of one or more streams. Throws where they are no xz, damaged, or cut off. */
export async function* decompressXz(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decompressor = new XzDecompressor();
  for (const piece of pieces) {
    const part = decompressor.update(piece);
    if (part.length > 0) yield part;
  }
  const rest = await decompressor.finish();
  if (rest.length > 0) yield rest;
}

/** A copy in a buffer of its own, so that it can be handed over to another thread. */
function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let used = 0;
  for (const part of parts) {
    whole.set(part, used);
    used += part.length;
  }
  return whole;
}
