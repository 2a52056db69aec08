// What lies at the stand-in for OSF held against the vault. Takes the vault's folder and the stand-in's files; leaves what differs.
import { join } from 'node:path';
import { isIdsFile } from '../domain/publishing.ts';
import type { Disk } from '../outside/disk.ts';
import { filesBelow } from './left-behind.ts';

export interface Published {
  /** Paths at the stand-in, such as 2026/03/10/2026-03-10_13_IDs.txt.xz. */
  readonly paths: readonly string[];
  /** Paths that are missing there, should not be there, or hold other bytes than the vault's. */
  readonly wrong: readonly string[];
}

/** `there`: path and content of each file at the stand-in. In a demo no day ends: only hours' IDs are to be there. */
export async function comparePublished(
  disk: Disk,
  vault: string,
  there: ReadonlyMap<string, Buffer>,
): Promise<Published> {
  const wanted = new Map(
    (await filesBelow(disk, vault))
      .filter(isIdsFile)
      .map((path) => [path.replace(/^(\d+)-(\d+)-(\d+)/, '$1/$2/$3'), join(vault, path)]),
  );
  const wrong: string[] = [];
  for (const path of new Set([...wanted.keys(), ...there.keys()])) {
    const local = wanted.get(path);
    const isSame = local !== undefined && there.get(path)?.equals(await disk.read(local)) === true;
    if (!isSame) wrong.push(path);
  }
  return { paths: [...there.keys()].sort(), wrong };
}
