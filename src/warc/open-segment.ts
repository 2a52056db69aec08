// A segment that is being received: its spool, the times at which its bytes came, and the description of what it will be.
// Takes a plan and bytes; leaves files from which the segment's WARC file can be made, by this process or by the next one.
import { join } from 'node:path';
import type { Disk, OpenFile } from '../outside/disk.ts';
import { arrivalField } from './arrival.ts';
import { isSameSecond } from './byte-queue.ts';
import { encodeFields } from './fields.ts';
import { removeSpool } from './seal.ts';
import { type SegmentPlan, arrivalsName, descriptionName, spoolName } from './segment-plan.ts';

export interface OpenSegment {
  readonly plan: SegmentPlan;
  readonly file: OpenFile;
  readonly arrivals: OpenFile;
  bytes: number;
  lastMarkMs: number;
  lastByteMs: number;
  /** The disk refused a write and may have taken a part of it. */
  isTorn: boolean;
  /** Resolves once the description survives a power cut too. */
  readonly described: Promise<void>;
}

export interface Place {
  readonly disk: Disk;
  readonly folder: string;
}

/** Makes the files of a segment, empty. May be repeated after the disk refused it. */
export async function openSegment(plan: SegmentPlan, atMs: number, { disk, folder }: Place): Promise<OpenSegment> {
  const description = join(folder, descriptionName(plan.fileName));
  await note(disk, description, JSON.stringify(plan));
  const file = await disk.open(join(folder, spoolName(plan.fileName)));
  const arrivals = await disk.open(join(folder, arrivalsName(plan.fileName)));
  const described = disk.write(description, JSON.stringify(plan)).catch(() => {});
  const nothing = { bytes: 0, lastMarkMs: Number.NEGATIVE_INFINITY, lastByteMs: atMs, isTorn: false };
  return { plan, file, arrivals, described, ...nothing };
}

/** Hands a text to the kernel at once, since bytes wait behind it; that it survives a power cut comes after. */
async function note(disk: Disk, path: string, text: string): Promise<void> {
  const file = await disk.open(path);
  // A try before this one may have left some of it.
  await file.truncate(0);
  try {
    await file.append(Buffer.from(text));
  } finally {
    await file.close();
  }
}

/** Do bytes of that moment need nothing but to be appended? */
export const isMoreOfTheSame = ({ isTorn, lastMarkMs }: OpenSegment, atMs: number): boolean =>
  !isTorn && isSameSecond(atMs, lastMarkMs);

/** Appends bytes of one second. Rejects as the disk does; the same bytes may then be appended again. */
export async function appendTo(open: OpenSegment, bytes: Buffer, atMs: number): Promise<void> {
  if (!isSameSecond(atMs, open.lastMarkMs)) {
    await open.arrivals.append(Buffer.from(encodeFields([arrivalField({ offset: open.bytes, atMs })])));
    open.lastMarkMs = atMs;
  }
  if (open.isTorn) await open.file.truncate(open.bytes);
  await appendMore(open, bytes, atMs);
}

/** Appends more of the same (`isMoreOfTheSame`). Rejects as the disk does; the segment is torn then. */
export function appendMore(open: OpenSegment, bytes: Buffer, atMs: number): Promise<void> {
  open.isTorn = true;
  return open.file.append(bytes).then(() => {
    open.isTorn = false;
    open.bytes += bytes.length;
    open.lastByteMs = atMs;
  });
}

/** Closes the files; nothing more comes. */
export async function closeSegment({ file, arrivals, bytes, lastByteMs, described }: OpenSegment): Promise<void> {
  // The mark at the end says until when the segment was received.
  await arrivals.append(Buffer.from(encodeFields([arrivalField({ offset: bytes, atMs: lastByteMs })]))).catch(() => {});
  for (const handle of [file, arrivals]) await handle.close().catch(() => {});
  await described;
}

/** Removes the files of a segment into which nothing came. */
export async function forgetSegment(open: OpenSegment, { disk, folder }: Place): Promise<void> {
  await closeSegment(open);
  await removeSpool(disk, folder, open.plan).catch(() => {});
}
