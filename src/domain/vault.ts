// The vault's file names: a folder a day, an hour's outputs, its receipt, the day's report and sums.
// Takes hours and names; leaves names and what they say. Whoever needs a name of the vault reads and writes it here.
import { type Hour, hourFilePrefix } from './time.ts';

export const outputKinds = ['IDs', 'tweets', 'users', 'unreadable'] as const;
export type OutputKind = (typeof outputKinds)[number];

const endings: Readonly<Record<OutputKind, string>> = {
  IDs: 'IDs.txt.xz',
  tweets: 'tweets.csv.xz',
  users: 'users.csv.xz',
  unreadable: 'unreadable.jsonl.xz',
};

/** 2026-03-10_14_IDs.txt.xz */
export const outputName = (hour: Hour, kind: OutputKind): string => `${hourFilePrefix(hour)}_${endings[kind]}`;

/** What a file name of a day folder is, where it belongs to one of these outputs. */
export const outputKindOf = (hour: Hour, name: string): OutputKind | undefined =>
  outputKinds.find((kind) => outputName(hour, kind) === name);

export const receiptName = (hour: Hour): string => `${hourFilePrefix(hour)}_receipt.json`;
/** The receipt while its hour's outputs are being renamed: the commit point. */
export const nextReceiptName = (hour: Hour): string => `${hourFilePrefix(hour)}_receipt.next.json`;
/** Where an output is written before it gets its name. */
export const besideName = (name: string): string => `.${name}.next`;
export const reportName = (day: string): string => `${day}_report.txt`;
/** Which WARC files cover which hour; only where there is an archive of the wire. */
export const coverageName = (day: string): string => `${day}_warc.txt`;
export const sumsName = 'SHA256SUMS';
/** Minute files that `raw = "keep"` moved here, below their day: raw/14/server-1 */
export const rawFolder = (hour: Hour, server: number): string => `raw/${hour.label}/server-${server}`;
export const rawName = (minuteFile: string): string => `${minuteFile}.xz`;

/** The label of the hour whose receipt has this name (14, 02+0200), finished or about to be; undefined for other names. */
export function hourLabelOfReceipt(name: string): { label: string; isNext: boolean } | undefined {
  const match = /^\d{4}-\d\d-\d\d_(\d\d(?:[+-]\d{4})?)_receipt(\.next)?\.json$/.exec(name);
  return match?.[1] === undefined ? undefined : { label: match[1], isNext: match[2] !== undefined };
}

/** Is this the leftover of a write that a crash broke off? */
export const isBesideName = (name: string): boolean => /^\..+\.next$/.test(name);

/** The text of SHA256SUMS: sorted by name, as sha256sum(1) writes and reads it. `sums` maps a path below the day folder to its hash. */
export function sumsText(sums: ReadonlyMap<string, string>): string {
  const names = [...sums.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return names.map((name) => `${sums.get(name)}  ${name}\n`).join('');
}

/** Reads SHA256SUMS: hashes by path; lines of another form are passed over. */
export function parseSums(text: string): Map<string, string> {
  const lines = text.split('\n').map((line) => /^([0-9a-f]{64}) [ *](.+)$/.exec(line));
  return new Map(lines.flatMap((match) => (match?.[2] ? [[match[2], match[1] ?? ''] as const] : [])));
}
