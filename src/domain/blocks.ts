// Where compressed blocks end: at fixed minutes of the hour and at a fixed size, never by arrival, so that the same rows give
// the same bytes. Denser towards the hour's end, where what is left to compress is what people wait for.

import type { PackedRows } from './byte-rows.ts';

const mebibyte = 2 ** 20;

/** A block ends after each of these minutes of the hour (1 to 60). */
const lastMinutes: ReadonlySet<number> = new Set([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 58, 59, 60]);

export const endsBlock = (minuteOfHour: number): boolean => lastMinutes.has(minuteOfHour);

/** Smaller blocks compress faster, since they fit the processor's cache, and larger ones better. */
export const blockBytes = { tweets: 6 * mebibyte, IDs: 6 * mebibyte } as const;

const lineFeed = 0x0a;

const pairBytes = 6 * mebibyte;

/**
 * A header and rows that are all there at once, in blocks of the same size, a row never divided: an even number of them, about
 * 3 MiB each, so that several threads end together and nobody waits for one that got a block more. What is small is one block.
 */
export function* evenBlocks(header: Uint8Array, { bytes, ends }: PackedRows): Generator<Uint8Array<ArrayBuffer>> {
  const total = header.length + bytes.length;
  const count = total < mebibyte ? 1 : 2 * Math.max(1, Math.round(total / pairBytes));
  let row = 0;
  let start = 0;
  for (let number = 1; number <= count; number++) {
    const border = (total * number) / count - header.length;
    let end = start;
    while (row < ends.length && end < border) end = ends[row++] as number;
    const above = number === 1 ? header.length : 0;
    const block = new Uint8Array(above + end - start);
    if (above > 0) block.set(header);
    block.set(bytes.subarray(start, end), above);
    if (block.length > 0) yield block;
    start = end;
  }
}

/** Gathers rows into blocks; a row is never divided. The rows' bytes are copied, so that they pin no larger buffer. */
export class BlockCutter {
  readonly #limit: number;
  readonly #take: (block: Uint8Array<ArrayBuffer>) => void;
  #block = new Uint8Array(1 << 16);
  #used = 0;

  constructor(limitBytes: number, take: (block: Uint8Array<ArrayBuffer>) => void) {
    this.#limit = limitBytes;
    this.#take = take;
  }

  /** Adds a row that ends with its line feed. */
  add(row: Uint8Array): void {
    this.#makeRoom(row.length);
    this.#block.set(row, this.#used);
    this.#used += row.length;
  }

  /** Adds rows `first` to `end` (excluded), in one piece where they fit. */
  addRows({ bytes, ends }: PackedRows, first: number, end: number): void {
    let start = first === 0 ? 0 : (ends[first - 1] as number);
    const last = first === end ? start : (ends[end - 1] as number);
    if (this.#used + last - start <= this.#limit) return this.add(bytes.subarray(start, last));
    for (let row = first; row < end; row++) {
      this.add(bytes.subarray(start, ends[row]));
      start = ends[row] as number;
    }
  }

  /** Adds a short row that lacks its line feed: bytes `start` to `end` (excluded). */
  addLine(bytes: Uint8Array, start: number, end: number): void {
    this.#makeRoom(end - start + 1);
    for (let at = start; at < end; at++) this.#block[this.#used++] = bytes[at] as number;
    this.#block[this.#used++] = lineFeed;
  }

  /** Ends the block; nothing happens where it is empty. */
  cut(): void {
    if (this.#used === 0) return;
    const block = this.#block.slice(0, this.#used);
    this.#used = 0;
    this.#take(block);
  }

  #makeRoom(more: number): void {
    if (this.#used > 0 && this.#used + more > this.#limit) this.cut();
    if (this.#used + more <= this.#block.length) return;
    const grown = new Uint8Array(Math.max(this.#block.length * 2, this.#used + more));
    grown.set(this.#block.subarray(0, this.#used));
    this.#block = grown;
  }
}
