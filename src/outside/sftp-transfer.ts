// Bytes to and from a far file, several requests under way at once. Takes an open handle of raw ssh2; leaves bytes written
// whole, or the answer whether the far file holds exactly the bytes given.
// Why not ssh2-sftp-client's put and get: they keep one request under way, 2 MiB/s over 300 ms of delay at the very most and far less
// in practice; fastPut reads its source twice, by size, and never settles if it shrinks meanwhile. Neither can sync.
import type { SFTPWrapper } from 'ssh2';
import { holdOf } from './hold.ts';

/** How many bytes may be under way at once. It grows while answers come quickly and shrinks when they take long. */
export interface Window {
  /** Bytes of one request. */
  readonly chunkBytes: number;
  /** Resolves when that many more bytes may be sent; to what must be called when their answer is there. */
  enter(bytes: number): Promise<() => void>;
}

const leastBytes = 32 * 1024;
const mostBytes = 2 * 1024 * 1024;
/** limits@openssh.com: 261,120 bytes a request; servers that say nothing promise 32 KiB. */
const mostChunkBytes = 255 * 1024;
const quickMs = 1000;
const slowMs = 4000;

/**
 * A window that starts small. On a link of 10 kB/s what is under way must be seconds of it, not minutes, or else the answer
 * to a keep-alive stands in line behind it and a healthy link is given up. `limitBytes`: the server's largest request.
 */
export function transferWindow(limitBytes: number, monotonic: () => number): Window {
  let allowedBytes = 2 * leastBytes;
  const hold = holdOf(() => allowedBytes);
  const learn = (bytes: number, tookMs: number): void => {
    if (tookMs < quickMs) allowedBytes = Math.min(allowedBytes + bytes, mostBytes);
    if (tookMs > slowMs) allowedBytes = Math.max(allowedBytes / 2, leastBytes);
  };
  return {
    get chunkBytes() {
      return Math.floor(Math.min(allowedBytes / 2, mostChunkBytes, limitBytes));
    },
    async enter(bytes) {
      const letGo = await hold(bytes);
      const sinceMs = monotonic();
      return () => {
        learn(bytes, monotonic() - sinceMs);
        letGo();
      };
    },
  };
}

/** Sends one request and resolves to its answer; rejects when it is refused, or the connection is gone. */
export type Ask = <T>(send: (answer: (error: unknown, value: T) => void) => void) => Promise<T>;

export interface FarHandle {
  readonly sftp: SFTPWrapper;
  readonly ask: Ask;
  readonly handle: Buffer;
}

/** Writes all of `content` into an open, empty file. */
export function writeWhole({ sftp, ask, handle }: FarHandle, content: Buffer, window: Window): Promise<void> {
  return inChunks(content.length, window, async (from, bytes) => {
    await ask<void>((answer) => sftp.write(handle, content, from, bytes, from, (error) => answer(error, undefined)));
  });
}

/** Reads an open file back, as many bytes as `content` has. False as soon as one differs or the file ends early. */
export async function readsAs({ sftp, ask, handle }: FarHandle, content: Buffer, window: Window): Promise<boolean> {
  let isSame = true;
  const spare: Buffer[] = [];
  await inChunks(content.length, window, async (from, bytes) => {
    const fits = spare.findIndex((buffer) => buffer.length >= bytes);
    const buffer = spare.splice(fits, fits < 0 ? 0 : 1)[0] ?? Buffer.allocUnsafeSlow(bytes);
    // A server may answer with fewer bytes than were asked for; none at all is the end of the file.
    for (let at = from; isSame && at < from + bytes;) {
      const got = await ask<number>((answer) => sftp.read(handle, buffer, 0, from + bytes - at, at, answer));
      isSame &&= got > 0 && buffer.compare(content, at, at + got, 0, got) === 0;
      at += got;
    }
    spare.push(buffer);
  });
  return isSame;
}

/** Calls `work` for consecutive pieces of `totalBytes`, as many at once as the window lets in. Rejects with the first failure. */
async function inChunks(
  totalBytes: number,
  window: Window,
  work: (from: number, bytes: number) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const underWay: Promise<void>[] = [];
  for (let from = 0; from < totalBytes && failures.length === 0;) {
    const bytes = Math.min(window.chunkBytes, totalBytes - from);
    const leave = await window.enter(bytes);
    underWay.push(
      work(from, bytes)
        .catch((error: unknown) => void failures.push(error))
        .finally(leave),
    );
    from += bytes;
  }
  await Promise.all(underWay);
  if (failures.length > 0) throw failures[0];
}
