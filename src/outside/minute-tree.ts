// A tree of minute files, as spool and inbox are: a folder a day, in it a folder an hour (UTC). Takes whatever lists folders, of this disk
// or a far one; leaves the hours' folders. Whatever else lies in the tree (`aside`, `shipped`) is passed over.
import { join } from 'node:path/posix';
import { isDayFolder, isHourFolder } from '../domain/minute-file.ts';
import type { Entry } from './disk.ts';

/** Entries of a folder, sorted by name; none where it does not exist. */
export type Lister = (folder: string) => Promise<readonly Pick<Entry, 'name' | 'isFolder'>[]>;

interface Walk {
  /** The first folder wanted, as 2026-03-10/13: days before it are not even listed. */
  readonly from?: string;
  readonly isNewestFirst?: boolean;
}

/** Folders of hours below the tree, as 2026-03-10/13, in order of time. A day is listed when its turn comes. Rejects as the lister does. */
export async function* hourFolders(
  list: Lister,
  tree: string,
  { from = '', isNewestFirst = false }: Walk = {},
): AsyncGenerator<string, void> {
  const foldersIn = async (path: string, isWanted: (name: string) => boolean): Promise<string[]> => {
    const names = (await list(path)).flatMap(({ name, isFolder }) => (isFolder && isWanted(name) ? [name] : []));
    return isNewestFirst ? names.toReversed() : names;
  };
  for (const day of await foldersIn(tree, isDayFolder)) {
    if (day < from.slice(0, 10)) continue;
    for (const hour of await foldersIn(join(tree, day), isHourFolder))
      if (`${day}/${hour}` >= from) yield `${day}/${hour}`;
  }
}
