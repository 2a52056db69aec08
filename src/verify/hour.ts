// One hour of the vault held against its receipt, as a pure function of what was read. Takes readings; leaves problems.
import { idTableOf } from '../domain/id-table.ts';
import type { IdTable } from '../domain/id-table.ts';
import { outputOf } from '../domain/receipt.ts';
import type { Receipt } from '../domain/receipt.ts';
import type { OutputKind } from '../domain/vault.ts';
import type { Reading } from './worker.ts';

export type Readings = ReadonlyMap<OutputKind, Reading>;

const neededKinds = ['IDs', 'tweets', 'users'] as const;

/** What is wrong with an hour by itself: outputs against receipt, IDs against rows, IDs against each other. */
export function hourProblems(receipt: Receipt, readings: Readings): string[] {
  const problems = neededKinds
    .filter((kind) => !outputOf(receipt, kind))
    .map((kind) => `the receipt names no ${kind} output`);
  for (const { kind, file, bytes, rows, sha256 } of receipt.outputs) {
    const read = readings.get(kind);
    if (read === undefined) continue;
    if (read.trouble !== undefined) problems.push(`${file}: ${read.trouble}`);
    if (read.sha256 !== sha256)
      problems.push(
        read.bytes === bytes
          ? `${file}: its ${bytes} bytes are others than those that the receipt proves`
          : `${file}: its ${read.bytes} bytes are not the ${bytes} that the receipt proves`,
      );
    else if (read.rows !== rows) problems.push(`${file}: it has ${read.rows} rows, the receipt says ${rows}`);
  }
  return [...problems, ...countProblems(receipt), ...idProblems(readings)];
}

function countProblems(receipt: Receipt): string[] {
  const { counts } = receipt;
  const problems: string[] = [];
  const stored = outputOf(receipt, 'IDs')?.rows;
  if (stored !== undefined && stored !== counts.total) {
    problems.push(`the receipt counts ${counts.total} tweets, and ${stored} IDs`);
  }
  const heard = (counts.only_1 ?? counts.server_1) + (counts.only_2 ?? 0) + (counts.both ?? 0);
  const known = counts.total + counts.duplicates_across + counts['held-by-next'];
  if (heard !== known) problems.push(`the receipt accounts for ${known} of the ${heard} IDs that were heard`);
  return problems;
}

function idProblems(readings: Readings): string[] {
  const ids = readings.get('IDs');
  const tweets = readings.get('tweets');
  if (ids === undefined || tweets === undefined || ids.trouble !== undefined || tweets.trouble !== undefined) return [];
  const problems: string[] = [];
  const isSame =
    ids.high.length === tweets.high.length &&
    ids.high.every((high, at) => high === tweets.high[at] && ids.low[at] === tweets.low[at]);
  if (!isSame) problems.push('the IDs are not those of the rows');
  const distinct = idTableOf(ids).size;
  if (distinct !== ids.high.length) problems.push(`${ids.high.length - distinct} IDs stand twice`);
  return problems;
}

/** IDs that two neighbouring hours both store. */
export function borderProblems(neighbour: IdTable, ids: IdTable, side: 'before' | 'after'): string[] {
  let doubled = 0;
  for (let index = 0; index < ids.size; index++) {
    if (neighbour.find(ids.high[index] as number, ids.low[index] as number) >= 0) doubled++;
  }
  return doubled === 0 ? [] : [`${doubled} IDs stand in the hour ${side} as well`];
}
