// When to connect again: one state machine of values, after the API's rules and what their users suffered from.
// Takes how an attempt ended and the time; leaves how long to wait, and what to remember for the next time.

/** How one attempt to hear the stream ended. */
export type Ending =
  /** Nothing was answered: DNS, TCP, TLS, a time limit, a proxy. */
  | { readonly is: 'network'; readonly detail: string; readonly isCertificateRefused?: boolean }
  /** An answer that is no stream, from a server or something between: 5xx, a page of HTML. */
  | { readonly is: 'server-error'; readonly detail: string }
  | { readonly is: 'rate-limited'; readonly detail: string; readonly resetAtMs?: number }
  | { readonly is: 'too-many-connections'; readonly detail: string; readonly resetAtMs?: number }
  | { readonly is: 'usage-capped'; readonly detail: string; readonly resetAtMs?: number }
  /** 400, 401, 403, 404 and their like: a mistake of ours. */
  | { readonly is: 'refused'; readonly detail: string }
  /** Refused while `backfill_minutes` was asked for. `isNamed`: the refusal names the parameter. */
  | { readonly is: 'backfill-refused'; readonly detail: string; readonly isNamed: boolean }
  /** An established connection ended. */
  | {
      readonly is: 'ended';
      readonly how: StreamEnd;
      readonly detail: string;
      readonly livedMs: number;
      readonly lines: number;
    };

/** How an established connection ended. `closed`: in order, all that was sent was received. */
export type StreamEnd = 'closed' | 'reset' | 'stalled' | 'endless-line' | 'operational-disconnect' | 'broken-encoding';

/** What is remembered from attempt to attempt, also across restarts: plain values. */
export interface Patience {
  /** Epoch ms of the connects of the last 15 minutes. */
  readonly connectsAt: readonly number[];
  readonly networkFailures: number;
  readonly serverFailures: number;
  readonly rateFailures: number;
  readonly refusals: number;
  /** Epoch ms before which the API said not to come; a restart does not make it sooner. */
  readonly notBeforeMs?: number;
}

export const freshPatience: Patience = {
  connectsAt: [],
  networkFailures: 0,
  serverFailures: 0,
  rateFailures: 0,
  refusals: 0,
};

/** Exported for tests. */
export const connectWindowMs = 15 * 60_000;
/**
 * The API allows a token 50 connects in 15 minutes, and both servers may share one: each keeps to less than half. The first 10 are
 * free, further ones 65 s apart: 24 at most in any window.
 */
const freeConnects = 10;
const spacedConnectMs = 65_000;
/** A connection counts as established once it delivered a line or lived that long; only then do the waits begin anew. */
const dwellMs = 60_000;
const longestRateWaitMs = connectWindowMs;
const usagePauseMs = 60 * 60_000;
const longestJitterMs = 250;

export interface Moment {
  readonly nowMs: number;
  /** 0 to 1 (excluded), random: keeps the two servers from knocking together. */
  readonly jitter: number;
}

export interface NextAttempt {
  readonly waitMs: number;
  readonly patience: Patience;
}

/** Notes that a connect is being made: it counts against the budget, whatever comes of it. */
export function noteConnect(patience: Patience, nowMs: number): Patience {
  return { ...patience, connectsAt: [...recentConnects(patience, nowMs), nowMs] };
}

/** How long to wait after that ending before the next connect. */
export function nextAttempt(before: Patience, ending: Ending, { nowMs, jitter }: Moment): NextAttempt {
  const patience = remember(before, ending);
  const ruleMs = ruleWait(patience, ending, nowMs);
  // Up to a quarter of a second for short waits, up to a tenth for long ones, and never less than the rule.
  const waitMs = Math.round(ruleMs + jitter * Math.max(longestJitterMs, ruleMs / 10));
  const isOrdered = ['rate-limited', 'too-many-connections', 'usage-capped'].includes(ending.is);
  return {
    waitMs: Math.max(waitMs, budgetWait(patience, nowMs)),
    patience: isOrdered ? { ...patience, notBeforeMs: nowMs + ruleMs } : patience,
  };
}

