// Files open for writing at their end. Takes a path; leaves a file that takes bytes at once, and whose name survives a power cut,
// as soon as it is open or with its first sync.
import type { BigIntStats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, orElse } from './disk-error.ts';
import { fileSystemOf } from './file-system.ts';
import { madeFolders, syncFolder } from './folder-sync.ts';

const pieceBytes = 1 << 18;

/**
 * `named`: its name leads to it. `nameless`: that was taken away, with the folder or without; nobody will find what it holds.
 * `replaced`: so it was, and something else stands there. `unmounted`: it stands, on a file system that is no longer seen at its path.
 */
export type Standing = 'named' | 'nameless' | 'replaced' | 'unmounted';

/** A file open for writing at its end. */
export interface OpenFile {
  /** It was made by being opened: nothing stands in it. */
  readonly isNew: boolean;
  append(bytes: Uint8Array): Promise<void>;
  /** fdatasync: what was appended survives a power cut, and so do the names that `open` left to it. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  standing(): Promise<Standing>;
  /** All that it holds, piece by piece, also after its name was taken away. */
  content(): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** How a file that is opened gets its name. */
export interface Naming {
  /**
   * Left to the file's first sync, and so are the folders above it, made where they are absent: bytes can be written at once, however
   * slowly the disk syncs.
   */
  readonly isLeftToSync: boolean;
}

/** Opens for appending; made if absent. */
export async function open(path: string, naming?: Naming): Promise<OpenFile> {
  if (naming?.isLeftToSync) return openNamedLater(path);
  const handle = await made(path);
  return handle === undefined
    ? openFile(await fs.open(path, 'a+'), { path, isNew: false })
    : openFile(handle, { path, isNew: true });
}

async function openFile(handle: fs.FileHandle, { path, isNew }: { path: string; isNew: boolean }): Promise<OpenFile> {
  const number = await numberOf(handle, path).catch(() => undefined);
  return {
    isNew,
    append: (bytes) => appendAll(handle, bytes),
    sync: () => handle.datasync(),
    truncate: (bytes) => handle.truncate(bytes),
    standing: () => standingOf(handle, { path, number }),
    content: () => handle.createReadStream({ start: 0, autoClose: false, highWaterMark: pieceBytes }),
    close: () => handle.close(),
  };
}

/** The folder of a file that stood already is synced too: who made it may have died before he could. */
async function openNamedLater(path: string): Promise<OpenFile> {
  const above: string[] = [];
  let handle = await madeUnsynced(path).catch(async (error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
    above.push(...(await madeFolders(dirname(path))));
    return madeUnsynced(path);
  });
  const isNew = handle !== undefined;
  handle ??= await fs.open(path, 'a+');
  const file = await openFile(handle, { path, isNew });
  let unsynced: readonly string[] = [...above, dirname(path)];
  return {
    ...file,
    async sync() {
      await file.sync();
      // A folder that was taken away meanwhile holds no name any more.
      for (const folder of unsynced) await orElse(undefined, syncFolder(folder));
      unsynced = [];
    },
  };
}

/** What tells one file from another on this machine; whole, since numbers of large file systems are above 2^53. */
const isSame = (one: BigIntStats, other: BigIntStats): boolean => one.ino === other.ino && one.dev === other.dev;

/** What stands at a path: a link is something else than the file that it leads to. */
const atPath = (path: string): Promise<BigIntStats | undefined> => orElse(undefined, fs.lstat(path, { bigint: true }));

/**
 * The file's number, by which its name can be held against it later. undefined on file systems that call one file by several numbers,
 * as some in user space do: there path and file differ as soon as it is open.
 */
async function numberOf(handle: fs.FileHandle, path: string): Promise<bigint | undefined> {
  const [own, named] = [await handle.stat({ bigint: true }), await atPath(path)];
  return named !== undefined && isSame(own, named) ? own.ino : undefined;
}

/**
 * What stands at the path may be another file: the count of names tells, and where numbers last (a file's own is still what it was)
 * they do, of one that was moved and so has a name elsewhere.
 */
async function standingOf(
  handle: fs.FileHandle,
  { path, number }: { path: string; number: bigint | undefined },
): Promise<Standing> {
  const own = await handle.stat({ bigint: true });
  const named = await atPath(path);
  if (named !== undefined && own.nlink === 0n) return 'replaced';
  if (named !== undefined) return own.ino !== number || isSame(own, named) ? 'named' : 'replaced';
  if (own.nlink === 0n) return 'nameless';
  return (await fileSystemOf(path)).id === String(own.dev) ? 'nameless' : 'unmounted';
}

/** One write where the kernel takes all at once, as it does while there is room: `appendFile` would make two of a megabyte. */
async function appendAll(handle: fs.FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;)
    written += (await handle.write(bytes, written, bytes.length - written)).bytesWritten;
}

/** A new file of that name; undefined where there is one. */
async function madeUnsynced(path: string): Promise<fs.FileHandle | undefined> {
  try {
    return await fs.open(path, 'ax+');
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return undefined;
    throw error;
  }
}

async function made(path: string): Promise<fs.FileHandle | undefined> {
  const handle = await madeUnsynced(path);
  try {
    if (handle !== undefined) await syncFolder(dirname(path));
    return handle;
  } catch (error) {
    // The next try makes it anew, and asks for the folder again.
    await handle?.close();
    await fs.rm(path, { force: true });
    throw error;
  }
}
