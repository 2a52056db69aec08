// A folder served over SFTP: what each request of version 3 does to it. Takes requests by name;
// leaves answers as values. As with OpenSSH, a rename never overwrites and errors are told by few codes.
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Attributes } from 'ssh2';
import { attributesAnswer, describeEntry, done, type SftpAnswer, status, statusAnswer } from './sftp-answer.ts';

type Opened = { readonly file: fs.FileHandle } | { readonly folder: string; unread: string[] };

const missing = Object.assign(new Error('no such handle'), { code: 'EBADF' });
const entriesAnAnswer = 100;
const longestReadBytes = 255 * 1024;

/** A folder as one client sees it, with the handles that the client has open. `root` is served as `/`; no path leads out of it. */
export class SftpFolder {
  readonly #root: string;
  readonly #opened = new Map<number, Opened>();
  #nextHandle = 1;

  constructor(root: string) {
    this.#root = root;
  }

  async open(path: string, flags: number, { mode }: Partial<Attributes>): Promise<SftpAnswer> {
    return this.#keep({
      file: await fs.open(this.#within(path), systemFlags(flags), mode ?? 0o666),
    });
  }

  async close(handle: Buffer): Promise<SftpAnswer> {
    const entry = this.#find(handle);
    this.#opened.delete(handle.readUInt32BE());
    if ('file' in entry) await entry.file.close();
    return done;
  }

  async read(handle: Buffer, offset: number, length: number): Promise<SftpAnswer> {
    const buffer = Buffer.allocUnsafe(Math.min(length, longestReadBytes));
    const { bytesRead } = await this.#file(handle).read(buffer, 0, buffer.length, offset);
    if (bytesRead === 0) return statusAnswer(status.endOfFile);
    return { is: 'data', data: buffer.subarray(0, bytesRead) };
  }

  async write(handle: Buffer, offset: number, data: Buffer): Promise<SftpAnswer> {
    const file = this.#file(handle);
    let written = 0;
    while (written < data.length) {
      const { bytesWritten } = await file.write(data, written, data.length - written, offset + written);
      written += bytesWritten;
    }
    return done;
  }

  async fstat(handle: Buffer): Promise<SftpAnswer> {
    return attributesAnswer(await this.#file(handle).stat());
  }

  async fsetstat(handle: Buffer, attributes: Partial<Attributes>): Promise<SftpAnswer> {
    await applyAttributes(this.#file(handle), attributes);
    return done;
  }

  async stat(path: string): Promise<SftpAnswer> {
    return attributesAnswer(await fs.stat(this.#within(path)));
  }

  async lstat(path: string): Promise<SftpAnswer> {
    return attributesAnswer(await fs.lstat(this.#within(path)));
  }

  async setstat(path: string, attributes: Partial<Attributes>): Promise<SftpAnswer> {
    const file = await fs.open(this.#within(path), attributes.size === undefined ? 'r' : 'r+');
    try {
      await applyAttributes(file, attributes);
    } finally {
      await file.close();
    }
    return done;
  }

  async opendir(path: string): Promise<SftpAnswer> {
    const folder = this.#within(path);
    return this.#keep({ folder, unread: await fs.readdir(folder) });
  }

  async readdir(handle: Buffer): Promise<SftpAnswer> {
    const entry = this.#find(handle);
    if (!('folder' in entry)) throw missing;
    const batch = entry.unread.splice(0, entriesAnAnswer);
    if (batch.length === 0) return statusAnswer(status.endOfFile);
    const names = await Promise.all(batch.map((name) => describeEntry(entry.folder, name)));
    return { is: 'names', names: names.flat() };
  }

  realpath(path: string): Promise<SftpAnswer> {
    const filename = posix.resolve('/', path);
    return Promise.resolve({
      is: 'names',
      names: [{ filename, longname: '', attrs: {} as Attributes }],
    });
  }

  remove(path: string): Promise<SftpAnswer> {
    return finished(fs.unlink(this.#within(path)));
  }

  mkdir(path: string): Promise<SftpAnswer> {
    return finished(fs.mkdir(this.#within(path)));
  }

  rmdir(path: string): Promise<SftpAnswer> {
    return finished(fs.rmdir(this.#within(path)));
  }

  rename(from: string, to: string): Promise<SftpAnswer> {
    return finished(renameUnlessThere(this.#within(from), this.#within(to)));
  }

  /** Closes what the client left open. */
  async closeAll(): Promise<void> {
    const files = [...this.#opened.values()].filter((entry) => 'file' in entry);
    this.#opened.clear();
    await Promise.all(files.map(({ file }) => file.close()));
  }

  #within(path: string): string {
    return join(this.#root, posix.resolve('/', path));
  }

  #keep(entry: Opened): SftpAnswer {
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(this.#nextHandle);
    this.#opened.set(this.#nextHandle++, entry);
    return { is: 'handle', handle };
  }

  #find(handle: Buffer): Opened {
    const entry = handle.length === 4 ? this.#opened.get(handle.readUInt32BE()) : undefined;
    if (entry === undefined) throw missing;
    return entry;
  }

  #file(handle: Buffer): fs.FileHandle {
    const entry = this.#find(handle);
    if ('folder' in entry) throw missing;
    return entry.file;
  }
}

async function finished(work: Promise<unknown>): Promise<SftpAnswer> {
  await work;
  return done;
}

/** OpenSSH publishes by link and unlink; folders, which cannot be linked, are renamed where nothing has the new name. */
async function renameUnlessThere(from: string, to: string): Promise<void> {
  if ((await fs.lstat(from)).isFile()) {
    await fs.link(from, to);
    return fs.unlink(from);
  }
  const isThere = await fs.lstat(to).then(
    () => true,
    () => false,
  );
  if (isThere) throw Object.assign(new Error('target exists'), { code: 'EEXIST' });
  return fs.rename(from, to);
}

async function applyAttributes(file: fs.FileHandle, { size, mode, atime, mtime }: Partial<Attributes>): Promise<void> {
  if (size !== undefined) await file.truncate(size);
  if (mode !== undefined) await file.chmod(mode & 0o7777);
  if (atime !== undefined && mtime !== undefined) await file.utimes(atime, mtime);
}

/** The flags of open(2) for those of SFTP (READ 1, WRITE 2, APPEND 4, CREAT 8, TRUNC 16, EXCL 32). */
function systemFlags(flags: number): number {
  const access = (flags & 3) === 3 ? constants.O_RDWR : (flags & 2) === 2 ? constants.O_WRONLY : constants.O_RDONLY;
  return (
    access |
    (flags & 4 ? constants.O_APPEND : 0) |
    (flags & 8 ? constants.O_CREAT : 0) |
    (flags & 16 ? constants.O_TRUNC : 0) |
    (flags & 32 ? constants.O_EXCL : 0)
  );
}
