// One minute of both servers as rows, compact enough to go from a worker to the hour's merge by handing over buffers.
// Takes payloads in the order that decides between copies (server 1 first, files by name, lines); leaves rows by numeric ID.
import type { ByteRows, TextForm } from './byte-rows.ts';
import type { Server } from './hour.ts';
import { createdMs, csvLines, type Payload, tweetRow } from './tweet.ts';
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

  /** Gives the index of the payload's tweet, in order of arrival. `form`: of the payload's text. */
  add(payload: Payload, server: Server, form: TextForm): number {
    const key = payload.id.startsWith('0') ? payload.id.replace(/^0+(?=.)/, '') : payload.id;
    const known = this.#indexOfId.get(key);
    if (known !== undefined) {
      this.hearAgain(known, server);
      return known;
    }
    const row = tweetRow(payload);
    const index = this.#ids.push(key) - 1;
    this.#indexOfId.set(key, index);
    this.#authorIds.push(row.authorId);
    this.#createdMs.push(createdMs(row.createdAt));
    this.#flags.push(heardBit(server) | (row.broughtAuthor ? broughtAuthorBit : 0));
    const { tweet, user } = csvLines(row);
    this.#rows.pushText(tweet, form);
    this.#users.pushText(user, form);
    return index;
  }

  /** A tweet gathered before was heard once more. */
  hearAgain(index: number, server: Server): void {
    const flags = this.#flags[index] as number;
    if ((flags & heardBit(server)) !== 0) this.#repeats++;
    this.#flags[index] = flags | heardBit(server);
  }

  /** The rows in order of numeric ID. */
  sorted(): MinuteRows {
    const { high, low } = pairsOf(this.#ids);
    const order = new Uint32Array(this.#ids.length).map((_, index) => index);
    order.sort((a, b) => (high[a] as number) - (high[b] as number) || (low[a] as number) - (low[b] as number));
    const rows = this.#rows.packed(order);
    const users = this.#users.packed(order);
    const authors = pairsOf(this.#authorIds);
    for (const [index, id] of this.#authorIds.entries()) authors.high[index] = authorHigh(id);
    return {
      high: picked(high, order),
      low: picked(low, order),
      flags: new Uint8Array(picked(this.#flags, order)),
      rows: rows.bytes,
      rowEnds: rows.ends,
      authorHigh: picked(authors.high, order),
      authorLow: picked(authors.low, order),
      createdMs: picked(this.#createdMs, order),
      users: users.bytes,
      userEnds: users.ends,
      repeats: this.#repeats,
    };
  }
}

type Numbers = Float64Array<ArrayBuffer>;

function pairsOf(ids: readonly string[]): { high: Numbers; low: Numbers } {
  const high = new Float64Array(ids.length);
  const low = new Float64Array(ids.length);
  for (const [index, id] of ids.entries()) {
    high[index] = highOfId(id);
    low[index] = lowOfId(id);
  }
  return { high, low };
}

function picked(values: ArrayLike<number>, order: Uint32Array): Numbers {
  const found = new Float64Array(order.length);
  for (let place = 0; place < order.length; place++) found[place] = values[order[place] as number] as number;
  return found;
}

function authorHigh(authorId: string): number {
  if (authorId === '') return -1;
  return isTweetId(authorId) ? highOfId(authorId) : Number.NaN;
}
