// Bytes that wait for the disk, each with the second in which it came, in pieces of memory that are used again.
// Takes bytes that are valid only for a moment; leaves runs of one second, ready to be written.

/** Do both moments lie in the same second of the clock? */
export const isSameSecond = (aMs: number, bMs: number): boolean => Math.floor(aMs / 1_000) === Math.floor(bMs / 1_000);

interface Mark {
  readonly offset: number;
  readonly atMs: number;
}

interface Block {
  readonly memory: Buffer;
  start: number;
  end: number;
  /** Where a second begins; the first one at or before `start`. */
  marks: Mark[];
}

/** Bytes written at once, at most. */
const blockBytes = 1024 * 1024;
const spareBlocks = 4;

export class ByteQueue {
  /** Bytes that wait. */
  bytes = 0;
  #blocks: Block[] = [];
  #spare: Buffer[] = [];

  /** When the first waiting byte came; undefined where none waits. */
  get firstMs(): number | undefined {
    return this.bytes === 0 ? undefined : this.#blocks[0]?.marks[0]?.atMs;
  }

  /** Copies bytes to the end. */
  push(bytes: Buffer, atMs: number): void {
    for (let at = 0; at < bytes.length;) {
      const block = this.#roomyBlock();
      const last = block.marks.at(-1);
      if (last === undefined || !isSameSecond(last.atMs, atMs)) block.marks.push({ offset: block.end, atMs });
      const copied = bytes.copy(block.memory, block.end, at);
      block.end += copied;
      at += copied;
    }
    this.bytes += bytes.length;
  }

  #roomyBlock(): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.end < blockBytes) return last;
    const memory = this.#spare.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
    const block = { memory, start: 0, end: 0, marks: [] };
    this.#blocks.push(block);
    return block;
  }

  /** What waits of the first byte's second, at most so many bytes. They stay as they are, and in the queue, until `drop`. */
  batch(most: number): Buffer {
    const block = this.#blocks[0];
    if (block === undefined) return Buffer.alloc(0);
    const end = Math.min(block.end, block.marks[1]?.offset ?? block.end, block.start + most);
    return block.memory.subarray(block.start, end);
  }

  /** Takes off what `batch` gave. */
  drop(bytes: number): void {
    const block = this.#blocks[0];
    if (block === undefined) return;
    block.start += bytes;
    this.bytes -= bytes;
    if (block.start < block.end) {
      if (block.marks[1]?.offset === block.start) block.marks.shift();
      return;
    }
    if (this.#blocks.length === 1) {
      block.start = 0;
      block.end = 0;
      block.marks = [];
    } else {
      this.#blocks.shift();
      if (this.#spare.length < spareBlocks) this.#spare.push(block.memory);
    }
  }

  /** Forgets what waits. What `batch` gave may still be being written, so its memory is not used again. */
  clear(): void {
    this.#blocks = [];
    this.#spare = [];
    this.bytes = 0;
  }
}
