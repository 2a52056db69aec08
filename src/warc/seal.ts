// An open segment made into its WARC file: written beside, synced, named; only then does the spool go.
// Takes a folder and a plan; leaves the file and its line in the manifest. May be repeated from any point at which it was stopped.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Disk } from '../outside/disk.ts';
import { type ArrivalMark, parseArrivals } from './arrival.ts';
import { writtenDigest, writtenPayloadDigest } from './digest.ts';
import { bareUri, field } from './fields.ts';
import { FileWindow } from './file-window.ts';
import { type ManifestLine, addToManifest } from '../outside/warc-manifest.ts';
import type { PayloadHash } from './payload-hash.ts';
import { readRecords } from './records.ts';
import { type SegmentPlan, arrivalsName, descriptionName, openName, spoolName } from './segment-plan.ts';
import { type SealedBlock, metadataRecord, planWarcinfo, requestRecord, segmentHead } from './segment-records.ts';
import { WarcWriter } from './write-record.ts';

export interface SealJob {
  readonly plan: SegmentPlan;
  readonly isLast: boolean;
  /** Bytes of the spool that count; all of them where the process that wrote them is gone. */
  readonly bytes?: number | undefined;
  /** The answer's payload as hashed so far, where this process heard the answer from its beginning. */
  readonly payload?: PayloadHash | undefined;
  /** What hashing gave: set at the first try, so that a second one does not hash twice. */
  block?: SealedBlock;
}

export interface SealSetting {
  readonly disk: Disk;
  readonly folder: string;
  /** gzip level, 1 to 9. */
  readonly level: number;
  /** Stops it; the spool then stays as it was. */
  readonly signal: AbortSignal;
}

/** Seals a segment. Rejects as the disk does, and with the signal's reason; then the spool is still there and no half file is. */
export async function seal(job: SealJob, setting: SealSetting): Promise<ManifestLine | undefined> {
  const { disk, folder } = setting;
  const { plan } = job;
  const path = join(folder, plan.fileName);
  if (await holds(disk, path, plan.recordId)) {
    await removeSpool(disk, folder, plan);
    return undefined;
  }
  job.block ??= await hashBlock(job, setting);
  const marks = await arrivalMarks(job, job.block.bytes, setting);
  const beside = join(folder, openName(plan.fileName));
  await disk.remove(beside);
  let written: Pick<ManifestLine, 'bytes' | 'sha256'>;
  try {
    written = await writeFile(beside, { job, block: job.block, marks }, setting);
    if (!(await disk.publish(beside, path))) throw new Error(`${path} stands already and holds something else.`);
  } catch (error) {
    await disk.remove(beside).catch(() => {});
    throw error;
  }
  const line = manifestLine(plan, { ...written, block: job.block, marks });
  await addToManifest(disk, folder, line);
  await removeSpool(disk, folder, plan);
  return line;
}

/** Does that file hold that record? Then it is whole: it was named only once it was. */
async function holds(disk: Disk, path: string, recordId: string): Promise<boolean> {
  if ((await disk.facts(path)) === undefined) return false;
  const file = await disk.openToRead(path);
  try {
    for await (const { head } of readRecords(new FileWindow(path, file), () => {})) {
      const type = field(head, 'WARC-Type');
      if (type === 'response' || type === 'continuation') {
        return bareUri(field(head, 'WARC-Record-ID') ?? '') === bareUri(recordId);
      }
    }
    return false;
  } finally {
    await file.close();
  }
}

/** The description goes last: while it stands, everything can be found again. */
export async function removeSpool(disk: Disk, folder: string, { fileName }: SegmentPlan): Promise<void> {
  for (const name of [spoolName(fileName), arrivalsName(fileName), descriptionName(fileName)]) {
    await disk.remove(join(folder, name));
  }
}

