// Rows as bytes, one after the other in one growing buffer: what an hour's tweets are held in, instead of a million objects.
// Takes text or bytes; leaves where each row begins and ends.

const keptBytes = 64 * 2 ** 20;

/** How text stands for bytes: decoded, or each character for one byte (`latin1`), as text that was never decoded. */
export type TextForm = 'utf8' | 'latin1';

/**
 * Gives an array's memory back at once, and empties all arrays that share it. What is only let go of stays until the thread next
 * collects its garbage, which it does for other reasons: of an hour that came to more than a hundred megabytes.
 */
export function giveBack({ buffer }: ArrayBufferView<ArrayBuffer>): void {
  buffer.transfer(0);
}

/** Rows without room between them. Row n ends at `ends[n]`. */
export interface PackedRows {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ends: Float64Array<ArrayBuffer>;
}

/** Appends rows; `bytes` may be longer than what is used. Row n lies from `ends[n - 1]` (0 for the first) to `ends[n]`. */
export class ByteRows {
  bytes: Buffer<ArrayBuffer>;
  ends: Float64Array<ArrayBuffer> = new Float64Array(64);
  count = 0;
  used = 0;

  constructor(firstBytes = 1 << 16) {
    this.bytes = Buffer.allocUnsafeSlow(firstBytes);
  }

  pushText(row: string, form: TextForm): void {
    // A UTF-16 unit takes at most three bytes; lone surrogates become U+FFFD.
    this.#makeRoom(row.length * 3);
    this.used += this.bytes.write(row, this.used, form);
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

  /** The rows of these numbers, one after the other. */
  packed(order: Uint32Array): PackedRows {
    const ends = new Float64Array(order.length);
    let length = 0;
    for (let place = 0; place < order.length; place++) {
      const row = order[place] as number;
      length += (this.ends[row] as number) - this.start(row);
      ends[place] = length;
    }
    const bytes = new Uint8Array(length);
    for (let place = 0, used = 0; place < order.length; place++) {
      bytes.set(this.row(order[place] as number), used);
      used = ends[place] as number;
    }
    return { bytes, ends };
  }

  /** Forgets the rows but keeps the buffer, unless it grew out of all proportion. */
  clear(): void {
    this.count = 0;
    this.used = 0;
    if (this.bytes.length > keptBytes) this.bytes = Buffer.allocUnsafeSlow(1 << 16);
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
    const full = this.bytes;
    this.bytes = Buffer.allocUnsafeSlow(Math.max(full.length * 2, this.used + more));
    this.bytes.set(full.subarray(0, this.used));
    giveBack(full);
  }
}
