// Content-Encoding taken off while it comes: gzip, deflate, br. All that can be decoded of a stream that was cut is decoded.
// Takes and leaves pieces; a wrong or broken coding is told, never thrown.
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import type { BrotliDecompress, Gunzip, Inflate, InflateRaw } from 'node:zlib';
import type { Piece, Warn } from './piece.ts';

/** Compressed bytes decoded at once: what they swell to is held in memory. */
const stepBytes = 16 * 1024;

type Engine = Gunzip | Inflate | InflateRaw | BrotliDecompress;

/** Takes off the codings, the last applied first. */
export function withoutCodings(
  pieces: AsyncIterable<Piece>,
  names: readonly string[],
  warn: Warn,
): AsyncIterable<Piece> {
  return names.reduceRight((inner, name) => decoded(inner, name, warn), pieces);
}

async function* decoded(pieces: AsyncIterable<Piece>, name: string, warn: Warn): AsyncGenerator<Piece> {
  let work: EngineWork | 'as-is' | undefined;
  for await (const piece of pieces) {
    work ??= startWork(name, piece.bytes, warn);
    if (work === 'as-is') {
      yield piece;
      continue;
    }
    for (let at = 0; at < piece.bytes.length && !work.isOver; at += stepBytes) {
      for (const bytes of await work.feed(piece.bytes.subarray(at, at + stepBytes))) yield { ...piece, bytes };
    }
    if (work.trouble !== undefined) {
      warn('content-coding', `the ${name} coding is broken (${work.trouble}); what follows cannot be decoded`);
      return;
    }
  }
  if (work !== undefined && work !== 'as-is') await work.close();
}

function startWork(name: string, first: Buffer, warn: Warn): EngineWork | 'as-is' {
  const engine = engineFor(name, first);
  if (engine !== undefined) return new EngineWork(engine);
  warn('content-coding', `it says Content-Encoding: ${name}, but is not so encoded; read as it is`);
  return 'as-is';
}

function engineFor(name: string, first: Buffer): Engine | undefined {
  // Never told that the input ends: an engine that is throws away, at a cut, what it had decoded and not yet handed out.
  const setting = { chunkSize: 64 * 1024 };
  if (name === 'gzip' || name === 'x-gzip') return first[0] === 0x1f ? createGunzip(setting) : undefined;
  if (name === 'deflate') {
    const isZlib = ((first[0] ?? 0) & 0x0f) === 8 && (first.length < 2 || first.readUInt16BE(0) % 31 === 0);
    return isZlib ? createInflate(setting) : createInflateRaw(setting);
  }
  return name === 'br' ? createBrotliDecompress(setting) : undefined;
}

class EngineWork {
  isOver = false;
  trouble: string | undefined;
  readonly #engine: Engine;
  #out: Buffer[] = [];
  #wake: () => void = () => {};

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.on('data', (bytes: Buffer) => this.#out.push(bytes));
    engine.on('error', (error) => {
      this.trouble = error.message;
      this.#finish();
    });
    engine.on('end', () => this.#finish());
  }

  #finish(): void {
    this.isOver = true;
    this.#wake();
  }

  /** Decodes a few bytes; resolves to all that they give. */
  async feed(bytes: Buffer): Promise<Buffer[]> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#engine.write(bytes, () => resolve());
    });
    // What the engine pushed reaches the listener a turn later.
    while (this.#engine.readableLength > 0 && !this.isOver) await new Promise((resolve) => setImmediate(resolve));
    const out = this.#out;
    this.#out = [];
    return out;
  }

  async close(): Promise<void> {
    this.#engine.destroy();
  }
}
