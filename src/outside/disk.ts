// The disk: every file operation of the product, durable where it says so.
// Takes paths and bytes; leaves files that survive a power cut. Tests stand in to stop the journey at each step.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode, orElse, takesNothing } from './disk-error.ts';
import { madeFolders, syncFolder, syncFolders } from './folder-sync.ts';
import { type Naming, open, type OpenFile } from './open-file.ts';

export { hasCode, type OpenFile, takesNothing };

export interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
  /** An ordinary file: no link, pipe or device. */
  readonly isFile: boolean;
}

export interface FileFacts {
  readonly bytes: number;
  readonly modifiedMs: number;
  /** When the file got its present name, place or content. */
  readonly changedMs: number;
}

/** A file open for reading here and there. */
export interface ReadableFile {
  /** Bytes it had when it was opened. */
  readonly size: number;
  /**
   * Bytes from an offset on, fewer than `most` only at the end of the file. The buffer is the caller's; with `into`, memory for as many
   * bytes, they may lie in that.
   */
  bytesAt(offset: number, most: number, into?: Buffer): Promise<Buffer>;
  close(): Promise<void>;
}

export interface Disk {
  /** Entries of a folder, sorted by name; none where it does not exist. */
  list(folder: string): Promise<Entry[]>;
  /** undefined where there is no such file. */
  facts(path: string): Promise<FileFacts | undefined>;
  read(path: string): Promise<Buffer>;
  /** A file's content piece by piece, so that memory stays bounded. */
  chunks(path: string): AsyncIterable<Buffer>;
  /** Writes beside (`.NAME.next`), syncs, renames, syncs the folder: afterwards the old or the new content stands, never a mixture. */
  write(path: string, bytes: Uint8Array | string): Promise<void>;
  /** Opens for reading; rejects where there is no such file. */
  openToRead(path: string): Promise<ReadableFile>;
  /** Opens for appending; made if absent, and then its name survives a power cut, unless that is left to its first sync. */
  open(path: string, naming?: Naming): Promise<OpenFile>;
  /** Renames, overwriting, and syncs the folder(s); to another file system it copies, and removes the source after that. */
  rename(from: string, to: string): Promise<void>;
  /** Gives a file its final name unless that exists (link, unlink; a rename where nothing can be linked); false, and nothing changed, where it does. */
  publish(from: string, to: string): Promise<boolean>;
  /** Removes a file; nothing happens where there is none. */
  remove(path: string): Promise<void>;
  /** Removes a folder if it is empty; true where it is gone. */
  removeEmptyFolder(path: string): Promise<boolean>;
  /** Makes a folder and those above it, durably. `path` is absolute. */
  makeFolder(path: string): Promise<void>;
  /** Bytes that an ordinary user may still write on the file system of that path. */
  freeBytes(path: string): Promise<number>;
}

const pieceBytes = 1 << 18;

/** The SHA-256 of a file's content, in hexadecimal, read piece by piece: a file may be larger than memory. Rejects as `chunks` does. */
export async function sha256OfFile(path: string, disk: Pick<Disk, 'chunks'>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of disk.chunks(path)) hash.update(chunk);
  return hash.digest('hex');
}

/** A file's text; undefined where there is no such file. Rejects as `read` does otherwise. */
export const textAt = (path: string, disk: Pick<Disk, 'read'>): Promise<string | undefined> =>
  orElse(
    undefined,
    disk.read(path).then((bytes) => bytes.toString('utf8')),
  );

async function writeSynced(path: string, bytes: Uint8Array | string): Promise<void> {
  const handle = await fs.open(path, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncedRename(from: string, to: string): Promise<void> {
  try {
    await fs.rename(from, to);
  } catch (error) {
    if (!hasCode(error, 'EXDEV')) throw error;
    await copyOver(from, to, error);
    await fs.unlink(from);
  }
  await syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
}

/** To another file system (an `aside` that lies on a larger disk, say), where nothing can be renamed to. */
async function copyOver(from: string, to: string, refusal: unknown): Promise<void> {
  const beside = join(dirname(to), `.${basename(to)}.next`);
  const facts = await fs.lstat(from);
  // A pipe would be waited for, and a device has no end.
  if (!facts.isFile() && !facts.isSymbolicLink()) throw refusal;
  try {
    await fs.rm(beside, { force: true });
    // What a link leads to may be anybody's, and is not what was renamed.
    if (facts.isSymbolicLink()) await fs.symlink(await fs.readlink(from), beside);
    else await copySynced(from, beside);
    await fs.rename(beside, to);
    await syncFolder(dirname(to));
  } catch (error) {
    await fs.unlink(beside).catch(() => {});
    throw error;
  }
}

/** Opened to read: the copy of a file that nobody may write is such a file as well. */
async function copySynced(from: string, to: string): Promise<void> {
  await fs.copyFile(from, to);
  const handle = await fs.open(to, 'r');
  await handle.sync().finally(() => handle.close());
}

async function publish(from: string, to: string): Promise<boolean> {
  try {
    await fs.link(from, to);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    if (!hasCode(error, ...withoutLinks)) throw error;
    return renameWhereFree(from, to);
  }
  await syncFolder(dirname(to));
  await fs.unlink(from);
  return true;
}

/** What file systems say that give a file one name only, as exFAT and some network and user-space ones do. */
const withoutLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'] as const;

/** Not one step as a link is: what comes to stand there between the look and the rename would be written over. */
async function renameWhereFree(from: string, to: string): Promise<boolean> {
  const standing = await fs.lstat(to).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
  if (standing) return false;
  await syncedRename(from, to);
  return true;
}

async function openToRead(path: string): Promise<ReadableFile> {
  const handle = await fs.open(path, 'r');
  const { size } = await handle.stat();
  return {
    size,
    async bytesAt(offset, most, into) {
      const wanted = Math.max(0, Math.min(most, size - offset));
      const bytes = into?.subarray(0, wanted) ?? Buffer.allocUnsafeSlow(wanted);
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length, offset + length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return bytes.subarray(0, length);
    },
    close: () => handle.close(),
  };
}

/** The machine's disk. */
export const systemDisk: Disk = {
  async list(folder) {
    const entries = await orElse([], fs.readdir(folder, { withFileTypes: true }));
    return entries
      .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory(), isFile: entry.isFile() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  },
  async facts(path) {
    const facts = await orElse(undefined, fs.stat(path));
    return facts && { bytes: facts.size, modifiedMs: facts.mtimeMs, changedMs: facts.ctimeMs };
  },
  read: (path) => fs.readFile(path),
  chunks: (path) => createReadStream(path, { highWaterMark: pieceBytes }),
  async write(path, bytes) {
    const beside = join(dirname(path), `.${basename(path)}.next`);
    try {
      await writeSynced(beside, bytes);
      await syncedRename(beside, path);
    } catch (error) {
      // What the disk had no room for shall not take the last of it.
      await fs.unlink(beside).catch(() => {});
      throw error;
    }
  },
  openToRead,
  open,
  rename: syncedRename,
  publish,
  // Not fs.rm, which asks the disk on the main thread first.
  remove: (path) => orElse(undefined, fs.unlink(path)),
  async removeEmptyFolder(path) {
    try {
      await fs.rmdir(path);
      return true;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return true;
      if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
      throw error;
    }
  },
  makeFolder: async (path) => syncFolders(await madeFolders(path)),
  async freeBytes(path) {
    const facts = await fs.statfs(path);
    return facts.bavail * facts.bsize;
  },
};
