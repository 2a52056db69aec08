// Files open for writing at their end. Takes a path; leaves a file that takes bytes at once, and whose name survives a power cut,
// as soon as it is open or with its first sync.
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, orElse } from './disk-error.ts';
import { fileSystemOf } from './file-system.ts';
import { madeFolders, syncFolder } from './folder-sync.ts';

const pieceBytes = 1 << 18;

/**
 * `named`: its name leads to it. `nameless`: that was taken away, with the folder or without; nobody will find what it holds.
 * `unmounted`: it stands, on a file system that is no longer seen at its path.
 */
export type Standing = 'named' | 'nameless' | 'unmounted';

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

function openFile(handle: fs.FileHandle, { path, isNew }: { path: string; isNew: boolean }): OpenFile {
  return {
    isNew,
    append: (bytes) => appendAll(handle, bytes),
    sync: () => handle.datasync(),
    truncate: (bytes) => handle.truncate(bytes),
    standing: () => standingOf(handle, path),
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
  const file = openFile(handle, { path, isNew });
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

/** What stands at the path may be another file: the count of names tells. One that was moved still has a name, elsewhere. */
async function standingOf(handle: fs.FileHandle, path: string): Promise<Standing> {
  const { nlink, dev } = await handle.stat();
  if (nlink === 0) return 'nameless';
  if ((await orElse(undefined, fs.stat(path))) !== undefined) return 'named';
  return (await fileSystemOf(path)).id === String(dev) ? 'nameless' : 'unmounted';
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
