// Memory for lines on their way to the disk: filled at the end, written as one, used again.
// Takes whole lines with their note; leaves contiguous bytes and their number of lines.
import type { Minute } from '../domain/time.ts';

/** Lines of one minute, ready to be written as they are. */
export interface Batch {
  readonly minute: Minute;
  bytes: Buffer;
  length: number;
  lines: number;
}

/** Usual size of a batch: some milliseconds of the fastest stream, one write. */
const batchBytes = 1 << 20;
/** As many as wait for a disk that works: then a flood makes none anew. */
const keptBuffers = 10;

/** Keeps a few buffers of the usual size for use again, so that a burst does not outrun the collector of garbage. */
export class BatchStore {
  readonly #kept: Buffer[] = [];

  /** An empty batch with room for at least that many bytes. */
  take(minute: Minute, neededBytes: number): Batch {
    const bytes = neededBytes <= batchBytes ? this.#kept.pop() : undefined;
    return { minute, bytes: bytes ?? Buffer.allocUnsafeSlow(Math.max(neededBytes, batchBytes)), length: 0, lines: 0 };
  }

  /** Gives its memory back. */
  release({ bytes }: Batch): void {
    if (bytes.length === batchBytes && this.#kept.length < keptBuffers) this.#kept.push(bytes);
  }
}
