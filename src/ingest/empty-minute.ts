// Closing a minute in which no line came. Its file is nothing but its name, so that two runs of ten seconds each would be one file;
// hence further files of a minute get seconds that differ, and that add up to what was heard. Takes a spool and claims; leaves files.
import { join } from 'node:path';
import { emptyDigest, minuteFileName, minuteFolder, parseMinuteFileName } from '../domain/minute-file.ts';
import type { Minute } from '../domain/time.ts';
import type { Disk } from '../outside/disk.ts';
import { partPath, type Spool } from './open-minute.ts';

/** What the names of a minute's files say of its connected seconds, and what they do not say yet. */
export interface Claims {
  readonly minute: Minute;
  /** Seconds in the names of its empty files, also of such as were shipped. */
  taken: readonly number[];
  /** Connected seconds that no name says yet. */
  owedSeconds: number;
}

/** Claims of a minute, with those that stand of the same minute. */
export function claimsOf(minute: Minute, connectedSeconds: number, standing?: Claims): Claims {
  const same = standing?.minute === minute ? standing : { taken: [], owedSeconds: 0 };
  return { minute, taken: same.taken, owedSeconds: Math.min(60, same.owedSeconds + connectedSeconds) };
}

/**
 * Seconds of the files that say what is owed. Where none are left that add up (a second run of one second), the rest stays owed, for
 * the minute's next file. Asked once a closing: what an error left of these files would count as other ones.
 */
export async function emptyNames(spool: Spool, { minute, taken, owedSeconds }: Claims): Promise<number[]> {
  const standing = owedSeconds === 0 ? [] : await emptyFilesOf(spool, minute);
  return namesFor(owedSeconds, [...taken, ...standing]);
}

/**
 * Closes it: `.part`, where there is one, takes the first of these names. Counts in `claims` and takes from `names` as it goes, so that
 * it may be called again after an error.
 */
export async function closeEmpty(spool: Spool, claims: Claims, names: number[]): Promise<void> {
  const { root, disk } = spool;
  const folder = join(root, minuteFolder(claims.minute));
  await disk.makeFolder(folder);
  const part = partPath(spool, claims.minute);
  let hasPart = (await disk.facts(part)) !== undefined;
  for (let [seconds] = names; seconds !== undefined; [seconds] = names) {
    const path = join(folder, minuteFileName({ ...claims, lines: 0, connectedSeconds: seconds, digest: emptyDigest }));
    if (hasPart) await disk.rename(part, path);
    else await makeNamed(disk, path);
    hasPart = false;
    names.shift();
    claims.taken = [...claims.taken, seconds];
    claims.owedSeconds -= seconds;
  }
  if (hasPart) await disk.remove(part);
}

/** Its name is synced also where it stood already: the sync may be what failed the last time. */
async function makeNamed(disk: Disk, path: string): Promise<void> {
  const file = await disk.open(path, { isLeftToSync: true });
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Different seconds, none of them taken, that add up to as many as they can; the most first. Exported for tests. */
export function namesFor(seconds: number, taken: readonly number[]): number[] {
  if (seconds === 0) return [0];
  for (let sum = seconds; sum > 0; sum--) {
    const names = addends(sum, { below: sum + 1, taken });
    if (names !== undefined) return names;
  }
  return [];
}

function addends(sum: number, { below, taken }: { below: number; taken: readonly number[] }): number[] | undefined {
  if (sum === 0) return [];
  for (let first = Math.min(sum, below - 1); first > 0; first--) {
    const rest = taken.includes(first) ? undefined : addends(sum - first, { below: first, taken });
    if (rest !== undefined) return [first, ...rest];
  }
  return undefined;
}

async function emptyFilesOf({ root, disk }: Spool, minute: Minute): Promise<number[]> {
  const entries = await disk.list(join(root, minuteFolder(minute)));
  return entries
    .map(({ name }) => parseMinuteFileName(name))
    .filter((file) => file?.minute === minute && file.lines === 0)
    .map((file) => file?.connectedSeconds ?? 0);
}
