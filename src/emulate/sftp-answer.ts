// What the embedded SFTP server answers, as values: status, handle, data, names, attributes.
// Takes what the file system says, errors too; leaves answers of SFTP version 3.
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attributes, FileEntry } from 'ssh2';
import { hasCode } from '../outside/disk.ts';

/** Status codes of draft-ietf-secsh-filexfer-02, section 7. */
export const status = {
  ok: 0,
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  unsupported: 8,
};

export type SftpAnswer =
  | { readonly is: 'status'; readonly code: number }
  | { readonly is: 'handle'; readonly handle: Buffer }
  | { readonly is: 'data'; readonly data: Buffer }
  | { readonly is: 'names'; readonly names: FileEntry[] }
  | { readonly is: 'attributes'; readonly attributes: Attributes };

export const statusAnswer = (code: number): SftpAnswer => ({ is: 'status', code });
export const done = statusAnswer(status.ok);

/** The code by which OpenSSH tells of an error of the file system. */
export function statusOf(error: unknown): number {
  if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EBADF', 'ELOOP')) return status.noSuchFile;
  if (hasCode(error, 'EACCES', 'EPERM', 'EFAULT')) return status.permissionDenied;
  return status.failure;
}

interface Facts {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
}

const attributesOf = ({ mode, uid, gid, size, atimeMs, mtimeMs }: Facts): Attributes => ({
  mode,
  uid,
  gid,
  size,
  atime: Math.floor(atimeMs / 1000),
  mtime: Math.floor(mtimeMs / 1000),
});

export const attributesAnswer = (facts: Facts): SftpAnswer => ({
  is: 'attributes',
  attributes: attributesOf(facts),
});

/** An entry of a listing; none where it was removed since the folder was opened. */
export async function describeEntry(folder: string, filename: string): Promise<FileEntry[]> {
  try {
    const facts = await lstat(join(folder, filename));
    const kind = facts.isDirectory() ? 'd' : '-';
    return [
      {
        filename,
        longname: `${kind}rw-r--r-- 1 owner group ${facts.size} Jan  1 00:00 ${filename}`,
        attrs: attributesOf(facts),
      },
    ];
  } catch {
    return [];
  }
}
