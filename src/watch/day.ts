// What is derived for a day: its report from its receipts, which WARC files cover its hours, and SHA256SUMS over the whole folder.
// Takes a day; leaves all three as they should be, written only where they are not.
import { join } from 'node:path';
import type { Receipt } from '../domain/receipt.ts';
import { reportText } from '../domain/report.ts';
import { dayMs } from '../domain/time.ts';
import { coverageName, parseSums, reportName, sumsName, sumsText } from '../domain/vault.ts';
import { type CoverageRow, type CoveringFile, coverageRows, coverageText, withKnown } from '../domain/warc-coverage.ts';
import { type Disk, sha256OfFile, textAt } from '../outside/disk.ts';
import { filesBelow, type VaultView } from '../outside/vault-view.ts';
import type { Shop } from './shop.ts';

export interface DayParts {
  readonly disk: Disk;
  /** The WARC files that are known. */
  readonly warcFiles: readonly CoveringFile[];
}

/** Makes the day's report, coverage and sums good. Nothing happens where the day has no folder, or no receipt of ours. */
export async function refreshDay(vault: VaultView, day: string, { disk, warcFiles }: DayParts): Promise<void> {
  const receipts = await vault.receiptsOf(day);
  if (receipts.length === 0) return;
  await writeIfChanged(join(vault.folder(day), reportName(day)), reportText(receipts), disk);
  // A file that was named once stays named, though the archive may have moved elsewhere since.
  const covering = coverageText(coverageRows(withKnown(await vault.warcFilesOf(day), warcFiles), day, vault.zone));
  if (covering !== '') await writeIfChanged(join(vault.folder(day), coverageName(day)), covering, disk);
  await refreshSums(vault.folder(day), receipts, disk);
}

export const partsOf = ({ world, warcFiles }: Shop): DayParts => ({ disk: world.disk, warcFiles: warcFiles.known });

/** Makes good the days that WARC files cover which were finished since the last look, often only after their hour was made. */
export async function coverDays(shop: Shop): Promise<void> {
  const { vault, warcFiles, coveredBy } = shop;
  await warcFiles.look();
  const fresh = warcFiles.known.filter(({ file }) => !coveredBy.has(file));
  if (fresh.length === 0) return;
  const fromMs = fresh.reduce((first, { from }) => Math.min(first, Date.parse(from)), Number.POSITIVE_INFINITY);
  const untilMs = fresh.reduce((last, { until }) => Math.max(last, Date.parse(until)), 0);
  for (const day of await vault.days()) {
    // Zones are up to a day away from UTC; asking for the hours of every day of years would take seconds.
    if (Date.parse(day) + 2 * dayMs < fromMs || Date.parse(day) - dayMs > untilMs) continue;
    const rows = coverageRows(fresh, day, vault.zone);
    if (rows.length > 0 && !(await isCovered(day, rows, shop))) await refreshDay(vault, day, partsOf(shop));
  }
  for (const { file } of fresh) coveredBy.add(file);
}

/** Does the day name these files, and do its sums know it? A crash may have come between the two. */
async function isCovered(
  day: string,
  rows: readonly CoverageRow[],
  { vault, world: { disk } }: Shop,
): Promise<boolean> {
  const known = new Set((await vault.warcFilesOf(day)).map(({ file }) => file));
  if (rows.some(({ file }) => !known.has(file))) return false;
  const sums = parseSums((await textAt(join(vault.folder(day), sumsName), disk)) ?? '');
  return sums.get(coverageName(day)) === (await sha256OfFile(join(vault.folder(day), coverageName(day)), disk));
}

async function writeIfChanged(path: string, text: string, disk: Disk): Promise<void> {
  if ((await textAt(path, disk)) !== text) await disk.write(path, text);
}

/**
 * An output's hash is the one that its receipt proves, and a file that was listed before keeps the hash it had then: hashing
 * anew would only bless damage. The report, the coverage and the receipts are hashed as they stand.
 */
async function refreshSums(folder: string, receipts: readonly Receipt[], disk: Disk): Promise<void> {
  const proven = new Map(receipts.flatMap(({ outputs }) => outputs.map(({ file, sha256 }) => [file, sha256])));
  const path = join(folder, sumsName);
  const listed = parseSums((await textAt(path, disk)) ?? '');
  const writtenMs = (await disk.facts(path))?.modifiedMs ?? 0;
  const sums = new Map<string, string>();
  for (const name of await filesBelow(folder, disk)) {
    const facts = await disk.facts(join(folder, name));
    if (facts === undefined) continue;
    const isDerived = /_(report\.txt|warc\.txt|receipt\.json)$/.test(name);
    const known = proven.get(name) ?? (isDerived || facts.modifiedMs > writtenMs ? undefined : listed.get(name));
    sums.set(name, known ?? (await sha256OfFile(join(folder, name), disk)));
  }
  await writeIfChanged(path, sumsText(sums), disk);
}
