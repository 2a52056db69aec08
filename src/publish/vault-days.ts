// What the vault has to publish. Takes the vault's day folders; leaves the files wanted at OSF with their hashes, day by day.
import { join } from 'node:path';
import { isDayFolder } from '../domain/minute-file.ts';
import { describeError } from '../domain/operator-error.ts';
import { isIdsFile, wantedOfDay } from '../domain/publishing.ts';
import { outputOf, parseReceipt } from '../domain/receipt.ts';
import { dayMs, endOfHour, hoursOfDay } from '../domain/time.ts';
import { hourLabelOfReceipt, parseSums, sumsName } from '../domain/vault.ts';
import { type Disk, hasCode } from '../outside/disk.ts';

export interface WantedDay {
  readonly day: string;
  /** Hashes by file name. */
  readonly files: ReadonlyMap<string, string>;
  /** Why this day cannot be looked at now; its files are none then. */
  readonly trouble?: string;
}

export interface VaultDays {
  /** Day folders with what is wanted of each, in order of time. */
  wanted(nowMs: number): Promise<WantedDay[]>;
  /** The file's bytes. */
  read(day: string, name: string): Promise<Buffer>;
  /** The file's size; undefined where it is not there. */
  bytesOf(day: string, name: string): Promise<number | undefined>;
  /** When the day's sums were written, epoch ms; undefined where there are none. */
  sumsWrittenMs(day: string): Promise<number | undefined>;
  /** IDs in an hour's file of that hash, as its receipt says; undefined where there is no such receipt (any more). */
  idsIn(day: string, idsFile: string, sha256: string): Promise<number | undefined>;
}

export interface VaultDaysSetting {
  readonly disk: Disk;
  readonly vault: string;
  readonly zone: string;
  /** How long after a day's end its report is waited for, where hours are missing. */
  readonly patienceMs: number;
}

/** Of a day's sums only what is wanted once it is over is kept in memory. */
interface DaySums {
  readonly stamp: string;
  readonly wanted: ReadonlyMap<string, string>;
  /** Hours that have their receipt. */
  readonly receipts: number;
}

const noSums: DaySums = { stamp: '', wanted: new Map(), receipts: 0 };

export function vaultDays({ disk, vault, zone, patienceMs }: VaultDaysSetting): VaultDays {
  const known = new Map<string, DaySums>();
  const factsOf = (day: string) =>
    disk.facts(join(vault, day, sumsName)).catch((error: unknown) => {
      if (hasCode(error, 'ENOTDIR')) return undefined;
      throw error;
    });

  async function sumsOf(day: string): Promise<DaySums> {
    const facts = await factsOf(day);
    if (facts === undefined) return noSums;
    const stamp = `${facts.bytes} ${facts.modifiedMs}`;
    const last = known.get(day);
    if (last?.stamp === stamp) return last;
    const sums = parseSums((await disk.read(join(vault, day, sumsName))).toString());
    const receipts = [...sums.keys()].filter((name) => hourLabelOfReceipt(name)?.isNext === false).length;
    const read = { stamp, receipts, wanted: copied(wantedOfDay(day, sums, true)) };
    known.set(day, read);
    return read;
  }

  async function wantedOf(day: string, nowMs: number): Promise<WantedDay> {
    try {
      const { wanted, receipts } = await sumsOf(day);
      const hasEnded = isOver({ day, zone, receipts, patienceMs }, nowMs);
      return { day, files: hasEnded ? wanted : new Map([...wanted].filter(([name]) => isIdsFile(name))) };
    } catch (error) {
      return { day, files: new Map(), trouble: describeError(error) };
    }
  }

  return {
    async wanted(nowMs) {
      const found = [];
      // A day that was moved to another disk, with a link in its place, is published as well.
      for (const { name, isFile } of await disk.list(vault))
        if (!isFile && isDayFolder(name) && !Number.isNaN(Date.parse(name))) found.push(await wantedOf(name, nowMs));
      return found;
    },
    read: (day, name) => disk.read(join(vault, day, name)),
    bytesOf: async (day, name) => (await disk.facts(join(vault, day, name)))?.bytes,
    sumsWrittenMs: async (day) => (await factsOf(day))?.modifiedMs,
    idsIn: (day, idsFile, sha256) =>
      idsIn(join(vault, day, idsFile.replace('_IDs.txt.xz', '_receipt.json')), sha256, disk),
  };
}

/** Parts of a string keep the whole of it in memory, the sums of thousands of raw files among them: copies do not. */
function copied(sums: ReadonlyMap<string, string>): Map<string, string> {
  const copy = (text: string): string => Buffer.from(text).toString();
  return new Map([...sums].map(([name, sha256]) => [copy(name), copy(sha256)]));
}

interface Ending {
  readonly day: string;
  readonly zone: string;
  readonly receipts: number;
  readonly patienceMs: number;
}

/** Is the day past, and each of its hours made, or waited for long enough? */
function isOver({ day, zone, receipts, patienceMs }: Ending, nowMs: number): boolean {
  // No day of any zone lasts until two days after its date's beginning in UTC: only the last ones need the zone.
  if (nowMs >= Date.parse(day) + 2 * dayMs + patienceMs) return true;
  const hours = hoursOfDay(day, zone);
  const isFull = receipts >= hours.length;
  return nowMs >= Math.max(...hours.map(endOfHour)) + (isFull ? 0 : patienceMs);
}

async function idsIn(receiptPath: string, sha256: string, disk: Disk): Promise<number | undefined> {
  try {
    const receipt = parseReceipt((await disk.read(receiptPath)).toString());
    const output = receipt && outputOf(receipt, 'IDs');
    return output?.sha256 === sha256 ? output.rows : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
