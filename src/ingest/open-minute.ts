// The minute file that is being written: `.part`, whole lines only, its digest counted along.
// Takes a minute; leaves a file that can be appended to, and that closes under the name which proves it.
import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { type MinuteFile, minuteFileName, minuteFolder, partName } from '../domain/minute-file.ts';
import type { Minute } from '../domain/time.ts';
import type { Disk, OpenFile } from '../outside/disk.ts';
import { type DigestThread, RunningDigest } from './running-digest.ts';

export interface OpenMinute {
  readonly minute: Minute;
  readonly path: string;
  readonly file: OpenFile;
  readonly digest: RunningDigest;
  /** Bytes that are on the disk as whole lines. */
  bytes: number;
  lines: number;
  isUnsynced: boolean;
  /** The sync that is running. */
  syncing: Promise<void>;
}

export interface Spool {
  readonly root: string;
  readonly disk: Disk;
}

export interface Opening {
  readonly thread: DigestThread;
  /** How far the file is known to be whole; what follows will be written again. */
  readonly upToBytes?: number;
}

const lineFeed = 0x0a;

export const partPath = ({ root }: Spool, minute: Minute): string => join(root, minuteFolder(minute), partName(minute));

/**
 * Opens the minute's `.part`, made if absent: it takes lines at once, its name is durable with its first sync. What it holds is
 * counted; what follows its last whole line, or `upToBytes`, is cut off.
 */
export async function openMinute(spool: Spool, minute: Minute, { thread, upToBytes }: Opening): Promise<OpenMinute> {
  const path = partPath(spool, minute);
  const file = await spool.disk.open(path, { isLeftToSync: true });
  try {
    const content = file.isNew ? noContent() : await readLines(spool.disk, path, upToBytes);
    if (content.hasMore) await file.truncate(content.bytes);
    const { bytes, lines } = content;
    const digest = new RunningDigest(path, thread, content);
    return { minute, path, file, digest, bytes, lines, isUnsynced: true, syncing: Promise.resolve() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface Content {
  readonly hash: Hash;
  readonly bytes: number;
  readonly lines: number;
  /** Something follows the last whole line. */
  readonly hasMore: boolean;
}

const noContent = (): Content => ({ hash: createHash('sha256'), bytes: 0, lines: 0, hasMore: false });

/** Reads up to the last line end, and not beyond that many bytes. */
async function readLines(disk: Disk, path: string, upToBytes = Number.POSITIVE_INFINITY): Promise<Content> {
  const hash = createHash('sha256');
  let [bytes, lines, read] = [0, 0, 0];
  let begun: Buffer[] = [];
  for await (const chunk of disk.chunks(path)) {
    const known = chunk.subarray(0, Math.max(0, Math.min(chunk.length, upToBytes - read)));
    read += chunk.length;
    const end = known.lastIndexOf(lineFeed) + 1;
    if (end > 0) {
      for (const piece of [...begun, known.subarray(0, end)]) {
        hash.update(piece);
        bytes += piece.length;
      }
      lines += countLines(known);
      begun = [];
    }
    if (end < known.length) begun.push(known.subarray(end));
  }
  return { hash, bytes, lines, hasMore: read > bytes };
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) lines++;
  return lines;
}

/** Appends whole lines. Rejects as the disk does; the file may then hold part of them beyond `open.bytes`. */
export async function append(open: OpenMinute, { bytes, lines }: { bytes: Buffer; lines: number }): Promise<void> {
  open.isUnsynced = true;
  const written = open.file.append(bytes);
  // Hashed while the kernel takes the bytes.
  const stands = open.digest.count(bytes);
  await written;
  stands();
  open.bytes += bytes.length;
  open.lines += lines;
  await open.digest.caughtUp();
}

/** Cuts off what a refused append may have left; false where that fails too, and the file must be opened anew. */
export async function takeBack(open: OpenMinute): Promise<boolean> {
  try {
    await open.file.truncate(open.bytes);
    return true;
  } catch {
    return false;
  }
}

/** Makes the file, and what was appended to it, survive a power cut; one sync at a time, each behind the one before. */
export function syncMinute(open: OpenMinute): Promise<void> {
  if (!open.isUnsynced) return open.syncing;
  open.isUnsynced = false;
  open.syncing = open.syncing
    .catch(() => {})
    .then(() => open.file.sync())
    .catch((error: unknown) => {
      open.isUnsynced = true;
      throw error;
    });
  open.syncing.catch(() => {});
  return open.syncing;
}

/**
 * Gives the minute its final name: the commit point. Afterwards its bytes never change. Its file is still to be closed. It never has two
 * names: who takes it under the one, as ship may at once, would leave a dead process's other one to be closed again.
 */
export async function closeMinute(
  { root, disk }: Spool,
  open: OpenMinute,
  connectedSeconds: number,
): Promise<MinuteFile> {
  // Each takes seconds after a flood: side by side.
  const [digest] = await Promise.all([open.digest.end(), syncMinute(open)]);
  const { minute, lines } = open;
  const closed = { minute, lines, connectedSeconds, digest: digest.slice(0, 16) };
  // A file of that name has this very content.
  await disk.rename(open.path, join(root, minuteFolder(minute), minuteFileName(closed)));
  return closed;
}
