// The disk: every file operation of the product, durable where it says so.
// Takes paths and bytes; leaves files that survive a power cut. Tests stand in to stop the journey at each step.
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

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

/** A file open for writing at its end. */
export interface OpenFile {
  append(bytes: Uint8Array): Promise<void>;
  /** fdatasync: what was appended survives a power cut. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  /** All that it holds, piece by piece, also after its name was taken away. */
  content(): AsyncIterable<Buffer>;
  close(): Promise<void>;
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
  /** Opens for appending; made if absent, and then its name survives a power cut. */
  open(path: string): Promise<OpenFile>;
  /** Renames, overwriting, and syncs the folder(s). */
  rename(from: string, to: string): Promise<void>;
  /** Gives a file its final name unless that exists (link, unlink); false, and nothing changed, where it does. */
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

/** Has this error that code (ENOENT, ENOSPC, …)? */
export const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

/** The SHA-256 of a file's content, in hexadecimal, read piece by piece: a file may be larger than memory. Rejects as `chunks` does. */
export async function sha256OfFile(path: string, disk: Pick<Disk, 'chunks'>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of disk.chunks(path)) hash.update(chunk);
  return hash.digest('hex');
}

async function orElse<T>(absent: T, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return absent;
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

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
  await fs.rename(from, to);
  await syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
}

async function publish(from: string, to: string): Promise<boolean> {
  try {
    await fs.link(from, to);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  await syncFolder(dirname(to));
  await fs.unlink(from);
  return true;
}

async function makeFolder(path: string): Promise<void> {
  const first = await fs.mkdir(path, { recursive: true });
  if (first === undefined) return;
  // A new folder's name survives a power cut only once the folder above it is synced.
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function open(path: string): Promise<OpenFile> {
  const handle = (await made(path)) ?? (await fs.open(path, 'a+'));
  return {
    append: (bytes) => appendAll(handle, bytes),
    sync: () => handle.datasync(),
    truncate: (bytes) => handle.truncate(bytes),
    content: () => handle.createReadStream({ start: 0, autoClose: false, highWaterMark: pieceBytes }),
    close: () => handle.close(),
  };
}

/** One write where the kernel takes all at once, as it does while there is room: `appendFile` would make two of a megabyte. */
async function appendAll(handle: fs.FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;)
    written += (await handle.write(bytes, written, bytes.length - written)).bytesWritten;
}

/** A new file of that name; undefined where there is one. */
async function made(path: string): Promise<fs.FileHandle | undefined> {
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(path, 'ax+');
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return undefined;
    throw error;
  }
  try {
    await syncFolder(dirname(path));
    return handle;
  } catch (error) {
    // The next try makes it anew, and asks for the folder again.
    await handle.close();
    await fs.rm(path, { force: true });
    throw error;
  }
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
    await writeSynced(beside, bytes);
    await syncedRename(beside, path);
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
  makeFolder,
  async freeBytes(path) {
    const facts = await fs.statfs(path);
    return facts.bavail * facts.bsize;
  },
};
