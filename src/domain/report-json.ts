// A day's report as JSON, for programs. Takes summaries and receipts; leaves values whose keys stay: report-schema.json beside this file
// says what they are.
import type { DaySummary } from './day-summary.ts';
import type { Receipt } from './receipt.ts';
import type { CoverageRow } from './warc-coverage.ts';
import { startOfReceipt, unreadableLines } from './receipt.ts';
import { comparedWith } from './report-words.ts';

const sums = ({ day, total, jointGap, unreadable, ...summary }: DaySummary) => ({
  day,
  total,
  coverage_1: summary.coverage1,
  coverage_2: summary.coverage2,
  joint_gap: jointGap,
  unreadable,
  incomplete: summary.incomplete,
  remade: summary.remade,
  unfinished: summary.unmade,
});

function hourOf({ hour, counts, gaps, complete, generation }: Receipt) {
  const { server_1, server_2, both, only_1, only_2, total } = counts;
  const heard = { total, server_1, server_2, both, only_1, only_2 };
  return { hour, ...heard, ...gaps, unreadable: unreadableLines(counts), complete, generation };
}

export interface JsonReport {
  readonly summary: DaySummary;
  readonly receipts: readonly Receipt[];
  readonly covering: readonly CoverageRow[];
  /** Earlier days, oldest first. */
  readonly before: readonly DaySummary[];
}

/** `times_mean_before`: this day's tweets divided by the mean of the days before; null where there are none. */
export const reportJson = ({ summary, receipts, covering, before }: JsonReport) => ({
  report: 1 as const,
  zone: summary.zone,
  ...sums(summary),
  hours: [...receipts].sort((a, b) => startOfReceipt(a) - startOfReceipt(b)).map(hourOf),
  warc_files: covering,
  days_before: before.map(sums),
  times_mean_before:
    comparedWith(
      summary.total,
      before.map(({ total }) => total),
    ) ?? null,
});
