// One minute of both servers as rows, compact enough to go from a worker to the hour's merge by handing over buffers.
// Takes payloads in the order that decides between copies (server 1 first, files by name, lines); leaves rows by numeric ID.
import type { ByteRows } from './byte-rows.ts';
import { csvRow } from './csv.ts';
import type { Server } from './hour.ts';
import { createdMs, type Payload, tweetRow, userCells } from './tweet.ts';
import { highOfId, isTweetId, lowOfId } from './tweet-id.ts';

/** Bits of `flags`: who heard the tweet, and whether its payload brought the author. */
export const heardBit = (server: Server): number => server;
export const broughtAuthorBit = 4;

/** Row n of each array speaks of the same tweet. `authorHigh` is -1 where there is no author_id, NaN where it is no number. */
export interface MinuteRows {
  readonly high: Float64Array<ArrayBuffer>;
  readonly low: Float64Array<ArrayBuffer>;
  readonly flags: Uint8Array<ArrayBuffer>;
  readonly rows: Uint8Array<ArrayBuffer>;
  readonly rowEnds: Float64Array<ArrayBuffer>;
  readonly authorHigh: Float64Array<ArrayBuffer>;
  readonly authorLow: Float64Array<ArrayBuffer>;
  readonly createdMs: Float64Array<ArrayBuffer>;
  readonly users: Uint8Array<ArrayBuffer>;
  readonly userEnds: Float64Array<ArrayBuffer>;
  /** Lines whose ID the same server had delivered in this minute before. */
  readonly repeats: number;
}

export interface GatherBuffers {
  readonly rows: ByteRows;
  readonly users: ByteRows;
}

/** Gathers a minute's payloads; the first copy of an ID gives the row. */
export class MinuteGatherer {
  readonly #indexOfId = new Map<string, number>();
  readonly #ids: string[] = [];
  readonly #authorIds: string[] = [];
  readonly #createdMs: number[] = [];
  readonly #flags: number[] = [];
  readonly #rows: ByteRows;
  readonly #users: ByteRows;
  #repeats = 0;

  /** Gathers into buffers that may have been used for another minute, since fresh ones would pile up in memory. */
  constructor({ rows, users }: GatherBuffers) {
    rows.clear();
    users.clear();
    this.#rows = rows;
    this.#users = users;
  }

  add(payload: Payload, server: Server): void {
    const key = payload.id.startsWith('0') ? payload.id.replace(/^0+(?=.)/, '') : payload.id;
    const known = this.#indexOfId.get(key);
    if (known !== undefined) return this.#hearAgain(known, server);
    const row = tweetRow(payload);
    this.#indexOfId.set(key, this.#ids.length);
    this.#ids.push(key);
    this.#authorIds.push(row.authorId);
    this.#createdMs.push(createdMs(row.createdAt));
    this.#flags.push(heardBit(server) | (row.broughtAuthor ? broughtAuthorBit : 0));
    this.#rows.pushText(csvRow(row.cells));
    this.#users.pushText(csvRow(userCells(row)));
  }

  #hearAgain(index: number, server: Server): void {
    const flags = this.#flags[index] as number;
    if ((flags & heardBit(server)) !== 0) this.#repeats++;
    this.#flags[index] = flags | heardBit(server);
  }

  /** The rows in order of numeric ID. */
  sorted(): MinuteRows {
    const high = Float64Array.from(this.#ids, highOfId);
    const low = Float64Array.from(this.#ids, lowOfId);
    const order = Uint32Array.from(this.#ids.keys());
    order.sort((a, b) => (high[a] as number) - (high[b] as number) || (low[a] as number) - (low[b] as number));
    const rows = reordered(this.#rows, order);
    const users = reordered(this.#users, order);
    const pick = (from: (index: number) => number): Float64Array<ArrayBuffer> => Float64Array.from(order, from);
    return {
      high: pick((index) => high[index] as number),
      low: pick((index) => low[index] as number),
      flags: Uint8Array.from(order, (index) => this.#flags[index] as number),
      rows: rows.bytes,
      rowEnds: rows.ends,
      authorHigh: pick((index) => authorHigh(this.#authorIds[index] as string)),
      authorLow: pick((index) => lowOfId(this.#authorIds[index] as string)),
      createdMs: pick((index) => this.#createdMs[index] as number),
      users: users.bytes,
      userEnds: users.ends,
      repeats: this.#repeats,
    };
  }
}

function authorHigh(authorId: string): number {
  if (authorId === '') return -1;
  return isTweetId(authorId) ? highOfId(authorId) : Number.NaN;
}

interface Packed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ends: Float64Array<ArrayBuffer>;
}

function reordered(rows: ByteRows, order: Uint32Array): Packed {
  const packed = { bytes: new Uint8Array(rows.used), ends: new Float64Array(order.length) };
  let used = 0;
  for (const [place, index] of order.entries()) {
    const row = rows.row(index);
    packed.bytes.set(row, used);
    used += row.length;
    packed.ends[place] = used;
  }
  return packed;
}
