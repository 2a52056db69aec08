// The far disk: another server's file tree over SFTP, as far as a stage needs it. Takes paths as the account sees them;
// leaves files that were written whole, proven and then given their name. Any server of SFTP version 3 will do.
import type { SFTPWrapper, Stats } from 'ssh2';
import { connectSftp, type SftpOptions } from './sftp-connection.ts';
import type { SftpConnection } from './sftp-line.ts';
import type { SftpTarget } from './sftp-trouble.ts';
import { create, holds, stat } from './sftp-content.ts';
import {
  FarRefusal,
  failure,
  fileAlreadyExists,
  noSuchFile,
  refusal,
  statusOf,
  told,
  isNotOffered,
} from './sftp-refusal.ts';
import { transferWindow } from './sftp-transfer.ts';

export interface FarEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

export interface FarDisk extends AsyncDisposable {
  /** Entries of a folder; none where it does not exist. */
  list(folder: string): Promise<FarEntry[]>;
  /** undefined where there is no such file. */
  facts(path: string): Promise<{ readonly bytes: number } | undefined>;
  /** Makes a new file with that content, and the folders above it; synced where the server can. Refuses to touch one that exists. */
  create(path: string, content: Buffer): Promise<void>;
  /** Reads a file back: does it hold exactly these bytes? */
  holds(path: string, content: Buffer): Promise<boolean>;
  /** Gives a file its final name unless that exists: false, and nothing changed, where it does. */
  publish(from: string, to: string): Promise<boolean>;
  /** Removes a file; nothing happens where there is none. */
  remove(path: string): Promise<void>;
  /** Removes a folder if it is empty; true where it is gone. */
  removeEmptyFolder(path: string): Promise<boolean>;
  /** Bytes that may still be written below that path; undefined where the server does not say. */
  freeBytes(path: string): Promise<number | undefined>;
  /** Aborts, with an OperatorError `unreachable`, when the connection is gone; each call then rejects with the same. */
  readonly lost: AbortSignal;
}

/** Opens the far disk. Throws OperatorError `unreachable`, `refused` or `config-invalid`. */
export async function openFarDisk(target: SftpTarget, options: SftpOptions): Promise<FarDisk> {
  const connection = await connectSftp(target, options);
  const limitBytes = requestLimit(connection.sftp);
  const upward = transferWindow(limitBytes, () => performance.now());
  const downward = transferWindow(limitBytes, () => performance.now());
  return {
    list: (folder) => list(connection, folder),
    facts: (path) => facts(connection, path),
    create: (path, content) => create(connection, { path, content, window: upward }),
    holds: (path, content) => holds(connection, { path, content, window: downward }),
    publish: (from, to) => publish(connection, from, to),
    remove: (path) => remove(connection, path),
    removeEmptyFolder: (path) => removeEmptyFolder(connection, path),
    freeBytes: (path) => freeBytes(connection, path),
    lost: connection.lost,
    [Symbol.asyncDispose]: connection.close,
  };
}

/** What ssh2 learnt from limits@openssh.com, or its guess; it says so nowhere in public. */
const requestLimit = (sftp: SFTPWrapper): number => {
  const { _maxReadLen: read = 31_952, _maxWriteLen: write = 31_952 } = sftp as {
    _maxReadLen?: number;
    _maxWriteLen?: number;
  };
  return Math.min(read, write);
};

async function list({ sftp, ask }: SftpConnection, folder: string): Promise<FarEntry[]> {
  try {
    const entries = await ask<{ filename: string; attrs: Stats }[]>((answer) => sftp.readdir(folder, answer));
    return entries.map(({ filename, attrs }) => ({ name: filename, isFolder: attrs.isDirectory() }));
  } catch (error) {
    if (statusOf(error) === noSuchFile) return [];
    throw refusal(error, `listing ${folder}`);
  }
}

async function facts(connection: SftpConnection, path: string): Promise<{ bytes: number } | undefined> {
  const found = await stat(connection, path);
  return found && { bytes: found.size };
}

/**
 * Plain rename, which OpenSSH makes of link and unlink: it fails where the target exists. The target is asked for in the same breath,
 * since a server may say "done" and have done nothing; a moment later it may rightly have been used and removed.
 */
async function publish(connection: SftpConnection, from: string, to: string): Promise<boolean> {
  const { sftp, ask } = connection;
  const renamed = ask<void>((answer) => sftp.rename(from, to, (error) => answer(error, undefined))).then(
    () => ({ isDone: true as const }),
    (error: unknown) => ({ isDone: false as const, error }),
  );
  const [result, there] = await Promise.all([renamed, stat(connection, to)]);
  if (!result.isDone) {
    const mayExist = [failure, fileAlreadyExists].includes(statusOf(result.error) as number);
    if (mayExist && (there ?? (await stat(connection, to)))) return false;
    throw refusal(result.error, `renaming to ${to}`);
  }
  if (there ?? (await stat(connection, to))) return true;
  throw new FarRefusal('failed', `renaming to ${to}: the server says it is done, but there is no such file`);
}

async function remove({ client, guard }: SftpConnection, path: string): Promise<void> {
  await told(`removing ${path}`, guard(client.delete(path, true)));
}

async function removeEmptyFolder(connection: SftpConnection, path: string): Promise<boolean> {
  const { sftp, ask } = connection;
  try {
    await ask<void>((answer) => sftp.rmdir(path, (error) => answer(error, undefined)));
    return true;
  } catch (error) {
    if (statusOf(error) === noSuchFile) return true;
    if (statusOf(error) === failure) return false;
    throw refusal(error, `removing the folder ${path}`);
  }
}

async function freeBytes({ sftp, ask }: SftpConnection, path: string): Promise<number | undefined> {
  try {
    const { f_bavail: blocks, f_frsize: blockBytes } = await ask<{ f_bavail: number; f_frsize: number }>((answer) =>
      sftp.ext_openssh_statvfs(path, answer as never),
    );
    return blocks * blockBytes;
  } catch (error) {
    if (isNotOffered(error) || typeof statusOf(error) === 'number') return undefined;
    throw error;
  }
}
