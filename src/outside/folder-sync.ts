// Folders whose entries survive a power cut: a new name does so only once its folder is synced.
// Takes paths; leaves folders made, and synced.
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from './disk-error.ts';

export async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Others may take away a folder that is empty, just when something is to be made in it. */
const mostTries = 3;

/**
 * Makes a folder and those above it. The folders that are to be synced for their names to survive a power cut, innermost first. Not
 * Node's own way, which tries for ever where a folder that stands takes none and says that there is none, as below /proc.
 */
export async function madeFolders(path: string, tries = mostTries): Promise<string[]> {
  try {
    return (await isMade(path)) ? [dirname(path)] : [];
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || tries === 1 || dirname(path) === path) throw error;
  }
  const above = await madeFolders(dirname(path));
  return [...(await madeFolders(path, tries - 1)), ...above];
}

/** False where it was there. */
async function isMade(path: string): Promise<boolean> {
  try {
    await fs.mkdir(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST') && (await fs.stat(path)).isDirectory()) return false;
    throw error;
  }
}

export async function syncFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await syncFolder(folder);
}
