// When a day's report goes out: once, at a time of the following day by the vault's clock, also where clocks change.
// Takes days, zone, time of day and what was sent; leaves the days whose report is due. No clock, no disk.
import { type Minute, dayMs, hourOf, hoursOfDay, minuteOf, minutesAtWallClock, startOfMinute } from './time.ts';

const daysFrom = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10);

/** By the calendar: 2026-03-11 after 2026-03-10, in every zone. Exported for tests. */
export const dayAfter = (day: string): string => daysFrom(day, 1);
export const dayBefore = (day: string): string => daysFrom(day, -1);

/**
 * Epoch ms at which a clock in the zone shows that time on that day: the first time where it shows it twice; where it is skipped, the
 * first moment after it. `clock` as 02:00. Exported for tests.
 */
export function momentOf(day: string, clock: string, zone: string): number {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  for (let of = hour * 60 + minute; of < 24 * 60; of++) {
    const shown = `${String(Math.floor(of / 60)).padStart(2, '0')}:${String(of % 60).padStart(2, '0')}:00`;
    const first: Minute | undefined = minutesAtWallClock(day, shown, zone)[0];
    if (first !== undefined) return startOfMinute(first);
  }
  return startOfMinute(hoursOfDay(dayAfter(day), zone)[0]?.start ?? 0);
}

export interface ReportClock {
  readonly zone: string;
  /** 02:00 */
  readonly reportAt: string;
}

/** Epoch ms at which the report of that day goes out. */
export const reportMoment = (day: string, { zone, reportAt }: ReportClock): number =>
  momentOf(dayAfter(day), reportAt, zone);

/** Reports that were missed longer ago are not sent any more: `streamvault report DAY --mail` does. */
const mostDaysBack = 7;

export interface Reported {
  /** The vault's first day; undefined: it holds none. */
  readonly firstDay: string | undefined;
  /** Days whose report was sent, or waits. */
  readonly told: ReadonlySet<string>;
}

/** Days whose report is due, oldest first. Where none was ever sent, only the newest: a vault that is old is not mailed in one go. */
export function reportsDue(nowMs: number, { firstDay, told }: Reported, clock: ReportClock): string[] {
  const { zone } = clock;
  if (firstDay === undefined) return [];
  const due: string[] = [];
  let day = dayBefore(hourOf(minuteOf(nowMs), zone).day);
  for (let back = 0; back < mostDaysBack && day >= firstDay; back++, day = dayBefore(day)) {
    if (told.has(day)) break;
    if (reportMoment(day, clock) <= nowMs) due.unshift(day);
  }
  return told.size === 0 ? due.slice(-1) : due;
}
