// Whole files at the far side: made anew with given bytes, or held against them. Takes a connection, a path and the bytes;
// leaves a file that is synced where the server can sync, or the answer whether it holds just these bytes.
import type { Stats } from 'ssh2';
import type { SftpConnection } from './sftp-line.ts';
import { isNotOffered, noSuchFile, refusal, statusOf, told } from './sftp-refusal.ts';
import { type FarHandle, readsAs, type Window, writeWhole } from './sftp-transfer.ts';

/** Raw stat: ssh2-sftp-client's takes every failure (status 4) for "no such file", so that a failing disk would look empty. */
export async function stat({ sftp, ask }: SftpConnection, path: string): Promise<Stats | undefined> {
  try {
    return await ask<Stats>((answer) => sftp.stat(path, answer));
  } catch (error) {
    if (statusOf(error) === noSuchFile) return undefined;
    throw refusal(error, `looking at ${path}`);
  }
}

export interface Transfer {
  readonly path: string;
  readonly content: Buffer;
  readonly window: Window;
}

/** Makes a new file with that content, and the folders above it. */
export async function create(connection: SftpConnection, { path, content, window }: Transfer): Promise<void> {
  const { sftp, ask } = connection;
  const handle = await openNew(connection, path);
  await told(
    `writing ${path}`,
    closing({ sftp, ask, handle }, async (file) => {
      await writeWhole(file, content, window);
      await sync(file);
    }),
  );
}

/** Opens a file that must not be there yet. The folder is made when it is missing, which is once an hour. */
async function openNew(connection: SftpConnection, path: string): Promise<Buffer> {
  const { sftp, ask } = connection;
  const open = (): Promise<Buffer> => ask<Buffer>((answer) => sftp.open(path, 'wx', answer));
  try {
    return await open();
  } catch (error) {
    if (statusOf(error) !== noSuchFile) throw refusal(error, `making ${path}`);
  }
  await makeFolder(connection, parentOf(path));
  return told(`making ${path}`, open());
}

/** Raw mkdir: ssh2-sftp-client's asks for each folder above first, and calls one that has just been made by another "permission denied". */
async function makeFolder(connection: SftpConnection, path: string): Promise<void> {
  const { sftp, ask } = connection;
  const make = (): Promise<void> => ask<void>((answer) => sftp.mkdir(path, (error) => answer(error, undefined)));
  try {
    return await make();
  } catch (error) {
    if (statusOf(error) !== noSuchFile || parentOf(path) === path) {
      if ((await stat(connection, path))?.isDirectory()) return;
      throw refusal(error, `making the folder ${path}`);
    }
  }
  await makeFolder(connection, parentOf(path));
  await told(
    `making the folder ${path}`,
    make().catch(async (error: unknown) => {
      if (!(await stat(connection, path))?.isDirectory()) throw error;
    }),
  );
}

const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0)) || '/';

/** fsync@openssh.com, which only raw ssh2 has; where the server does not offer it, its own care for its disk must do. */
async function sync({ sftp, ask, handle }: FarHandle): Promise<void> {
  try {
    await ask<void>((answer) => sftp.ext_openssh_fsync(handle, (error) => answer(error, undefined)));
  } catch (error) {
    if (!isNotOffered(error)) throw error;
  }
}

async function closing<T>(file: FarHandle, work: (file: FarHandle) => Promise<T>): Promise<T> {
  const close = (): Promise<void> =>
    file.ask<void>((answer) => file.sftp.close(file.handle, (error) => answer(error, undefined)));
  let result: T;
  try {
    result = await work(file);
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
  // A server may report only now that the bytes did not fit.
  await close();
  return result;
}

/** Reads a file back: does it hold exactly these bytes? */
export async function holds(connection: SftpConnection, { path, content, window }: Transfer): Promise<boolean> {
  const { sftp, ask } = connection;
  return told(
    `reading ${path} back`,
    (async () => {
      const handle = await ask<Buffer>((answer) => sftp.open(path, 'r', answer));
      return closing({ sftp, ask, handle }, async (file) => {
        const { size } = await ask<Stats>((answer) => sftp.fstat(handle, answer));
        return size === content.length && (await readsAs(file, content, window));
      });
    })(),
  );
}
