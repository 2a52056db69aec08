// What in a folder is closed to the user who owns the tree around it, as after root worked there. Takes the tree and the folder;
// leaves the first such path. By owner, group and mode alone: asked as root, whom the system lets do all.
import type { Stats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { orElse } from './disk-error.ts';
import { userName } from './user-names.ts';

export interface Closed {
  readonly path: string;
  /** Names, or numbers where this machine knows none: whose the path is, and who may not use it. */
  readonly owner: string;
  readonly user: string;
}

/** undefined where that user may read and write all, where there is no such folder, and where the tree is root's own. Throws as the disk does. */
export async function closedToOwner(tree: string, folder: string): Promise<Closed | undefined> {
  const user = await orElse(undefined, stat(tree));
  if (user === undefined || user.uid === 0) return undefined;
  // A tree that a group shares: who of it runs the services, nobody can tell here.
  const own = await orElse(undefined, lstat(folder));
  const isShared = (user.mode & groupMayWrite) !== 0;
  if (isShared && own !== undefined && own.uid !== user.uid && own.uid !== 0) return undefined;
  const path = await firstClosed(user, folder);
  if (path === undefined) return undefined;
  const [owner, name] = await Promise.all([nameOf((await stat(path)).uid), nameOf(user.uid)]);
  return { path, owner, user: name };
}

const groupMayWrite = 0o020;

type User = Pick<Stats, 'uid' | 'gid'>;

async function firstClosed(user: User, path: string): Promise<string | undefined> {
  const facts = await orElse(undefined, lstat(path));
  if (facts === undefined || facts.isSymbolicLink()) return undefined;
  if (!may(user, facts, rightsNeeded(path, facts))) return path;
  if (!facts.isDirectory()) return undefined;
  for (const name of (await orElse([], readdir(path))).toSorted()) {
    const found = await firstClosed(user, join(path, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A file is replaced by a rename, for which its folder must be open; only a lock is written in place. */
function rightsNeeded(path: string, facts: Stats): number {
  if (facts.isDirectory()) return 7;
  return path.endsWith('.lock') ? 6 : 4;
}

// oxlint-disable-next-line max-params -- who, on what, which
function may(user: User, { uid, gid, mode }: Stats, rights: number): boolean {
  const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
  return ((mode >> shift) & rights) === rights;
}

const nameOf = async (uid: number): Promise<string> => (await userName(uid)) ?? `user ${uid}`;
