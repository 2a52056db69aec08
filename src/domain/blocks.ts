// Where compressed blocks end: at fixed minutes of the hour and at a fixed size, never by arrival, so that the same rows give
// the same bytes. Denser towards the hour's end, where what is left to compress is what people wait for.

const mebibyte = 2 ** 20;

/** A block ends after each of these minutes of the hour (1 to 60). */
const lastMinutes: ReadonlySet<number> = new Set([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 58, 59, 60]);

export const endsBlock = (minuteOfHour: number): boolean => lastMinutes.has(minuteOfHour);

/** Smaller blocks compress faster, since they fit the processor's cache, and larger ones better. */
export const blockBytes = { tweets: 6 * mebibyte, IDs: 6 * mebibyte } as const;

const lineFeed = 0x0a;

const pairBytes = 6 * mebibyte;

/**
 * Rows that are all there at once, in blocks of the same size, a row never divided: an even number of them, about 3 MiB each, so
 * that several threads end together and nobody waits for one that got a block more. What is small is one block.
 */
export function* evenBlocks(rows: readonly Uint8Array[]): Generator<Uint8Array<ArrayBuffer>> {
  const total = rows.reduce((sum, row) => sum + row.length, 0);
  const count = total < mebibyte ? 1 : 2 * Math.max(1, Math.round(total / pairBytes));
  let first = 0;
  let passed = 0;
  for (let number = 1; number <= count; number++) {
    const begun = passed;
    let last = first;
    for (; last < rows.length && passed < (total * number) / count; last++) passed += rows[last]?.length ?? 0;
    const block = new Uint8Array(passed - begun);
    let used = 0;
    for (const row of rows.slice(first, last)) {
      block.set(row, used);
      used += row.length;
    }
    first = last;
    if (used > 0) yield block;
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

  /** Adds a row that lacks its line feed. */
  addLine(row: Uint8Array): void {
    this.#makeRoom(row.length + 1);
    this.#block.set(row, this.#used);
    this.#block[this.#used + row.length] = lineFeed;
    this.#used += row.length + 1;
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
