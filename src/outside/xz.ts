// xz, as streams of bytes. Takes bytes; leaves .xz streams, which may stand one after the other in a file.
// The addon's streams are used, not its compressor classes: their memory was seen never to be given back. Its .xz knows no
// dictionary but the preset's, which for a small block costs memory and time and finds nothing more: so the LZMA2 bytes are
// made with one that fits, and the container is put around them here.
import './allocator.ts';
import { ReadableStream } from 'node:stream/web';
import { lzma2, xz } from '@napi-rs/lzma';
import { dictionaryFor, xzAround } from './xz-container.ts';

/** Bytes of dictionary by preset, as in xz(1). */
const presetDictionaries = [18, 20, 21, 22, 22, 23, 23, 24, 25, 26].map((power) => 2 ** power);

export interface XzSetting {
  /** From 0 to 9. */
  readonly preset: number;
  /** One of the format's sizes, or none. The dictionary is this, the preset's, or as large as the bytes, whichever is smallest. */
  readonly dictionaryBytes?: number;
}

/** One .xz stream of these bytes. Works on a thread of Node's pool. */
export async function compressXz(bytes: Uint8Array, setting: XzSetting): Promise<Uint8Array<ArrayBuffer>> {
  const { preset, dictionaryBytes: most = Number.POSITIVE_INFINITY } = setting;
  const dictionaryBytes = dictionaryFor(bytes.length, Math.min(most, presetDictionaries[preset] ?? 2 ** 23));
  const parts: Uint8Array[] = [];
  const stream = lzma2.compressStream(streamOf(sliced(bytes)), { preset, dictSize: dictionaryBytes });
  for await (const part of stream) parts.push(part);
  const compressedBytes = parts.reduce((sum, part) => sum + part.length, 0);
  const { before, after } = xzAround({ content: bytes, compressedBytes, dictionaryBytes });
  return joined([before, ...parts, after]);
}

/** Decompresses pieces of a file of one or more streams. Throws where they are no xz, damaged, or cut off. */
export function decompressXz(pieces: Iterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return xz.decompressStream(streamOf(copied(pieces)));
}

const sliceBytes = 1 << 18;

/** In small parts, so that the addon never holds a large one a second time. */
function* sliced(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += sliceBytes) yield bytes.subarray(start, start + sliceBytes);
}

/** Pieces of a file are overwritten when the next one is asked for. */
function* copied(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const piece of pieces) yield Uint8Array.from(piece);
}

function streamOf(pieces: Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const next = iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: () => void iterator.return?.(),
  });
}

/** In a buffer of its own, so that it can be handed over to another thread. */
function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let used = 0;
  for (const part of parts) {
    whole.set(part, used);
    used += part.length;
  }
  return whole;
}
