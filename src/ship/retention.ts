// What remains after shipments, and goes in its time: kept sources, empty hour folders, leftovers of attempts at the far side.
// Takes the spool, the inbox and the time; leaves both without anything that nobody needs. Each step may be repeated.
import { join } from 'node:path';
import { minuteFolder } from '../domain/minute-file.ts';
import { dayMs, hourMs, minuteOf } from '../domain/time.ts';
import type { Disk } from '../outside/disk.ts';
import { describeError } from '../domain/operator-error.ts';
import { hourFolders } from '../outside/minute-tree.ts';
import { FarRefusal } from '../outside/sftp-refusal.ts';
import type { FarDisk } from '../outside/sftp.ts';
import type { World } from '../outside/world.ts';
import { sendingTime } from './sending-name.ts';
import { shippedFolder, type WaitingFile } from './spool.ts';

/** After the proof: the source goes, or is kept below `shipped/`, in the folder of the hour of its shipment. */
export async function retire(
  file: WaitingFile,
  { world: { disk, clock }, spool, keepMs }: { world: World; spool: string; keepMs: number },
): Promise<void> {
  const path = join(spool, file.folder, file.name);
  if (keepMs === 0) return disk.remove(path);
  const kept = join(shippedFolder(spool), minuteFolder(minuteOf(clock.now())));
  await disk.makeFolder(kept);
  await disk.rename(path, join(kept, file.name));
}

const startOfFolder = (folder: string): number => Date.parse(`${folder.replace('/', 'T')}:00Z`);
const endOfFolder = (folder: string): number => startOfFolder(folder) + hourMs;

/** Removes kept sources whose time is over: those of hours of shipment that ended `keepMs` ago. Leaves how many went. */
async function removeKept(
  disk: Disk,
  spool: string,
  { keepMs, now }: { keepMs: number; now: number },
): Promise<number> {
  const kept = shippedFolder(spool);
  let removed = 0;
  for await (const folder of hourFolders(disk.list, kept)) {
    if (endOfFolder(folder) + keepMs > now) continue;
    for (const { name } of await disk.list(join(kept, folder))) {
      await disk.remove(join(kept, folder, name));
      removed++;
    }
    await removeHourAndDay(disk.removeEmptyFolder, kept, folder);
  }
  return removed;
}

const restMs = 10 * 60_000;

/**
 * Removes empty hour folders, never one in use: its hour ended an hour ago, and nothing was made or removed in it for
 * ten minutes, since at its start ingest may be about to write the files of past minutes. Exported for tests.
 */
export async function removeEmptyHours(disk: Disk, spool: string, now: number): Promise<void> {
  for await (const folder of hourFolders(disk.list, spool)) {
    const path = join(spool, folder);
    const changedMs = (await disk.facts(path))?.modifiedMs ?? now;
    if (endOfFolder(folder) + hourMs > now || changedMs + restMs > now) continue;
    await removeHourAndDay(disk.removeEmptyFolder, spool, folder);
  }
}

async function removeHourAndDay(
  removeEmptyFolder: Disk['removeEmptyFolder'],
  tree: string,
  folder: string,
): Promise<void> {
  if (await removeEmptyFolder(`${tree}/${folder}`)) await removeEmptyFolder(`${tree}/${folder.slice(0, 10)}`);
}

/**
 * Removes leftovers of shipments that broke off a day ago or longer, by the time in their names, and the hour folders that
 * only they had kept. Leaves how many went.
 */
async function removeLeftovers(far: FarDisk, inbox: string, now: number): Promise<number> {
  let removed = 0;
  for await (const folder of hourFolders(far.list, inbox)) {
    const entries = await far.list(`${inbox}/${folder}`);
    const leftovers = entries.filter(({ name }) => (sendingTime(name) ?? now) + dayMs <= now);
    for (const { name } of leftovers) await far.remove(`${inbox}/${folder}/${name}`);
    removed += leftovers.length;
    if (leftovers.length > 0 && leftovers.length === entries.length) {
      await removeHourAndDay(far.removeEmptyFolder, inbox, folder);
    }
  }
  return removed;
}

const tidyEveryMs = 10 * 60_000;
const leftoversEveryMs = hourMs;

interface Premises {
  readonly world: World;
  readonly far: FarDisk;
  readonly spool: string;
  readonly inbox: string;
  readonly keepMs: number;
}

/** Tidies at its first call, and then every ten minutes (here) and every hour (at the far side). */
export function tidier(): (premises: Premises) => Promise<void> {
  let hereDueMs = -Infinity;
  let thereDueMs = -Infinity;
  return async (premises) => {
    const { clock, log } = premises.world;
    const since = clock.monotonic();
    const isDue = { here: since >= hereDueMs, there: since >= thereDueMs };
    if (isDue.here) hereDueMs = since + tidyEveryMs;
    if (isDue.there) thereDueMs = since + leftoversEveryMs;
    try {
      if (isDue.here) await tidyHere(premises);
      if (isDue.there) await tidyThere(premises);
    } catch (error) {
      if (!(error instanceof FarRefusal) && !(error instanceof Error && 'syscall' in error)) throw error;
      log.warn('tidying.failed', { reason: describeError(error) });
    }
  };
}

async function tidyHere({ world: { clock, disk }, spool, keepMs }: Premises): Promise<void> {
  await removeKept(disk, spool, { keepMs, now: clock.now() });
  await removeEmptyHours(disk, spool, clock.now());
}

async function tidyThere({ world: { clock, log }, far, inbox }: Premises): Promise<void> {
  const removed = await removeLeftovers(far, inbox, clock.now());
  if (removed > 0) log.info('leftovers.removed', { inbox, removed });
}
