// How fast another side may be asked: OSF allows 10 requests a second, 75 file listings a minute, 10,000 requests a day.
// Takes what was asked so far and the time; leaves how long to wait. No clock, no network.
import { hourMs, minuteMs } from './time.ts';

export type RequestKind = 'listing' | 'other';

/** Half of what is allowed in short times, and a little less than a day's, so that other programs of the same account go on working. */
const betweenMs = 200;
const listingsPerMinute = 40;
const requestsPerDay = 9000;

/** `lastMs`: when the last request was made; `listings`: those of the last minute; `hours`: how many in each hour of the last day, by hour since the epoch. */
export interface Pace {
  readonly lastMs: number;
  readonly listings: readonly number[];
  readonly hours: Readonly<Record<string, number>>;
}

export const freshPace: Pace = { lastMs: Number.NEGATIVE_INFINITY, listings: [], hours: {} };

/** ms until a request of that kind may be made; 0: now. */
export function paceWaitMs(pace: Pace, kind: RequestKind, nowMs: number): number {
  const afterLastMs = pace.lastMs > nowMs ? 0 : pace.lastMs + betweenMs - nowMs;
  const recent = pace.listings.filter((atMs) => nowMs - atMs < minuteMs && atMs <= nowMs);
  const first = recent[recent.length - listingsPerMinute];
  const afterListingMs = kind === 'listing' && first !== undefined ? first + minuteMs - nowMs : 0;
  return Math.max(0, afterLastMs, afterListingMs, afterDayMs(pace, nowMs));
}

/** Whole hours are counted, so that a day is never less than one: 25 of them. */
function afterDayMs({ hours }: Pace, nowMs: number): number {
  const hour = Math.floor(nowMs / hourMs);
  const counted = dayHours(hours, hour);
  let total = counted.reduce((sum, [, count]) => sum + count, 0);
  for (const [at, count] of counted) {
    if (total < requestsPerDay) return 0;
    total -= count;
    if (total < requestsPerDay) return (at + 25) * hourMs - nowMs;
  }
  return 0;
}

const dayHours = (hours: Pace['hours'], hour: number): [number, number][] =>
  Object.entries(hours)
    .map(([at, count]): [number, number] => [Number(at), count])
    .filter(([at]) => at > hour - 25 && at <= hour)
    .sort(([a], [b]) => a - b);

/** The pace after a request at that time. */
export function afterRequest(pace: Pace, kind: RequestKind, nowMs: number): Pace {
  const hour = Math.floor(nowMs / hourMs);
  const hours = Object.fromEntries(dayHours(pace.hours, hour));
  const listings = pace.listings.filter((atMs) => nowMs - atMs < minuteMs && atMs <= nowMs);
  return {
    lastMs: nowMs,
    listings: kind === 'listing' ? [...listings, nowMs] : listings,
    hours: { ...hours, [hour]: (hours[hour] ?? 0) + 1 },
  };
}
