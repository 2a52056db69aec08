// Reading a stream of pieces by lengths and marks instead of by pieces. Takes an iterator of buffers; leaves bytes in order.

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const nothing: Buffer = Buffer.alloc(0);

export class ByteReader {
  /** Bytes taken so far. */
  position = 0;
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = nothing;
  #isEnded = false;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Holds at least that many bytes if the stream has them; gives what is held. */
  async #hold(least: number): Promise<Buffer> {
    while (this.#held.length < least && !this.#isEnded) {
      const { value, done } = await this.#source.next();
      if (done === true) this.#isEnded = true;
      else this.#held = this.#held.length === 0 ? value : Buffer.concat([this.#held, value]);
    }
    return this.#held;
  }

  #drop(bytes: number): Buffer {
    const taken = this.#held.subarray(0, bytes);
    this.#held = this.#held.subarray(bytes);
    this.position += taken.length;
    return taken;
  }

  /** The next bytes, at most so many; undefined at the end. */
  async take(most: number): Promise<Buffer | undefined> {
    const held = await this.#hold(1);
    return held.length === 0 ? undefined : this.#drop(most);
  }

  /** The next bytes without taking them; fewer than `bytes` only at the end. */
  async peek(bytes: number): Promise<Buffer> {
    return (await this.#hold(bytes)).subarray(0, bytes);
  }

  /** Takes so many bytes, fewer only at the end. */
  async exactly(bytes: number): Promise<Buffer> {
    await this.#hold(bytes);
    return this.#drop(bytes);
  }

  /**
   * Takes all before the next empty line and drops that line. Undefined, and nothing taken, where none ends within `longest`
   * bytes or before the end of the stream.
   */
  async untilEmptyLine(longest: number): Promise<Buffer | undefined> {
    for (let least = 1; ;) {
      const held = await this.#hold(least);
      const found = emptyLineIn(held);
      if (found && found.before <= longest) {
        const taken = this.#drop(found.before);
        this.#drop(found.after - found.before);
        return taken;
      }
      if (found || held.length > longest || held.length < least) return undefined;
      least = held.length + 1;
    }
  }

  /** Drops bytes up to the next place where a line begins with `mark`; false, and all dropped, where there is none. */
  async skipToLine(mark: string): Promise<boolean> {
    const needle = Buffer.from(`\n${mark}`);
    for (;;) {
      const held = await this.#hold(needle.length);
      const found = held.indexOf(needle);
      if (found >= 0) {
        this.#drop(found + 1);
        return true;
      }
      if (held.length < needle.length) {
        this.#drop(held.length);
        return false;
      }
      this.#drop(held.length - needle.length + 1);
    }
  }

  /** Ends the stream below. */
  async close(): Promise<void> {
    this.#isEnded = true;
    await this.#source.return?.();
  }
}

/** Where the first empty line lies: the end of the line before it, and its own end. */
function emptyLineIn(bytes: Buffer): { before: number; after: number } | undefined {
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) {
    const after = bytes[at + 1] === carriageReturn ? at + 2 : at + 1;
    if (bytes[after] === lineFeed) return { before: bytes[at - 1] === carriageReturn ? at - 1 : at, after: after + 1 };
  }
  return undefined;
}
