// Tweets out of WARC files: every answer read in order of its date, its lines handed on as they came.
// Takes a scan; leaves tweets with where each stood, and a tally of all that was not one.
import { shapeOf } from '../domain/payload.ts';
import type { Disk } from '../outside/disk.ts';
import { type Answer, contentOf, openAnswer, resumedContent } from './answer.ts';
import { isSound } from './entry.ts';
import type { TellFinding } from './finding.ts';
import { type Stretch, arrivalIndex, stretchBytes, stretchesOf } from './logical-bytes.ts';
import { type Logical, logicalRecords } from './logical.ts';
import type { Piece, Warn } from './piece.ts';
import type { Scan } from './scan.ts';
import { type LineCounts, type StampedLine, eachLine } from './stamped-lines.ts';
import { isWholeJson, kindOf } from './tweet-line.ts';

export interface TweetSetting {
  readonly disk: Disk;
  /** Reads also what failed its checks. */
  readonly salvage?: boolean;
  /** Goes on after a missing segment, with the next whole line, where nothing encodes the content. */
  readonly resync?: boolean;
  /** Hands on every line that ingest would keep, whether it is a tweet or not. */
  readonly isEveryPayload?: boolean;
  /** Is shown every piece of an answer before its lines come. */
  readonly seen?: (piece: Piece, logical: Logical) => void;
  readonly tell: TellFinding;
}

export interface TweetTally extends LineCounts {
  answers: number;
  tweets: number;
  messages: number;
  unreadable: number;
  /** Last lines whose end never came, and their bytes. */
  partial: number;
  partialBytes: number;
}

/** A tweet where it was found. */
export interface FoundTweet extends StampedLine {
  readonly logical: Logical;
}

export type TakeTweet = (tweet: FoundTweet) => Promise<void> | void;

/** Hands on every tweet that can be read; what cannot is told. */
export async function readTweets(found: Scan, take: TakeTweet, setting: TweetSetting): Promise<TweetTally> {
  const tally = {
    answers: 0,
    tweets: 0,
    messages: 0,
    unreadable: 0,
    partial: 0,
    partialBytes: 0,
    blank: 0,
    tooLong: 0,
  };
  const arrivals = arrivalIndex(found.entries);
  for (const logical of logicalRecords(found.entries, setting.tell)) {
    tally.answers++;
    const takeLine = (line: StampedLine): Promise<void> | void =>
      count(line, tally, {
        isEveryPayload: setting.isEveryPayload === true,
        take: () => take({ ...line, logical }),
      });
    const bytes = (stretch: Stretch): AsyncIterable<Piece> =>
      watched(stretchBytes(stretch, { disk: setting.disk, arrivals }), (piece) => setting.seen?.(piece, logical));
    await readLogical(logical, { ...setting, bytes, takeLine, tally });
  }
  return tally;
}

interface Reading extends TweetSetting {
  readonly bytes: (stretch: Stretch) => AsyncIterable<Piece>;
  readonly takeLine: (line: StampedLine) => Promise<void> | void;
  readonly tally: LineCounts;
}

async function readLogical(logical: Logical, reading: Reading): Promise<void> {
  const { salvage = false, resync = false, tell, bytes, takeLine, tally } = reading;
  const { path: file, offset } = logical.segments[0] ?? {};
  const warn: Warn = (kind, detail) =>
    tell({
      level: 'warning',
      kind,
      record: logical.id,
      detail,
      ...(file !== undefined && { file, offset: offset ?? 0 }),
    });
  const [first, ...later] = stretchesOf(logical, salvage);
  tellSkipped(logical, salvage, warn);
  if (first === undefined || first.length === 0) return;
  const answer = await openAnswer(bytes(first), warn);
  if (answer === undefined) return;
  await eachLine(contentOf(answer, warn), takeLine, { counts: tally });
  if (later.length === 0) return;
  const unread = later.flat().reduce((sum, { contentLength }) => sum + contentLength, 0);
  if (!resync || !canResume(answer)) {
    const why = canResume(answer) ? 'see --resync' : 'they are encoded as one with what is missing';
    return warn('after-gap', `${unread} bytes after the gap are not read: ${why}`);
  }
  for (const stretch of later) {
    const content = resumedContent(bytes(stretch), answer.isChunked, warn);
    await eachLine(content, takeLine, { counts: tally, isFirstPartial: true });
  }
}

const canResume = ({ contentCodings }: Answer): boolean => contentCodings.length === 0;

function tellSkipped({ segments }: Logical, salvage: boolean, warn: Warn): void {
  const unsound = segments.filter((segment) => !isSound(segment));
  if (unsound.length === 0 || salvage) return;
  const bytes = unsound.reduce((sum, { contentLength }) => sum + contentLength, 0);
  warn('not-read', `${unsound.length} segments of ${bytes} bytes failed their checks and are not read: see --salvage`);
}

async function* watched(pieces: AsyncIterable<Piece>, seen: (piece: Piece) => void): AsyncGenerator<Piece> {
  for await (const piece of pieces) {
    seen(piece);
    yield piece;
  }
}

interface Counting {
  readonly isEveryPayload: boolean;
  readonly take: () => Promise<void> | void;
}

function count(line: StampedLine, tally: TweetTally, { isEveryPayload, take }: Counting): Promise<void> | void {
  const { bytes, isEnded } = line;
  if (!isEnded && !isWholeJson(bytes)) {
    tally.partial++;
    tally.partialBytes += bytes.length;
    return undefined;
  }
  const kind = kindOf(bytes);
  if (kind === 'message') tally.messages++;
  if (kind === 'unreadable') tally.unreadable++;
  if (kind === 'tweet') tally.tweets++;
  else if (!isEveryPayload || !isKept(bytes)) return undefined;
  return take();
}

/** Would ingest keep this line in a minute file? */
const isKept = (bytes: Buffer): boolean => shapeOf(bytes) === 'payload';
