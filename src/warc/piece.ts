// Bytes on their way out of a WARC file, with where they stood in it: what every step of decoding takes and leaves.
import type { Entry } from './entry.ts';

/** A moment or two between which bytes were received, epoch ms. */
export interface Received {
  readonly fromMs: number;
  /** undefined where no record says. */
  readonly untilMs: number | undefined;
}

export interface Piece {
  readonly bytes: Buffer;
  readonly segment: Entry;
  readonly received: Received;
}

/** Tells in words what could not be read, or only in another way than it should. */
export type Warn = (kind: string, detail: string) => void;
