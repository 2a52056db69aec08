// Lines out of pieces of bytes, cut at byte 0x0A. Takes pieces as they come; leaves whole lines, and of lines that are too
// long their parts, so that no line, however long, is held in memory.

const lineFeed = 0x0a;

export interface LineTaker {
  /** A line without its line feed. Valid only during the call. */
  line(bytes: Buffer): void;
  /** A part of a line longer than the limit; `isLast` with its last one, which may be empty. */
  longPart(bytes: Buffer, isLast: boolean): void;
}

/** Splits; the last line counts also without a line feed. */
export class LineSplitter {
  /** Lines ended so far. */
  lines = 0;
  readonly #taker: LineTaker;
  readonly #longestBytes: number;
  #parts: Buffer[] = [];
  #held = 0;
  #isLong = false;

  constructor(taker: LineTaker, longestBytes: number) {
    this.#taker = taker;
    this.#longestBytes = longestBytes;
  }

  push(piece: Buffer): void {
    let start = 0;
    for (;;) {
      const end = piece.indexOf(lineFeed, start);
      if (end < 0) break;
      this.#end(piece.subarray(start, end));
      start = end + 1;
    }
    if (start < piece.length) this.#hold(piece.subarray(start));
  }

  /** Ends a last line that has no line feed. */
  finish(): void {
    if (this.#held > 0 || this.#isLong) this.#end(Buffer.alloc(0));
  }

  #hold(part: Buffer): void {
    if (this.#isLong) return this.#taker.longPart(part, false);
    this.#parts.push(Buffer.from(part));
    this.#held += part.length;
    if (this.#held > this.#longestBytes) {
      for (const held of this.#parts) this.#taker.longPart(held, false);
      this.#isLong = true;
    }
  }

  #end(rest: Buffer): void {
    this.lines++;
    const length = this.#held + rest.length;
    if (this.#isLong || length > this.#longestBytes) {
      if (!this.#isLong) for (const held of this.#parts) this.#taker.longPart(held, false);
      this.#taker.longPart(rest, true);
    } else {
      this.#taker.line(this.#held === 0 ? rest : Buffer.concat([...this.#parts, rest], length));
    }
    this.#parts = [];
    this.#held = 0;
    this.#isLong = false;
  }
}
