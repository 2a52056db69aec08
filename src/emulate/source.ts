// Where the lines of the stream come from: made up, or replayed from a file of payload lines. Takes a place in the stream;
// leaves its line, the same at every asking, so that a client which lags or asks for backfill needs no store.
import { gunzipSync } from 'node:zlib';
import { Dice } from './dice.ts';
import { draftTweet, writeTweet } from './made-tweet.ts';
import type { Selection } from './selection.ts';

export interface SourceLine {
  /** Empty where a replayed line has none. */
  readonly id: string;
  /** The payload, without its line end. */
  readonly bytes: Buffer;
}

export interface Source {
  /** How many lines there are; Infinity where they do not end. */
  readonly length: number;
  /** The line at a place (0 ≤ place < length). */
  line(place: number, selection: Selection): SourceLine;
  /** Do all selections give the same bytes? */
  readonly isVerbatim: boolean;
}

/** Tweets made up from a seed, without end. `dueOf` gives the time at which a place is due (epoch ms). */
export function madeSource(seed: number, dueOf: (place: number) => number): Source {
  return {
    length: Infinity,
    isVerbatim: false,
    line(place, selection) {
      const dice = new Dice(seed ^ 0x2545_f491, place);
      // The real stream repeats itself now and then.
      const shown = dice.chance(1 / 2000) ? Math.max(0, place - 1 - dice.below(50)) : place;
      const { id, json } = writeTweet(draftTweet(seed, shown, dueOf(shown)), selection);
      return { id, bytes: unpooled(json) };
    },
  };
}

/** A remembered line must not hold the whole slab that Node cuts short buffers from: at one line a minute that is 64 KiB each. */
function unpooled(json: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(json));
  bytes.write(json);
  return bytes;
}

/** The lines of a file (.gz too, known by its first bytes), byte for byte, once or over and over. Held in memory. */
export function replaySource(content: Buffer, { repeat = false }: { repeat?: boolean } = {}): Source {
  const bytes = content.length > 1 && content.readUInt16BE() === 0x1f8b ? gunzipSync(content) : content;
  const lines = linesOf(bytes);
  return {
    length: repeat && lines.length > 0 ? Infinity : lines.length,
    isVerbatim: true,
    line(place) {
      const line = lines[place % lines.length] as Buffer;
      return { id: idOf(line), bytes: line };
    },
  };
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    const line = bytes.subarray(start, bytes[end - 1] === 0x0d ? end - 1 : end);
    if (line.length > 0) lines.push(line);
    start = end + 1;
  }
  return lines;
}

function idOf(line: Buffer): string {
  try {
    const payload = JSON.parse(line.toString()) as { data?: { id?: unknown } };
    return typeof payload.data?.id === 'string' ? payload.data.id : '';
  } catch {
    return '';
  }
}
