// The file system that a path lies on: whether anything stands there, which one it is, how much it holds, how much is free.
import { existsSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from './disk-error.ts';

export interface FileSystem {
  /** The same for all paths on one file system. */
  readonly id: string;
  /** What an ordinary user may still write. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Does anything stand there? False also where this user may not look. */
export const isThere = (path: string): boolean => existsSync(path);

/** The file system of a path; of the nearest folder above it where it does not exist yet. */
export async function fileSystemOf(path: string): Promise<FileSystem> {
  try {
    const [{ dev }, facts] = await Promise.all([stat(path), statfs(path)]);
    return { id: String(dev), freeBytes: facts.bavail * facts.bsize, totalBytes: facts.blocks * facts.bsize };
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    return fileSystemOf(dirname(path));
  }
}
