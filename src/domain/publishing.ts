// What is to be published, and whether it may be: X's content policy counts tweet IDs given to anyone in 30 days.
// Takes a vault's sums, what was published, and the time; leaves what to upload, oldest first. No clock, no disk, no network.
import { dayMs } from './time.ts';

/** What of a file was given away, and when: a file made again adds only the IDs that it has more. */
export interface Given {
  readonly atMs: number;
  readonly ids: number;
}

/**
 * What is known of one file's upload. While an upload is `pending` it may or may not have happened; without it, the other side's
 * sha256 was seen to be this one.
 */
export interface Publication {
  readonly sha256: string;
  readonly given: readonly Given[];
  readonly pending?: Given;
  /** The file's own link for the next version. */
  readonly link?: string;
}

/** Publications of one day, by file name. */
export type DayPublications = Readonly<Record<string, Publication>>;

export interface ToUpload {
  readonly day: string;
  readonly name: string;
  readonly sha256: string;
  readonly isNew: boolean;
}

export const isIdsFile = (name: string): boolean => name.endsWith('_IDs.txt.xz');

const isReceipt = (name: string): boolean => name.endsWith('_receipt.json');

/**
 * Which files of a day are to be uploaded: the IDs of each finished hour of ours (it has a receipt), and the report of a day with such
 * hours once it is over. `sums`: the day's SHA256SUMS.
 */
export function wantedOfDay(day: string, sums: ReadonlyMap<string, string>, isOver: boolean): Map<string, string> {
  const hasReceipt = (name: string): boolean => sums.has(name.replace('_IDs.txt.xz', '_receipt.json'));
  const report = isOver && [...sums.keys()].some(isReceipt) ? `${day}_report.txt` : undefined;
  return new Map(
    [...sums].filter(([name]) => name === report || (name.startsWith(day) && isIdsFile(name) && hasReceipt(name))),
  );
}

/** What of it is not proven to lie there as it is now, in order of time. */
export function uploadsOfDay(day: string, wanted: ReadonlyMap<string, string>, published: DayPublications): ToUpload[] {
  return [...wanted]
    .filter(([name, sha256]) => published[name]?.sha256 !== sha256 || published[name].pending !== undefined)
    .map(([name, sha256]) => ({ day, name, sha256, isNew: published[name] === undefined }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The days of the count. */
const countedMs = 30 * dayMs;

/** All that was given, or may have been. */
export const givenOf = (publications: readonly DayPublications[]): Given[] =>
  publications.flatMap((day) =>
    Object.values(day).flatMap(({ given, pending }) => (pending ? [...given, pending] : given)),
  );

/** IDs given away in the 30 days before. */
export const givenIds = (given: Iterable<Given>, nowMs: number): number =>
  [...given].reduce((sum, { atMs, ids }) => sum + (nowMs - atMs < countedMs ? ids : 0), 0);

/** How many IDs an upload of `ids` adds to what was certainly given of that file before. */
export function addedIds(before: Publication | undefined, ids: number): number {
  const most = (before?.given ?? []).reduce((sum, { ids: given }) => sum + given, 0);
  return Math.max(0, ids - most);
}

export interface Allowance {
  readonly monthlyIds: number;
  /** What lifts the limit, in the operator's words. */
  readonly approval: string | undefined;
}

/** May so many IDs be given away beside those of the last 30 days? */
export const mayGive = (added: number, givenBefore: number, { monthlyIds, approval }: Allowance): boolean =>
  approval !== undefined || added === 0 || givenBefore + added <= monthlyIds;

/** Epoch ms at which so many IDs may be given away again: when enough of the old ones are 30 days back. undefined: never, they are too many at once. */
export function mayGiveAtMs(
  added: number,
  given: Iterable<Given>,
  { nowMs, monthlyIds }: { nowMs: number; monthlyIds: number },
): number | undefined {
  const recent = [...given].filter(({ atMs }) => nowMs - atMs < countedMs).sort((a, b) => a.atMs - b.atMs);
  let total = recent.reduce((sum, { ids }) => sum + ids, 0);
  for (const { atMs, ids } of recent) {
    if (total + added <= monthlyIds) return nowMs;
    total -= ids;
    if (total + added <= monthlyIds) return atMs + countedMs;
  }
  return total + added <= monthlyIds ? nowMs : undefined;
}
