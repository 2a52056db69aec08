// Folders whose entries survive a power cut: a new name does so only once its folder is synced.
// Takes paths; leaves folders made, and synced.
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';

export async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and those above it. The folders that are to be synced for their names to survive a power cut. */
export async function madeFolders(path: string): Promise<string[]> {
  const first = await fs.mkdir(path, { recursive: true });
  const above: string[] = [];
  if (first !== undefined)
    for (let made = path; made.length >= first.length; made = dirname(made)) above.push(dirname(made));
  return above;
}

export async function syncFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await syncFolder(folder);
}
