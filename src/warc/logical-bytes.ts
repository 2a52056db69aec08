// The bytes of an answer as they came over the wire: block after block, file after file, one file open at a time.
// Takes a logical record; leaves pieces, each received within one second where the archive knows.
import type { Disk } from '../outside/disk.ts';
import { type ArrivalMark, parseArrivals } from './arrival.ts';
import { type Entry, isSound } from './entry.ts';
import { FileWindow } from './file-window.ts';
import type { Logical } from './logical.ts';
import type { Piece, Received } from './piece.ts';
import { type WarcRecord, readRecords } from './records.ts';

/** Segments that follow each other without a gap. */
export type Stretch = readonly Entry[];

/**
 * The stretches of an answer, in order; the first begins with segment 1. A segment that failed its checks counts as missing unless
 * `salvage` is set.
 */
export function stretchesOf({ segments }: Pick<Logical, 'segments'>, salvage: boolean): Stretch[] {
  const stretches: Entry[][] = [];
  let next: number | undefined;
  for (const [index, segment] of segments.entries()) {
    const number = segment.segmentNumber ?? (segment.type === 'continuation' ? 0 : 1);
    if (index === 0 && (segment.type === 'continuation' || number !== 1)) stretches.push([]);
    if (!salvage && !isSound(segment)) {
      if (index === 0) stretches.push([]);
      next = undefined;
      continue;
    }
    if (number === next) stretches.at(-1)?.push(segment);
    else stretches.push([segment]);
    next = number + 1;
  }
  return stretches;
}

/** The marks of a segment's arrival, by the segment's ID; found in the scan, read when they are needed. */
export type ArrivalIndex = ReadonlyMap<string, Entry>;

export function arrivalIndex(entries: readonly Entry[]): ArrivalIndex {
  const index = new Map<string, Entry>();
  for (const entry of entries) {
    if (entry.type !== 'metadata' || entry.contentLength > longestMetadataBytes || !isSound(entry)) continue;
    for (const id of [...entry.concurrentTo, ...(entry.refersTo === undefined ? [] : [entry.refersTo])])
      index.set(id, entry);
  }
  return index;
}

const longestMetadataBytes = 16 * 1024 * 1024;

/** Reads one record again. Its block must be read before this iteration is ended, which closes the file. */
export async function* openRecord(disk: Disk, { path, offset, inner }: Entry): AsyncGenerator<WarcRecord> {
  const handle = await disk.openToRead(path);
  try {
    for await (const record of readRecords(new FileWindow(path, handle), () => {}, offset)) {
      if (record.offset === offset && record.inner === inner) yield record;
      if (record.offset !== offset || record.inner >= inner) return;
    }
  } finally {
    await handle.close();
  }
}

/** A record's whole block; for records that are known to be small. */
export async function readBlock(disk: Disk, entry: Entry): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const record of openRecord(disk, entry)) for await (const piece of record.block) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The bytes of a stretch, in pieces. */
export async function* stretchBytes(
  stretch: Stretch,
  { disk, arrivals }: { disk: Disk; arrivals: ArrivalIndex },
): AsyncGenerator<Piece> {
  for (const segment of stretch) {
    const index = arrivals.get(segment.id);
    const marks = index === undefined ? [] : parseArrivals((await readBlock(disk, index)).toString('utf8'));
    for await (const record of openRecord(disk, segment)) yield* markedPieces(record.block, segment, marks);
  }
}

/** Cuts the pieces where a mark stands, so that each was received between one mark and the next. */
async function* markedPieces(
  block: AsyncIterable<Buffer>,
  segment: Entry,
  marks: readonly ArrivalMark[],
): AsyncGenerator<Piece> {
  let at = 0;
  let mark = -1;
  for await (const bytes of block) {
    for (let start = 0; start < bytes.length;) {
      while ((marks[mark + 1]?.offset ?? Number.POSITIVE_INFINITY) <= at) mark++;
      const end = Math.min(bytes.length, start + (marks[mark + 1]?.offset ?? Number.POSITIVE_INFINITY) - at);
      yield { bytes: bytes.subarray(start, end), segment, received: receivedAt(segment, marks, mark) };
      at += end - start;
      start = end;
    }
  }
}

function receivedAt(segment: Entry, marks: readonly ArrivalMark[], mark: number): Received {
  const fromMs = marks[mark]?.atMs ?? Date.parse(segment.date);
  return { fromMs, untilMs: marks[mark + 1]?.atMs ?? (mark >= 0 ? marks[mark]?.atMs : undefined) };
}
