// The hour's merge: which rows are stored, who heard what. Takes minutes in order of time (minute-rows.ts), the IDs of the hour
// before and those that the next hour keeps; leaves rows and IDs in order, authors, counts.
import { AuthorTable } from './author-table.ts';
import type { PackedRows } from './byte-rows.ts';
import { IdTable } from './id-table.ts';
import { broughtAuthorBit, heardBit, type MinuteRows } from './minute-rows.ts';
import { idOfPair } from './tweet-id.ts';

const heardBits = heardBit(1) | heardBit(2);
const leftOutBit = 8;
const heldByNextBit = 16;
const comma = 0x2c;

/** IDs that stand elsewhere: in a minute file of the hour before, or in the next hour, which cannot be made again. */
export interface Neighbours {
  readonly before: IdTable;
  readonly heldByNext: IdTable;
}

/** Where stored rows go, in order. */
export interface RowSink {
  /** Rows `first` to `end` (excluded) of tweets.csv. */
  tweets(rows: PackedRows, first: number, end: number): void;
  /** A tweet's ID without its line end: bytes `start` to `end` (excluded). */
  id(bytes: Uint8Array, start: number, end: number): void;
}

/** Distinct IDs by who heard them, and what became of them. */
export interface MergeCounts {
  readonly heard: Readonly<Record<1 | 2, number>>;
  readonly both: number;
  readonly total: number;
  readonly repeats: number;
  readonly leftOut: number;
  readonly heldByNext: number;
}

export class HourMerge {
  /** All IDs of the hour's minute files, stored or not. */
  readonly ids = new IdTable();
  readonly authors = new AuthorTable();
  readonly #neighbours: Neighbours;
  readonly #sink: RowSink;
  #repeats = 0;

  constructor(neighbours: Neighbours, sink: RowSink) {
    this.#neighbours = neighbours;
    this.#sink = sink;
  }

  /** Merges a minute's rows; a copy in an earlier minute stays. */
  addMinute(minute: MinuteRows): void {
    this.#repeats += minute.repeats;
    const rows = { bytes: minute.rows, ends: minute.rowEnds };
    let firstStored = 0;
    for (let index = 0; index < minute.high.length; index++) {
      const high = minute.high[index] as number;
      const low = minute.low[index] as number;
      const heard = (minute.flags[index] as number) & heardBits;
      const known = this.ids.find(high, low);
      if (known >= 0) this.#hearAgain(known, heard);
      if (known < 0 && this.#register(high, low, heard)) this.#store(minute, index);
      else {
        this.#sink.tweets(rows, firstStored, index);
        firstStored = index + 1;
      }
    }
    this.#sink.tweets(rows, firstStored, minute.high.length);
  }

  #hearAgain(index: number, heard: number): void {
    const flags = this.ids.flags[index] as number;
    for (const server of [1, 2] as const) {
      if ((flags & heard & heardBit(server)) !== 0) this.#repeats++;
    }
    this.ids.flags[index] = flags | heard;
  }

  /** Notes a new ID; true where its row is this hour's to store. */
  #register(high: number, low: number, heard: number): boolean {
    const { before, heldByNext } = this.#neighbours;
    let fate = 0;
    if (before.find(high, low) >= 0) fate = leftOutBit;
    else if (heldByNext.find(high, low) >= 0) fate = heldByNextBit;
    this.ids.add(high, low, heard | fate);
    return fate === 0;
  }

  /** Stores all of a tweet but its row: the ID is the row's first cell. */
  #store(minute: MinuteRows, index: number): void {
    const start = index === 0 ? 0 : (minute.rowEnds[index - 1] as number);
    let end = start;
    while (minute.rows[end] !== comma) end++;
    this.#sink.id(minute.rows, start, end);
    const high = minute.authorHigh[index] as number;
    if (high < 0) return;
    this.authors.add({
      high,
      low: minute.authorLow[index] as number,
      brought: ((minute.flags[index] as number) & broughtAuthorBit) !== 0,
      createdMs: minute.createdMs[index] as number,
      tweetHigh: minute.high[index] as number,
      tweetLow: minute.low[index] as number,
      row: rowAt(minute.users, minute.userEnds, index),
    });
  }

  counts(): MergeCounts {
    const counts = { heard: { 1: 0, 2: 0 }, both: 0, leftOut: 0, heldByNext: 0 };
    for (let index = 0; index < this.ids.size; index++) {
      const flags = this.ids.flags[index] as number;
      if ((flags & heardBit(1)) !== 0) counts.heard[1]++;
      if ((flags & heardBit(2)) !== 0) counts.heard[2]++;
      if ((flags & heardBits) === heardBits) counts.both++;
      if ((flags & leftOutBit) !== 0) counts.leftOut++;
      if ((flags & heldByNextBit) !== 0) counts.heldByNext++;
    }
    const total = this.ids.size - counts.leftOut - counts.heldByNext;
    return { ...counts, total, repeats: this.#repeats };
  }

  /** All IDs but those that the next hour keeps: what the next hour leaves out. */
  idsForNext(): IdTable {
    const { high, low, flags, size } = this.ids;
    if (!flags.subarray(0, size).some((bits) => (bits & heldByNextBit) !== 0)) return this.ids;
    const table = new IdTable();
    for (let index = 0; index < size; index++) {
      const isHeld = ((flags[index] as number) & heldByNextBit) !== 0;
      if (!isHeld) table.add(high[index] as number, low[index] as number);
    }
    return table;
  }

  /** The IDs left out because of the hour before, in order of number. */
  leftOut(): string[] {
    const { high, low, flags, size } = this.ids;
    const found: string[] = [];
    for (let index = 0; index < size; index++) {
      const isLeftOut = ((flags[index] as number) & leftOutBit) !== 0;
      if (isLeftOut) found.push(idOfPair(high[index] as number, low[index] as number));
    }
    return found.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  }
}

function rowAt(bytes: Uint8Array, ends: Float64Array, index: number): Uint8Array {
  return bytes.subarray(index === 0 ? 0 : ends[index - 1], ends[index]);
}
