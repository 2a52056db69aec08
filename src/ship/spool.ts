// The spool as ship sees it: closed minute files waiting in DAY/HOUR folders. Takes the spool's folder; leaves a listing,
// and, after a shipment, the source gone (or kept for a while under `shipped/`).
import { join } from 'node:path';
import { type MinuteFile, parseMinuteFileName } from '../domain/minute-file.ts';
import type { Disk } from '../outside/disk.ts';
import { hourFolders } from '../outside/minute-tree.ts';

/** A closed minute file that waits for its shipment. */
export interface WaitingFile {
  readonly name: string;
  /** Where it lies below the spool, and will lie below the inbox: 2026-03-10/13. */
  readonly folder: string;
  readonly says: MinuteFile;
}

/** Everything that waits, in order of name, which is the order of time. */
export async function waitingFiles(disk: Disk, spool: string): Promise<WaitingFile[]> {
  const found: WaitingFile[] = [];
  for await (const folder of hourFolders(disk.list, spool)) {
    for (const { name, isFolder } of await disk.list(join(spool, folder))) {
      const says = isFolder ? undefined : parseMinuteFileName(name);
      if (says) found.push({ name, folder, says });
    }
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The folder in which shipped files are kept: by the UTC hour of their shipment, so that names alone say when they may go. */
export const shippedFolder = (spool: string): string => join(spool, 'shipped');
