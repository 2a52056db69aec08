// A day at a glance. Takes its receipts and its hours; leaves sums, coverage of each server, and which hours want a look:
// what mail, JSON and the status page say of a day.
import type { Receipt } from './receipt.ts';
import { startOfReceipt, unreadableLines } from './receipt.ts';
import { type Hour, hourName } from './time.ts';

/** Seconds and minutes as in the report; null where they are not known, or there is no second server. */
export interface HourSummary {
  readonly hour: string;
  readonly total: number;
  readonly both: number | null;
  readonly only1: number | null;
  readonly only2: number | null;
  readonly missing1: number;
  readonly missing2: number | null;
  readonly gap1: number | null;
  readonly gap2: number | null;
  readonly jointGap: number | null;
  readonly unreadable: number;
  readonly isComplete: boolean;
  readonly generation: number;
}

export interface DaySummary {
  readonly day: string;
  readonly zone: string;
  readonly hours: readonly HourSummary[];
  readonly hasPartner: boolean;
  readonly total: number;
  /** Share of the seconds of the finished hours in which a server was connected, 0 to 1; null where it is not known. */
  readonly coverage1: number | null;
  readonly coverage2: number | null;
  /** Minutes without a file, and seconds without a connection. */
  readonly missing1: number;
  readonly missing2: number | null;
  readonly gap1: number | null;
  readonly gap2: number | null;
  /** Seconds that nobody heard, at most. */
  readonly jointGap: number | null;
  readonly unreadable: number;
  /** Hours by label: without all minute files; made more than once; over, and not finished. */
  readonly incomplete: readonly string[];
  readonly remade: readonly string[];
  readonly unmade: readonly string[];
}

const labelOf = ({ hour }: Pick<Receipt, 'hour'>): string => hour.slice(hour.indexOf('T') + 1);

function hourSummary(receipt: Receipt): HourSummary {
  const { counts, gaps } = receipt;
  return {
    hour: labelOf(receipt),
    total: counts.total,
    both: counts.both,
    only1: counts.only_1,
    only2: counts.only_2,
    missing1: gaps.missing_1,
    missing2: gaps.missing_2,
    gap1: gaps.gap_1,
    gap2: gaps.gap_2,
    jointGap: gaps.joint_gap,
    unreadable: unreadableLines(counts),
    isComplete: receipt.complete,
    generation: receipt.generation,
  };
}

const sumOf = (numbers: readonly (number | null)[]): number | null =>
  numbers.reduce((sum, number) => (sum === null || number === null ? null : sum + number), 0);

function coverageOf(gaps: readonly (number | null)[]): number | null {
  const gap = sumOf(gaps);
  return gap === null || gaps.length === 0 ? null : 1 - gap / (gaps.length * 3600);
}

/** `expected`: the hours of the day that are over and should be finished. */
export function summarizeDay(
  day: string,
  { receipts, zone, expected }: { receipts: readonly Receipt[]; zone: string; expected: readonly Hour[] },
): DaySummary {
  const sorted = [...receipts].sort((a, b) => startOfReceipt(a) - startOfReceipt(b));
  const hours = sorted.map(hourSummary);
  const made = new Set(sorted.map(({ hour }) => hour));
  const hasPartner = sorted.some(({ servers }) => servers.includes(2));
  return {
    day,
    zone,
    hours,
    hasPartner,
    total: sumOf(hours.map(({ total }) => total)) ?? 0,
    coverage1: coverageOf(hours.map(({ gap1 }) => gap1)),
    coverage2: hasPartner ? coverageOf(hours.map(({ gap2 }) => gap2)) : null,
    missing1: sumOf(hours.map(({ missing1 }) => missing1)) ?? 0,
    missing2: hasPartner ? sumOf(hours.map(({ missing2 }) => missing2)) : null,
    gap1: sumOf(hours.map(({ gap1 }) => gap1)),
    gap2: hasPartner ? sumOf(hours.map(({ gap2 }) => gap2)) : null,
    jointGap: sumOf(hours.map(({ jointGap }) => jointGap)),
    unreadable: hours.reduce((sum, { unreadable }) => sum + unreadable, 0),
    incomplete: hours.filter(({ isComplete }) => !isComplete).map(({ hour }) => hour),
    remade: hours.filter(({ generation }) => generation > 1).map(({ hour }) => hour),
    unmade: expected.filter((hour) => !made.has(hourName(hour))).map(({ label }) => label),
  };
}
