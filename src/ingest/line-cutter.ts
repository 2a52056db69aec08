// Cuts a response into lines at byte 0x0A, before any decoding: no character can be split by it.
// Takes chunks as they come; leaves lines (without CR LF) to its sink, each as part of a buffer that is valid only during the call.
import { type AsideReason, shapeOf } from '../domain/payload.ts';

export interface LineSink {
  /** Bytes `start` to `end` (excluded): no object is made for a line, since a flood has a million of them in seconds. */
  payload(bytes: Buffer, start: number, end: number): void;
  aside(reason: AsideReason, line: Buffer): void;
}

/** No payload is longer: what grows beyond it is set aside by its beginning, and skipped up to its end. Exported for tests. */
export const longestLineBytes = 32 * 1024 * 1024;
const keptOfTooLong = 1 << 20;
const usualCarryBytes = 1 << 16;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Holds the line that has begun, and nothing else. */
export class LineCutter {
  readonly #sink: LineSink;
  #carry = Buffer.allocUnsafeSlow(usualCarryBytes);
  #carried = 0;
  #skipped = 0;
  #ended = 0;

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  /** Bytes of the line that has begun and not ended, as far as they were received. */
  get openBytes(): number {
    return this.#carried + this.#skipped;
  }

  /** Lines that ended, keep-alives among them. */
  get ended(): number {
    return this.#ended;
  }

  feed(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      if (this.openBytes > 0) {
        this.#carryOn(chunk, start, end);
        this.#endCarried();
      } else this.#emit(chunk, start, end);
      start = end + 1;
      this.#ended++;
    }
    if (start < chunk.length) this.#carryOn(chunk, start, chunk.length);
  }

  /** The connection ended: what was begun goes aside. */
  end(): void {
    // A lone CR is what is left of a keep-alive.
    const isKeepAlive = this.#carried === 1 && this.#carry[0] === carriageReturn;
    if (this.#carried > 0 && !isKeepAlive) this.#sink.aside('cut-off', this.#carry.subarray(0, this.#carried));
    this.#skipped = 0;
    this.#forget();
  }

  #carryOn(chunk: Buffer, start: number, end: number): void {
    const needed = this.#carried + end - start;
    if (this.#skipped > 0 || needed > longestLineBytes) return this.#skip(chunk.subarray(start, end));
    if (needed > this.#carry.length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(needed, this.#carry.length * 2), longestLineBytes));
      this.#carry.copy(grown, 0, 0, this.#carried);
      this.#carry = grown;
    }
    chunk.copy(this.#carry, this.#carried, start, end);
    this.#carried = needed;
  }

  #skip(bytes: Buffer): void {
    const beginning =
      this.#carried > 0
        ? this.#carry.subarray(0, Math.min(this.#carried, keptOfTooLong))
        : bytes.subarray(0, keptOfTooLong);
    if (this.#skipped === 0) this.#sink.aside('too-long', beginning);
    this.#skipped += this.#carried + bytes.length;
    this.#forget();
  }

  #endCarried(): void {
    if (this.#skipped === 0) this.#emit(this.#carry, 0, this.#carried);
    this.#skipped = 0;
    this.#forget();
  }

  #forget(): void {
    this.#carried = 0;
    if (this.#carry.length > usualCarryBytes) this.#carry = Buffer.allocUnsafeSlow(usualCarryBytes);
  }

  #emit(bytes: Buffer, start: number, lineEnd: number): void {
    const end = lineEnd > start && bytes[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
    const shape = shapeOf(bytes, start, end);
    if (shape === 'payload') this.#sink.payload(bytes, start, end);
    else if (shape !== 'keep-alive') this.#sink.aside(shape, bytes.subarray(start, end));
  }
}