async function hashBlock(job: SealJob, setting: SealSetting): Promise<SealedBlock> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const piece of spoolBytes(job, setting)) {
      setting.signal.throwIfAborted();
      hash.update(piece);
      job.payload?.update(piece);
      bytes += piece.length;
    }
  } catch (error) {
    job.payload?.spoil();
    throw error;
  }
  return { bytes, digest: writtenDigest(hash.digest()), isLast: job.isLast, ...(job.isLast && endOfAnswer(job)) };
}

/** What the last segment says of the whole answer. */
function endOfAnswer({ plan, payload }: SealJob): Pick<SealedBlock, 'payloadDigest' | 'truncated'> {
  const isKnown = payload !== undefined && !payload.isSpoiled;
  const isComplete = isKnown && (payload.isComplete ?? plan.end?.isOrderly === true);
  return {
    ...(isKnown && { payloadDigest: writtenPayloadDigest(payload.digests().body) }),
    ...(!isComplete && { truncated: plan.end?.reason ?? 'unspecified' }),
  };
}

/** Few and large: each costs a turn of another thread. */
const pieceBytes = 1 << 20;

/**
 * The spool's bytes, as many as count; none where the process ended before the spool was made. Each piece holds until the next one is
 * asked for: new memory for each would keep the collector of garbage as busy as the hashing.
 */
async function* spoolBytes({ plan, bytes }: SealJob, { disk, folder }: SealSetting): AsyncGenerator<Buffer> {
  const path = join(folder, spoolName(plan.fileName));
  if ((await disk.facts(path)) === undefined) return;
  const file = await disk.openToRead(path);
  const memory = Buffer.allocUnsafeSlow(pieceBytes);
  try {
    const end = Math.min(bytes ?? file.size, file.size);
    for (let at = 0; at < end;) {
      const piece = await file.bytesAt(at, Math.min(pieceBytes, end - at), memory);
      if (piece.length === 0) return;
      yield piece;
      at += piece.length;
    }
  } finally {
    await file.close();
  }
}

async function arrivalMarks({ plan }: SealJob, bytes: number, { disk, folder }: SealSetting): Promise<ArrivalMark[]> {
  const path = join(folder, arrivalsName(plan.fileName));
  if ((await disk.facts(path)) === undefined) return [];
  const marks = parseArrivals((await disk.read(path)).toString('utf8'));
  // A mark is written before its bytes: of a process that was killed, the last ones may have none.
  return marks.filter(({ offset }, index) => offset < bytes || (offset === bytes && index === marks.length - 1));
}

interface Contents {
  readonly job: SealJob;
  readonly block: SealedBlock;
  readonly marks: readonly ArrivalMark[];
}

async function writeFile(
  path: string,
  { job, block, marks }: Contents,
  setting: SealSetting,
): Promise<Pick<ManifestLine, 'bytes' | 'sha256'>> {
  const { plan } = job;
  const file = await setting.disk.open(path);
  try {
    const writer = new WarcWriter({ file, level: setting.level, signal: setting.signal });
    const warcinfo = planWarcinfo(plan);
    await writer.write(warcinfo.head, warcinfo.block);
    await writer.write(segmentHead(plan, block), spoolBytes({ ...job, bytes: block.bytes }, setting));
    // The request stands behind the first segment, before which only a warcinfo record may stand.
    for (const record of [requestRecord(plan), metadataRecord(plan, marks)]) {
      if (record) await writer.write(record.head, record.block);
    }
    await file.sync();
    return { bytes: writer.bytes, sha256: writer.digest() };
  } finally {
    await file.close();
  }
}

function manifestLine(
  plan: SegmentPlan,
  known: Pick<ManifestLine, 'bytes' | 'sha256'> & Omit<Contents, 'job'>,
): ManifestLine {
  const { bytes, sha256, block, marks } = known;
  return {
    file: plan.fileName,
    bytes,
    sha256,
    record: plan.recordId,
    origin: plan.originId,
    segment: plan.segment,
    isLast: block.isLast,
    from: new Date(marks[0]?.atMs ?? plan.startedMs).toISOString(),
    until: new Date(marks.at(-1)?.atMs ?? plan.startedMs).toISOString(),
    received: block.bytes,
  };
}
