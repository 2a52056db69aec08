// The day's report: one row an hour. Takes the day's receipts; leaves the text of …_report.txt, and the same as values.
import { type Receipt, startOfReceipt, unreadableLines } from './receipt.ts';

const reportColumns = [
  'hour',
  'serv 1',
  'serv 2',
  'total',
  'diff',
  'diff %',
  'missing 1',
  'missing 2',
  'gap 1',
  'gap 2',
  'joint gap',
  'unreadable',
] as const;

type ReportColumn = (typeof reportColumns)[number];

/** One hour. null: not known, or no second server. */
export type ReportRow = Readonly<Record<Exclude<ReportColumn, 'hour' | 'diff %'>, number | null>> & {
  readonly hour: string;
  readonly 'diff %': string | null;
};

/** Percent of whole counts with two decimals, a half upwards: in whole numbers, since a quotient may lie below the half it stands for. 0.00% where nothing was stored. */
function share(part: number, whole: number): string {
  const hundredths = whole === 0 ? 0 : Math.floor((part * 20_000 + whole) / (whole * 2));
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}%`;
}

function reportRow({ hour, counts, gaps }: Receipt): ReportRow {
  const diff = counts.only_1 === null || counts.only_2 === null ? null : counts.only_1 + counts.only_2;
  return {
    hour: hour.slice(hour.indexOf('T') + 1),
    'serv 1': counts.server_1,
    'serv 2': counts.server_2,
    total: counts.total,
    diff,
    'diff %': diff === null ? null : share(diff, counts.total),
    'missing 1': gaps.missing_1,
    'missing 2': gaps.missing_2,
    'gap 1': gaps.gap_1,
    'gap 2': gaps.gap_2,
    'joint gap': gaps.joint_gap,
    unreadable: unreadableLines(counts),
  };
}

/** The rows of a day's receipts, in order of time whatever their order here. */
const reportRows = (receipts: readonly Receipt[]): ReportRow[] =>
  [...receipts].sort((a, b) => startOfReceipt(a) - startOfReceipt(b)).map(reportRow);

/** Tab-separated, with a header. */
export function reportText(receipts: readonly Receipt[]): string {
  const rows = reportRows(receipts).map((row) => reportColumns.map((column) => row[column] ?? ''));
  return [reportColumns, ...rows].map((cells) => `${cells.join('\t')}\n`).join('');
}