/** How long to wait before the first connect of a process: nothing, unless earlier ones used the budget up or were told to wait. */
export function firstAttempt(patience: Patience, nowMs: number): NextAttempt {
  // A clock that was stepped back must not make hours of an ordered pause.
  const orderedMs = Math.min(Math.max(0, (patience.notBeforeMs ?? 0) - nowMs), usagePauseMs);
  return { waitMs: Math.max(orderedMs, budgetWait(patience, nowMs)), patience };
}

function recentConnects({ connectsAt }: Patience, nowMs: number): number[] {
  // A connect "in the future" was made before the clock stepped back: its true age is unknown, so it no longer counts.
  return connectsAt.filter((at) => at > nowMs - connectWindowMs && at <= nowMs);
}

function budgetWait(patience: Patience, nowMs: number): number {
  const recent = recentConnects(patience, nowMs);
  const last = recent.at(-1);
  return last === undefined || recent.length < freeConnects ? 0 : Math.max(0, last + spacedConnectMs - nowMs);
}

const isEstablished = (ending: Ending): boolean =>
  ending.is === 'ended' && (ending.lines > 0 || ending.livedMs >= dwellMs);

function remember(patience: Patience, ending: Ending): Patience {
  const { connectsAt } = patience;
  const { notBeforeMs: _over, ...standing } = patience;
  patience = standing;
  if (isEstablished(ending)) return { ...freshPatience, connectsAt };
  switch (ending.is) {
    case 'network':
    case 'ended':
      return { ...patience, networkFailures: patience.networkFailures + 1 };
    case 'server-error':
      return { ...patience, serverFailures: patience.serverFailures + 1 };
    case 'rate-limited':
    case 'too-many-connections':
    case 'usage-capped':
      return { ...patience, rateFailures: patience.rateFailures + 1 };
    case 'refused':
      return { ...patience, refusals: patience.refusals + 1 };
    case 'backfill-refused':
      return patience;
  }
}

const doubling = (firstMs: number, failures: number, longestMs: number): number =>
  Math.min(firstMs * 2 ** Math.min(failures - 1, 20), longestMs);

function ruleWait(patience: Patience, ending: Ending, nowMs: number): number {
  const rateWaitMs = doubling(60_000, patience.rateFailures, longestRateWaitMs);
  switch (ending.is) {
    case 'ended':
      return isEstablished(ending) ? 0 : Math.min(250 * patience.networkFailures, 16_000);
    case 'network':
      return Math.min(250 * patience.networkFailures, 16_000);
    case 'server-error':
      return doubling(5_000, patience.serverFailures, 320_000);
    case 'rate-limited':
      return untilReset(ending.resetAtMs, nowMs) ?? rateWaitMs;
    case 'too-many-connections':
      // The reset is that of the connect limit; the old socket may be let go long before it.
      return Math.min(untilReset(ending.resetAtMs, nowMs) ?? rateWaitMs, rateWaitMs);
    case 'usage-capped':
      return Math.max(untilReset(ending.resetAtMs, nowMs) ?? 0, usagePauseMs);
    case 'refused':
      return doubling(60_000, patience.refusals, 300_000);
    case 'backfill-refused':
      return 250;
  }
}

/** ms until the reset that the server named, at least a second; undefined where it named none, or none to be believed. */
function untilReset(resetAtMs: number | undefined, nowMs: number): number | undefined {
  if (resetAtMs === undefined || !Number.isFinite(resetAtMs)) return undefined;
  const waitMs = resetAtMs - nowMs;
  // One that is past by our clock says that the clocks differ: then the rule without a reset holds.
  return waitMs <= 0 || waitMs > 24 * 60 * 60_000 ? undefined : Math.max(waitMs, 1_000);
}
