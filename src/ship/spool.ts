// The spool as ship sees it: closed minute files waiting in DAY/HOUR folders. Takes the spool's folder; leaves a listing,
// and, after a shipment, the source gone (or kept for a while under `shipped/`).
import { join } from 'node:path';
import { isDayFolder, isHourFolder, type MinuteFile, parseMinuteFileName } from '../domain/minute-file.ts';
import type { Disk, Entry } from '../outside/disk.ts';

/** A closed minute file that waits for its shipment. */
export interface WaitingFile {
  readonly name: string;
  /** Where it lies below the spool, and will lie below the inbox: 2026-03-10/13. */
  readonly folder: string;
  readonly says: MinuteFile;
}

/** Hour folders of a tree, as DAY/HOUR, in order of time. */
export async function hourFolders(
  list: (folder: string) => Promise<readonly Pick<Entry, 'name' | 'isFolder'>[]>,
  tree: string,
): Promise<string[]> {
  const found: string[] = [];
  for (const day of await list(tree)) {
    if (!day.isFolder || !isDayFolder(day.name)) continue;
    for (const hour of await list(join(tree, day.name))) {
      if (hour.isFolder && isHourFolder(hour.name)) found.push(`${day.name}/${hour.name}`);
    }
  }
  return found;
}

/** Everything that waits, in order of name, which is the order of time. */
export async function waitingFiles(disk: Disk, spool: string): Promise<WaitingFile[]> {
  const found: WaitingFile[] = [];
  for (const folder of await hourFolders(disk.list, spool)) {
    for (const { name, isFolder } of await disk.list(join(spool, folder))) {
      const says = isFolder ? undefined : parseMinuteFileName(name);
      if (says) found.push({ name, folder, says });
    }
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The folder in which shipped files are kept: by the UTC hour of their shipment, so that names alone say when they may go. */
export const shippedFolder = (spool: string): string => join(spool, 'shipped');
