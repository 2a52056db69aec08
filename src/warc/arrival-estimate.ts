// When a line was received: to the second where the archive has marks, estimated from the tweets' own times elsewhere.
// Takes lines in their order; leaves epoch ms that never go back within an answer. And which seconds a connection covered.
import { startOfMinute, type Minute } from '../domain/time.ts';
import type { FoundTweet } from './tweets.ts';
import { tweetFacts } from './tweet-line.ts';

const longestAnswerMs = 31 * 24 * 3_600_000;

/** Time over which a connection is known to have stood. */
export interface Heard {
  readonly fromMs: number;
  untilMs: number;
}

/** Follows answers line by line. */
export class ArrivalEstimate {
  /** One for each answer that has been read. */
  readonly heard: Heard[] = [];
  #answer: string | undefined;

  /** Bytes of an answer were received then. */
  note(answer: string, startMs: number, atMs: number): Heard {
    let current = this.heard.at(-1);
    if (current === undefined || this.#answer !== answer) {
      current = { fromMs: startMs, untilMs: startMs };
      this.heard.push(current);
      this.#answer = answer;
    }
    current.untilMs = Math.max(current.untilMs, atMs);
    return current;
  }

  /** When this line was received, as nearly as can be said. */
  of({ bytes, piece, logical }: FoundTweet): number {
    const { fromMs, untilMs } = piece.received;
    if (untilMs !== undefined) return fromMs;
    const startMs = Date.parse(logical.date);
    const writtenMs = tweetFacts(bytes)?.writtenMs ?? startMs;
    // A tweet is received soon after it was written, never before the connection stood; an absurd time is not believed.
    const isLikely = writtenMs >= startMs && writtenMs < startMs + longestAnswerMs;
    return this.note(logical.id, startMs, isLikely ? writtenMs : startMs).untilMs;
  }
}

/** Seconds of a minute throughout which one of the connections stood. */
export function secondsHeard(minute: Minute, heard: readonly Heard[]): number {
  const begins = startOfMinute(minute);
  const within = heard.filter(({ fromMs, untilMs }) => untilMs > begins && fromMs < begins + 60_000);
  const isHeard = (second: number): boolean =>
    within.some(({ fromMs, untilMs }) => fromMs <= begins + second * 1_000 && untilMs >= begins + (second + 1) * 1_000);
  return Array.from({ length: 60 }, (_, second) => second).filter(isHeard).length;
}
