// Setting aside: a file that must not go on its way keeps lying in `<tree>/aside/`, beside a `.txt` that says why.
// Takes the tree and the file; leaves both there. No listing ever descends into that folder.
import { basename, join } from 'node:path';
import type { Disk } from './disk.ts';

/**
 * Moves a file into the tree's `aside` folder, durably. Leaves its new path; one that lies there under the same name stays.
 * The sentence is written first: a file without its reason would be a riddle, a reason without its file is none.
 */
export async function setAside(
  disk: Disk,
  tree: string,
  { path, why }: { path: string; why: string },
): Promise<string> {
  const folder = join(tree, 'aside');
  await disk.makeFolder(folder);
  const target = await freePath(disk, join(folder, basename(path)));
  await disk.write(`${target}.txt`, `${why}\n`);
  await disk.rename(path, target);
  return target;
}

async function freePath(disk: Disk, wanted: string): Promise<string> {
  for (let copy = 0; ; copy++) {
    const path = copy === 0 ? wanted : `${wanted}.${copy}`;
    if ((await disk.facts(path)) === undefined) return path;
  }
}
