// Where compressed blocks end: at fixed minutes of the hour and at a fixed size, never by arrival, so that the same rows give
// the same bytes. Denser towards the hour's end, where what is left to compress is what people wait for.

import type { PackedRows } from './byte-rows.ts';

const kibibyte = 2 ** 10;
const mebibyte = 2 ** 20;

/** Where an output that grows by the minute ends its blocks. */
interface BlockEnds {
  /** A block ends after each of these minutes of the hour (1 to 60). */
  readonly minutes: ReadonlySet<number>;
  /** And before it would be larger than this. */
  readonly mostBytes: number;
}

/**
 * Long blocks, few of them: each begins knowing nothing, which costs size. Yet several an hour, so that all cores have one; small
 * ones last. IDs are nothing but digits, which hardly gain from each other.
 */
export const blockEnds: Readonly<Record<'IDs' | 'tweets', BlockEnds>> = {
  IDs: { minutes: new Set([30, 55, 60]), mostBytes: 6 * mebibyte },
  tweets: { minutes: new Set([15, 30, 45, 55, 59, 60]), mostBytes: 24 * mebibyte },
};

/**
 * How far back a block looks for what it repeats. A small dictionary takes less time and memory, since its tables stay near the
 * processor, and finds nearly as much in a long block as a large one in a short block.
 */
const dictionaryBytes = { IDs: 64 * kibibyte, tweets: 1.5 * mebibyte, users: mebibyte } as const;

/** Presets from here on differ from the one before by their dictionary alone: who asks for them wants it. */
const firstPresetOfLargerDictionaries = 7;

/**
 * Preset 6 is 5 that searches on where it has found 32 bytes, up to 64. In such rows that finds next to nothing: 3 MB of users took
 * 2.9 s with it and 2.5 s without, and became 0.47 % larger without it; 17 MB of tweets 0.16 %.
 */
const searchedAs: Readonly<Record<number, number>> = { 6: 5 };

/** How a block is compressed. */
export interface BlockSetting {
  /** Of xz(1), for all but the dictionary. */
  readonly preset: number;
  /** The largest dictionary; the preset's own, or the block, may be smaller. */
  readonly dictionaryBytes: number;
}

/** How a kind of output is compressed by a preset of the configuration: about as small as `xz -PRESET`, that of 6 within 5 %. */
export function blockSetting(kind: keyof typeof dictionaryBytes, preset: number): BlockSetting {
  if (preset >= firstPresetOfLargerDictionaries) return { preset, dictionaryBytes: Number.POSITIVE_INFINITY };
  return { preset: searchedAs[preset] ?? preset, dictionaryBytes: dictionaryBytes[kind] };
}

const lineFeed = 0x0a;

const pairBytes = 6 * mebibyte;

/**
 * A header and rows that are all there at once, in an even number of blocks of about 3 MiB, a row never divided. Each is smaller
 * than the one before, from 5/4 to 3/4 of their mean, so that several threads that take them in turn, beside the last minute's
 * rows, end nearly together. What is small is one block.
 */
export function* dwindlingBlocks(header: Uint8Array, { bytes, ends }: PackedRows): Generator<Uint8Array<ArrayBuffer>> {
  const total = header.length + bytes.length;
  const count = total < mebibyte ? 1 : 2 * Math.max(1, Math.round(total / pairBytes));
  let row = 0;
  let start = 0;
  for (let number = 1; number <= count; number++) {
    const border = total * shareOfFirst(number, count) - header.length;
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

/** The part of the whole that the first `number` of `count` blocks hold together. */
function shareOfFirst(number: number, count: number): number {
  if (number === count) return 1;
  const mean = 5 / 4 - (number - 1) / (4 * (count - 1));
  return (number / count) * mean;
}

const firstRoomBytes = 1 << 16;

/** Gathers rows into blocks; a row is never divided. The rows' bytes are copied, so that they pin no larger buffer. */
export class BlockCutter {
  readonly #limit: number;
  readonly #take: (block: Uint8Array<ArrayBuffer>) => void;
  #block = new Uint8Array(firstRoomBytes);
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
    const block = new Uint8Array(this.#block.buffer.transfer(this.#used));
    this.#block = new Uint8Array(firstRoomBytes);
    this.#used = 0;
    this.#take(block);
  }

  #makeRoom(more: number): void {
    if (this.#used > 0 && this.#used + more > this.#limit) this.cut();
    if (this.#used + more <= this.#block.length) return;
    const doubled = Math.min(this.#block.length * 2, this.#limit);
    this.#block = new Uint8Array(this.#block.buffer.transfer(Math.max(doubled, this.#used + more)));
  }
}
