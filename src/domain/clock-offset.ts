// How far a clock is off, by what another machine's answer said: HTTP's Date has whole seconds, and the answer took its time.
// Takes the times of question and answer and the header; leaves an offset that is certain. No clock, no network.

export interface AnsweredAt {
  /** Epoch ms by our clock when the question left, and when the answer came. */
  readonly askedMs: number;
  readonly answeredMs: number;
  /** The Date header (RFC 9110), such as "Tue, 10 Mar 2026 13:05:07 GMT". */
  readonly date: string;
}

/** Beyond that, minute files would hold another minute's tweets. */
export const clockToleranceMs = 5000;

/**
 * By how many ms our clock is ahead (behind: negative), at the very least; 0 where the answer does not prove it wrong.
 * undefined for a header that is no date.
 */
export function clockAheadMs({ askedMs, answeredMs, date }: AnsweredAt): number | undefined {
  const secondMs = Date.parse(date);
  if (Number.isNaN(secondMs)) return undefined;
  // The other clock stood somewhere within that second at some moment between question and answer.
  const leastMs = askedMs - (secondMs + 999);
  const mostMs = answeredMs - secondMs;
  if (leastMs > 0) return leastMs;
  return Math.min(mostMs, 0);
}
