// One minute of both servers as rows, compact enough to go from a worker to the hour's merge by handing over buffers.
// Takes payloads in the order that decides between copies (server 1 first, files by name, lines); leaves rows by numeric ID.
import type { ByteRows, TextForm } from './byte-rows.ts';
import type { Server } from './hour.ts';
import { orderOfIds } from './id-order.ts';
import { IdTable } from './id-table.ts';
import { createdMs, type Payload, type TweetRows, tweetRows } from './tweet.ts';
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

/** Of each row's author: high, low, and when the tweet was created. */
const authorNumbers = 3;

export interface GatherBuffers {
  readonly rows: ByteRows;
  readonly users: ByteRows;
}

/**
 * Gathers a minute's payloads; the first copy of an ID gives the row. Of each it keeps numbers and bytes, never texts: thousands of them
 * alive would be moved about at every collection of garbage.
 */
export class MinuteGatherer {
  /** The ID of row n has index n. */
  readonly #ids = new IdTable();
  #authors = new Float64Array(authorNumbers * 1024);
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
    const [high, low] = [highOfId(payload.id), lowOfId(payload.id)];
    const known = this.#ids.find(high, low);
    if (known >= 0) {
      this.hearAgain(known, server);
      return known;
    }
    const rows = tweetRows(payload);
    this.#rows.pushText(rows.tweet, form);
    this.#users.pushText(rows.user, form);
    const index = this.#ids.add(high, low, heardBit(server) | (rows.broughtAuthor ? broughtAuthorBit : 0));
    this.#noteAuthor(index, rows);
    return index;
  }

  #noteAuthor(index: number, { authorId, createdAt }: TweetRows): void {
    const at = index * authorNumbers;
    if (at === this.#authors.length) {
      const authors = new Float64Array(at * 2);
      authors.set(this.#authors);
      this.#authors = authors;
    }
    const isNumber = isTweetId(authorId);
    const without = authorId === '' ? -1 : Number.NaN;
    this.#authors[at] = isNumber ? highOfId(authorId) : without;
    this.#authors[at + 1] = isNumber ? lowOfId(authorId) : 0;
    this.#authors[at + 2] = createdMs(createdAt);
  }

  /** A tweet gathered before was heard once more. */
  hearAgain(index: number, server: Server): void {
    const flags = this.#ids.flags[index] as number;
    if ((flags & heardBit(server)) !== 0) this.#repeats++;
    this.#ids.flags[index] = flags | heardBit(server);
  }

  /** The rows in order of numeric ID. To be called once: what was gathered is given up, since a minute may be as large as memory bears. */
  sorted(): MinuteRows {
    const { high, low, flags, size } = this.#ids;
    const order = orderOfIds(high, low, size);
    const rows = this.#rows.packed(order);
    this.#rows.clear();
    const users = this.#users.packed(order);
    this.#users.clear();
    const author = (number: number): Numbers => picked(this.#authors, order, { first: number, step: authorNumbers });
    return {
      high: picked(high, order),
      low: picked(low, order),
      flags: new Uint8Array(picked(flags, order)),
      rows: rows.bytes,
      rowEnds: rows.ends,
      authorHigh: author(0),
      authorLow: author(1),
      createdMs: author(2),
      users: users.bytes,
      userEnds: users.ends,
      repeats: this.#repeats,
    };
  }
}

type Numbers = Float64Array<ArrayBuffer>;

/** Of each row in that order its value, which stands at `first` plus `step` times the row's number. A loop: `from` with a function took 2 % of a minute's work. */
function picked(values: ArrayLike<number>, order: Uint32Array, { first, step } = { first: 0, step: 1 }): Numbers {
  const found = new Float64Array(order.length);
  for (let place = 0; place < order.length; place++) {
    found[place] = values[first + step * (order[place] as number)] as number;
  }
  return found;
}
