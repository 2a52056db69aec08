// The newest row of each author of an hour, in compact arrays. Takes the rows of stored tweets, in any order;
// leaves one row an author in order of numeric ID.
import { ByteRows, giveBack, type PackedRows } from './byte-rows.ts';
import { orderOfIds } from './id-order.ts';
import { IdTable } from './id-table.ts';

/** One stored tweet's say on its author. `high` is NaN for an ID that is no number. */
export interface AuthorSighting {
  readonly high: number;
  readonly low: number;
  readonly brought: boolean;
  readonly createdMs: number;
  readonly tweetHigh: number;
  readonly tweetLow: number;
  /** The row of users.csv. */
  readonly row: Uint8Array;
}

const decoder = new TextDecoder();

/**
 * Keeps of each author the row of the newest tweet (created_at, then ID) that brought the author; of one that none brought,
 * the ID alone. Rows that newer ones replaced are swept out when they are the larger half.
 */
export class AuthorTable {
  readonly #ids = new IdTable();
  /** The author's place by the index of its numeric ID. */
  readonly #placeOfId: number[] = [];
  /** The author's place by an ID that is no number. */
  readonly #oddIds = new Map<string, number>();
  /** Per author: brought (0 or 1), createdMs, the tweet's high and low. */
  #rank = new Float64Array(4 * 1024);
  #rowOf = new Uint32Array(1024);
  #count = 0;
  #rows = new ByteRows(1 << 18);

  get size(): number {
    return this.#count;
  }

  add(sighting: AuthorSighting): void {
    const author = this.#find(sighting);
    if (author >= 0 && !this.#isNewer(author, sighting)) return;
    const place = author >= 0 ? author : this.#register(sighting);
    this.#rank[place * 4] = Number(sighting.brought);
    this.#rank[place * 4 + 1] = sighting.createdMs;
    this.#rank[place * 4 + 2] = sighting.tweetHigh;
    this.#rank[place * 4 + 3] = sighting.tweetLow;
    this.#rowOf[place] = this.#rows.count;
    this.#rows.push(sighting.row);
    if (this.#rows.count > 4096 && this.#rows.count > 2 * this.#count) this.#sweep();
  }

  /** Rows in order: numeric IDs first, then the others by their text. */
  sorted(): PackedRows {
    const { high, low, size } = this.#ids;
    const order = orderOfIds(high, low, size);
    const odd = [...this.#oddIds.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const rows = new Uint32Array(this.#count);
    for (let at = 0; at < size; at++) rows[at] = this.#rowOf[this.#placeOfId[order[at] as number] as number] as number;
    for (const [at, id] of odd.entries()) rows[size + at] = this.#rowOf[this.#oddIds.get(id) as number] as number;
    return this.#rows.packed(rows);
  }

  #row(place: number): Uint8Array {
    return this.#rows.row(this.#rowOf[place] as number);
  }

  #find({ high, low, row }: AuthorSighting): number {
    if (Number.isNaN(high)) return this.#oddIds.get(oddId(row)) ?? -1;
    const index = this.#ids.find(high, low);
    return index < 0 ? -1 : (this.#placeOfId[index] as number);
  }

  #register({ high, low, row }: AuthorSighting): number {
    const place = this.#count++;
    if (place === this.#rowOf.length) this.#grow();
    if (Number.isNaN(high)) this.#oddIds.set(oddId(row), place);
    else this.#placeOfId[this.#ids.add(high, low)] = place;
    return place;
  }

  #isNewer(place: number, { brought, createdMs, tweetHigh, tweetLow }: AuthorSighting): boolean {
    const first = place * 4;
    const held = this.#rank;
    // Two times of -Infinity differ by NaN, which like 0 leaves the say to the ID.
    const difference =
      Number(brought) - (held[first] as number) ||
      createdMs - (held[first + 1] as number) ||
      tweetHigh - (held[first + 2] as number) ||
      tweetLow - (held[first + 3] as number);
    return difference > 0;
  }

  #grow(): void {
    const rank = new Float64Array(this.#rank.length * 2);
    rank.set(this.#rank);
    this.#rank = rank;
    const rowOf = new Uint32Array(this.#rowOf.length * 2);
    rowOf.set(this.#rowOf);
    this.#rowOf = rowOf;
  }

  #sweep(): void {
    const swept = new ByteRows(this.#rows.used / 2);
    for (let place = 0; place < this.#count; place++) {
      swept.push(this.#row(place));
      this.#rowOf[place] = place;
    }
    giveBack(this.#rows.bytes);
    this.#rows = swept;
  }
}

/** An ID that is no number: the row's first cell, without its quotes. */
function oddId(row: Uint8Array): string {
  const text = decoder.decode(row);
  const quoted = /^"((?:[^"]|"")*)"/.exec(text)?.[1];
  return quoted?.replaceAll('""', '"') ?? text.slice(0, text.indexOf(','));
}
