// One gzip member, walked by hand so that its exact end and every kind of damage are known (RFC 1952).
// Takes a window on the file and the member's offset; leaves its content piece by piece, and how it ended.
import { constants, crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import type { InflateRaw } from 'node:zlib';
import type { FileWindow } from './file-window.ts';

/** How a member ended: `end` is the offset behind it. */
export type MemberEnd =
  | { readonly is: 'whole'; readonly end: number }
  | { readonly is: 'truncated' }
  | { readonly is: 'damaged'; readonly why: string; readonly end?: number };

const longestHeadBytes = 128 * 1024;
const trailerBytes = 8;
const outputBytes = 128 * 1024;

/** Length of a member's head; 'short' where the bytes end within it, undefined where they are no such head. */
export function memberHeadLength(bytes: Buffer): number | 'short' | undefined {
  if (bytes.length < 4) return isBeginning(bytes) ? 'short' : undefined;
  const flags = bytes[3] ?? 0;
  if (!isBeginning(bytes) || (flags & 0xe0) !== 0) return undefined;
  let length = 10;
  if ((flags & 4) !== 0) {
    if (bytes.length < length + 2) return 'short';
    length += 2 + bytes.readUInt16LE(length);
  }
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, length);
    if (end < 0) return 'short';
    length = end + 1;
  }
  if ((flags & 2) !== 0) length += 2;
  return length <= bytes.length ? length : 'short';
}

const magic = [0x1f, 0x8b, 0x08];
const isBeginning = (bytes: Buffer): boolean =>
  bytes.length > 0 && magic.slice(0, bytes.length).every((byte, index) => bytes[index] === byte);

/** Does a member that begins here hold a WARC record? Looks at its first bytes only. */
export function holdsRecord(bytes: Buffer): boolean {
  const head = memberHeadLength(bytes);
  if (head === undefined || head === 'short') return false;
  try {
    const some = bytes.subarray(head, head + 1024);
    return inflateRawSync(some, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, 5).toString('latin1') === 'WARC/';
  } catch {
    return false;
  }
}

/** A member's content, and once that was read to its end, how it ended. */
export interface Member {
  readonly content: AsyncGenerator<Buffer>;
  end(): MemberEnd;
}

/** Opens the member at that offset. */
export function openMember(file: FileWindow, offset: number): Member {
  let ending: MemberEnd = { is: 'truncated' };
  async function* content(): AsyncGenerator<Buffer> {
    const head = memberHeadLength(await file.at(offset, longestHeadBytes));
    if (head === 'short') return;
    if (head === undefined) {
      ending = { is: 'damaged', why: 'no gzip member begins here' };
      return;
    }
    const tally = { crc: 0, bytes: 0 };
    const engine = createInflateRaw({ chunkSize: outputBytes, finishFlush: constants.Z_SYNC_FLUSH });
    try {
      yield* inflated(engine, { file, from: offset + head }, tally);
    } catch (error) {
      // Only what the decoder says is damage; a disk that cannot be read is trouble of another kind.
      if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) throw error;
      ending = { is: 'damaged', why: error.message };
      return;
    }
    ending = await judge(file, offset + head + engine.bytesWritten, tally);
  }
  return { content: content(), end: () => ending };
}

interface Tally {
  crc: number;
  bytes: number;
}

async function* inflated(
  engine: InflateRaw,
  input: { file: FileWindow; from: number },
  tally: Tally,
): AsyncGenerator<Buffer> {
  const feeding = feed(engine, input);
  try {
    for await (const bytes of engine as AsyncIterable<Buffer>) {
      tally.crc = crc32(bytes, tally.crc);
      tally.bytes += bytes.length;
      yield bytes;
    }
  } finally {
    engine.destroy();
    await feeding;
  }
}

async function feed(engine: InflateRaw, { file, from }: { file: FileWindow; from: number }): Promise<void> {
  for (let at = from; !engine.destroyed && !engine.readableEnded;) {
    let bytes: Buffer;
    try {
      bytes = await file.at(at);
    } catch (error) {
      engine.destroy(error as Error);
      return;
    }
    if (bytes.length === 0) {
      engine.end();
      return;
    }
    at += bytes.length;
    if (!engine.destroyed && !engine.write(bytes)) await drained(engine);
  }
}

function drained(engine: InflateRaw): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      for (const event of ['drain', 'close', 'end']) engine.off(event, over);
      resolve();
    };
    for (const event of ['drain', 'close', 'end']) engine.once(event, over);
  });
}

async function judge(file: FileWindow, trailer: number, { crc, bytes }: Tally): Promise<MemberEnd> {
  const written = await file.at(trailer, trailerBytes);
  if (written.length < trailerBytes) return { is: 'truncated' };
  const end = trailer + trailerBytes;
  if (written.readUInt32LE(0) !== crc) return { is: 'damaged', why: 'its CRC does not match', end };
  if (written.readUInt32LE(4) !== bytes % 2 ** 32) return { is: 'damaged', why: 'its length does not match', end };
  return { is: 'whole', end };
}
