// The vault as it lies on disk: which hours it holds, and from whom. Takes the vault's folder; leaves receipts and what is foreign.
// Listings hold until refreshed; receipts are remembered as long as their files do not change.
import { join } from 'node:path';
import { isDayFolder } from '../domain/minute-file.ts';
import { parseReceipt, type Receipt } from '../domain/receipt.ts';
import { type Hour, hoursOfDay, type Minute } from '../domain/time.ts';
import {
  coverageName,
  hourLabelOfReceipt,
  nextReceiptName,
  outputKindOf,
  receiptName,
  sumsName,
} from '../domain/vault.ts';
import { type CoveringFile, parseCoverage } from '../domain/warc-coverage.ts';
import type { Disk } from './disk.ts';

/** unmade: nothing is there; made: ours; foreign: outputs that another tool wrote, or a receipt that is none of ours. */
export type VaultHour =
  | { readonly is: 'unmade' }
  | { readonly is: 'made'; readonly receipt: Receipt }
  | { readonly is: 'foreign'; readonly names: readonly string[] };

export class VaultView {
  readonly path: string;
  readonly zone: string;
  readonly #disk: Disk;
  readonly #listings = new Map<string, readonly string[]>();
  readonly #receipts = new Map<string, { readonly stamp: string; readonly receipt: Receipt | undefined }>();
  #days: readonly string[] | undefined;

  constructor(path: string, zone: string, disk: Disk) {
    this.path = path;
    this.zone = zone;
    this.#disk = disk;
  }

  folder(day: string): string {
    return join(this.path, day);
  }

  /** Looks anew from here on. */
  refresh(): void {
    this.#listings.clear();
    this.#days = undefined;
  }

  /** Day folders, in order; also those that lie on another disk, with a link in their place. */
  async days(): Promise<readonly string[]> {
    this.#days ??= (await this.#disk.list(this.path))
      .filter(({ name, isFile }) => !isFile && isDayFolder(name))
      .map(({ name }) => name);
    return this.#days;
  }

  /** File names of a day folder. */
  async names(day: string): Promise<readonly string[]> {
    const known = this.#listings.get(day);
    if (known) return known;
    const names = (await this.#disk.list(this.folder(day))).filter(({ isFolder }) => !isFolder).map(({ name }) => name);
    this.#listings.set(day, names);
    return names;
  }

  async hour(hour: Hour): Promise<VaultHour> {
    const names = await this.names(hour.day);
    const receipt = names.includes(receiptName(hour)) ? await this.#receipt(hour.day, receiptName(hour)) : undefined;
    if (receipt) return { is: 'made', receipt };
    // Half committed: ours, and finished or made again before anything else is done with it.
    if (names.includes(nextReceiptName(hour))) return { is: 'unmade' };
    const foreign = names.filter((name) => outputKindOf(hour, name) !== undefined || name === receiptName(hour));
    return foreign.length > 0 ? { is: 'foreign', names: foreign } : { is: 'unmade' };
  }

  async #receipt(day: string, name: string): Promise<Receipt | undefined> {
    const path = join(this.folder(day), name);
    const facts = await this.#disk.facts(path);
    const stamp = `${facts?.bytes} ${facts?.modifiedMs}`;
    const known = this.#receipts.get(path);
    if (known?.stamp === stamp) return known.receipt;
    const receipt = facts && parseReceipt((await this.#disk.read(path)).toString('utf8'));
    this.#receipts.set(path, { stamp, receipt });
    return receipt;
  }

  /** Drops what is remembered of a receipt that was just replaced. */
  forget(hour: Hour): void {
    this.#listings.delete(hour.day);
    this.#days = undefined;
    this.#receipts.delete(join(this.folder(hour.day), receiptName(hour)));
  }

  /** The receipts of a day, in no particular order. */
  async receiptsOf(day: string): Promise<Receipt[]> {
    const receipts: Receipt[] = [];
    for (const name of await this.names(day)) {
      if (hourLabelOfReceipt(name)?.isNext !== false) continue;
      const receipt = await this.#receipt(day, name);
      if (receipt) receipts.push(receipt);
    }
    return receipts;
  }

  /** The WARC files that the day's …_warc.txt names; none where there is no such file. */
  async warcFilesOf(day: string): Promise<CoveringFile[]> {
    const path = join(this.folder(day), coverageName(day));
    if ((await this.#disk.facts(path)) === undefined) return [];
    return parseCoverage((await this.#disk.read(path)).toString('utf8'));
  }

  /** The first minutes of the hours of a day that have a receipt, in order. */
  async #madeStarts(day: string): Promise<Minute[]> {
    const found = (await this.names(day)).map(hourLabelOfReceipt).filter((label) => label?.isNext === false);
    const labels = new Set(found.map((label) => label?.label));
    return hoursOfDay(day, this.zone).flatMap(({ label, start }) => (labels.has(label) ? [start] : []));
  }

  /** The start of the newest made hour before this one. */
  async newestMadeBefore(hour: Hour): Promise<Minute | undefined> {
    for (const day of [...(await this.days())].reverse()) {
      if (day > hour.day) continue;
      const start = (await this.#madeStarts(day)).findLast((made) => made < hour.start);
      if (start !== undefined) return start;
    }
    return undefined;
  }

  /** The start of the oldest made hour after this one. */
  async oldestMadeAfter(hour: Hour): Promise<Minute | undefined> {
    for (const day of await this.days()) {
      if (day < hour.day) continue;
      const start = (await this.#madeStarts(day)).find((made) => made > hour.start);
      if (start !== undefined) return start;
    }
    return undefined;
  }
}

/** Paths below a day's folder of every file that its SHA256SUMS names: all but itself, hidden ones, and a receipt that waits. */
export async function filesBelow(folder: string, disk: Disk, below = ''): Promise<string[]> {
  const paths: string[] = [];
  for (const { name, isFolder } of await disk.list(join(folder, below))) {
    const path = join(below, name);
    if (name.startsWith('.') || path === sumsName || path.includes('_receipt.next.')) continue;
    if (isFolder) paths.push(...(await filesBelow(folder, disk, path)));
    else paths.push(path);
  }
  return paths;
}
