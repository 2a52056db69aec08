// Rows as bytes, one after the other in one growing buffer: what an hour's tweets are held in, instead of a million objects.
// Takes text or bytes; leaves where each row begins and ends.

const encoder = new TextEncoder();
const keptBytes = 64 * 2 ** 20;

/** Appends rows; `bytes` may be longer than what is used. Row n lies from `ends[n - 1]` (0 for the first) to `ends[n]`. */
export class ByteRows {
  bytes: Uint8Array<ArrayBuffer>;
  ends: Float64Array<ArrayBuffer> = new Float64Array(64);
  count = 0;
  used = 0;

  constructor(firstBytes = 1 << 16) {
    this.bytes = new Uint8Array(firstBytes);
  }

  pushText(row: string): void {
    // A UTF-16 unit takes at most three bytes; lone surrogates become U+FFFD.
    this.#makeRoom(row.length * 3);
    this.used += encoder.encodeInto(row, this.bytes.subarray(this.used)).written;
    this.#end();
  }

  push(row: Uint8Array): void {
    this.#makeRoom(row.length);
    this.bytes.set(row, this.used);
    this.used += row.length;
    this.#end();
  }

  start(row: number): number {
    return row === 0 ? 0 : (this.ends[row - 1] as number);
  }

  row(index: number): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(this.start(index), this.ends[index]);
  }

  /** Forgets the rows but keeps the buffer, unless it grew out of all proportion. */
  clear(): void {
    this.count = 0;
    this.used = 0;
    if (this.bytes.length > keptBytes) this.bytes = new Uint8Array(1 << 16);
  }

  #end(): void {
    if (this.count === this.ends.length) {
      const ends = new Float64Array(this.count * 2);
      ends.set(this.ends);
      this.ends = ends;
    }
    this.ends[this.count++] = this.used;
  }

  #makeRoom(more: number): void {
    if (this.used + more <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, this.used + more));
    bytes.set(this.bytes.subarray(0, this.used));
    this.bytes = bytes;
  }
}
