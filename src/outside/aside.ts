// Setting aside: a file that must not go on its way keeps lying in `<tree>/aside/`, beside a `.txt` that says why.
// Takes the tree and the file; leaves both there. No listing ever descends into that folder.
import { basename, join } from 'node:path';
import { contentDigest } from '../domain/minute-file.ts';
import { type Disk, hasCode } from './disk.ts';
import type { World } from './world.ts';

/** The folder's name in each tree. */
export const asideName = 'aside';

/**
 * Moves the file there, durably. Resolves to its new path, with a number behind it where that name is taken; undefined, and nothing
 * changed, where the file has vanished. The sentence is written first: a file without its reason would be a riddle.
 */
export async function moveAside(
  { tree, path, why }: { readonly tree: string; readonly path: string; readonly why: string },
  { disk, clock }: Pick<World, 'disk' | 'clock'>,
): Promise<string | undefined> {
  const folder = join(tree, asideName);
  await disk.makeFolder(folder);
  const target = await freePath(join(folder, keptName(basename(path))), disk);
  const at = new Date(clock.now()).toISOString();
  await disk.write(`${target}.txt`, `${path}\nset aside at ${at}: ${why}\n`);
  try {
    await disk.rename(path, target);
    return target;
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    await disk.remove(`${target}.txt`);
    return undefined;
  }
}

/** A name that is nearly as long as names can be leaves no room for the .txt beside it: it is cut, and told apart by a digest. */
function keptName(name: string): string {
  if (Buffer.byteLength(name) <= 200) return name;
  return `${name.slice(0, 40)}_${contentDigest(Buffer.from(name))}.jsonl`;
}

async function freePath(wanted: string, disk: Disk): Promise<string> {
  for (let number = 1; ; number++) {
    const path = number === 1 ? wanted : `${wanted}.${number}`;
    if ((await disk.facts(path)) === undefined) return path;
  }
}
