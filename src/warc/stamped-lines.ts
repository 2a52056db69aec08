// Lines of an answer's content, each with the segment and the time in which its end came: cut at byte 0x0A, before any decoding.
// Takes pieces of content; leaves lines without their line end, and what of the last one came.
import { LineSplitter } from '../domain/line-splitter.ts';
import type { Piece } from './piece.ts';

/** No payload is longer; what is, is passed over and counted. Exported for tests. */
export const longestLineBytes = 16 * 1024 * 1024;

export interface StampedLine {
  /** Without CR LF. Valid only until the next line is asked for. */
  readonly bytes: Buffer;
  /** The piece in which it ended. */
  readonly piece: Piece;
  /** false: the answer ended before the line did. */
  readonly isEnded: boolean;
}

export interface LineCounts {
  /** Blank lines: keep-alives. */
  blank: number;
  tooLong: number;
}

const carriageReturn = 0x0d;

/** Calls `take` with each line that is not blank. `isFirstPartial`: the content begins within a line, which is dropped. */
export async function eachLine(
  content: AsyncIterable<Piece>,
  take: (line: StampedLine) => Promise<void> | void,
  { counts, isFirstPartial = false }: { counts: LineCounts; isFirstPartial?: boolean },
): Promise<void> {
  let ready: Buffer[] = [];
  let isDropping = isFirstPartial;
  const splitter = new LineSplitter(
    {
      line(bytes) {
        if (isDropping) isDropping = false;
        else ready.push(bytes);
      },
      longPart(_bytes, isLast) {
        if (isLast && !isDropping) counts.tooLong++;
        if (isLast) isDropping = false;
      },
    },
    longestLineBytes,
  );
  let last: Piece | undefined;
  const hand = async (piece: Piece, isEnded: boolean): Promise<void> => {
    const lines = ready;
    ready = [];
    for (const line of lines) {
      const bytes = line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
      if (bytes.length === 0) counts.blank++;
      else {
        const taken = take({ bytes, piece, isEnded });
        if (taken !== undefined) await taken;
      }
    }
  };
  for await (const piece of content) {
    splitter.push(piece.bytes);
    last = piece;
    if (ready.length > 0) await hand(piece, true);
  }
  const ended = splitter.lines;
  if (last === undefined) return;
  splitter.finish();
  if (splitter.lines > ended) await hand(last, false);
}
