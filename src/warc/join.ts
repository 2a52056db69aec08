// Answers in segments made into plain response records, which every other tool can read.
// Takes a scan; leaves one WARC file: for each answer a response, and a metadata record that names what it was joined from.
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Disk } from '../outside/disk.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { refuseNoPlace } from '../outside/named-file.ts';
import { writtenDigest, writtenPayloadDigest } from './digest.ts';
import type { Entry } from './entry.ts';
import { encodeFields, encodeHead, field } from './fields.ts';
import type { TellFinding } from './finding.ts';
import { openRecord, stretchBytes, stretchesOf } from './logical-bytes.ts';
import { type Logical, logicalRecords } from './logical.ts';
import { PayloadHash } from './payload-hash.ts';
import type { Scan } from './scan.ts';
import { WarcWriter } from './write-record.ts';
import { smallRecord, warcDate, warcinfoRecord } from './warcinfo.ts';

export interface JoinSetting {
  readonly disk: Disk;
  /** The file to make: gzip members unless its name ends in `.warc`. */
  readonly out: string;
  readonly version: '1.0' | '1.1';
  readonly nowMs: number;
  /** Makes a new `<urn:uuid:…>`. */
  readonly newId: () => string;
  /** Joins also what lacks its end or failed its checks, as far as it goes. */
  readonly salvage: boolean;
  readonly tell: TellFinding;
  readonly signal: AbortSignal;
}

export interface JoinTally {
  joined: number;
  leftOut: number;
}

/** Writes the file beside and names it at the end, so that it is whole or not there. Throws OperatorError `wrong-usage` where it stands already, or has no folder. */
export async function joinWarcs(found: Scan, setting: JoinSetting): Promise<JoinTally> {
  const { disk, out, tell, salvage } = setting;
  if (await disk.facts(out)) {
    throw new OperatorError('wrong-usage', `${out} stands already; it was not touched.`, 'Name another file with -o.');
  }
  await refuseNoPlace(out, '-o');
  const beside = `${out}.open`;
  await disk.remove(beside);
  const file = await disk.open(beside);
  const tally = { joined: 0, leftOut: 0 };
  try {
    const level = out.endsWith('.warc') ? 0 : 6;
    const writer = new WarcWriter({ file, level, signal: setting.signal });
    const warcinfoId = setting.newId();
    await writeWarcinfo(writer, warcinfoId, setting);
    for (const logical of logicalRecords(found.entries, tell)) {
      const segments = joinable(logical, salvage);
      if (segments === undefined) tally.leftOut++;
      else {
        await writeJoined(writer, { logical, segments, warcinfoId }, setting);
        tally.joined++;
      }
    }
    await file.sync();
  } catch (error) {
    await file.close();
    await disk.remove(beside);
    throw error;
  }
  await file.close();
  if (!(await disk.publish(beside, out))) throw new Error(`${out} appeared while it was being made.`);
  return tally;
}

/** The segments to join: all of them, or asked to salvage those before the first that is missing. */
function joinable(logical: Logical, salvage: boolean): readonly Entry[] | undefined {
  const [first] = stretchesOf(logical, salvage);
  if (first === undefined || first.length === 0) return undefined;
  const isWhole = first.length === logical.segments.length && ['complete', 'truncated'].includes(logical.status.is);
  return isWhole || salvage ? first : undefined;
}

async function writeWarcinfo(writer: WarcWriter, id: string, { out, version, nowMs }: JoinSetting): Promise<void> {
  const about = [
    ['description', 'Answers joined from their segments; a metadata record beside each names them.'],
  ] as const;
  const { head, block } = warcinfoRecord({ id, fileName: basename(out), atMs: nowMs, version, about });
  await writer.write(head, block);
}

interface Joining {
  readonly logical: Logical;
  readonly segments: readonly Entry[];
  readonly warcinfoId: string;
}

async function writeJoined(writer: WarcWriter, joining: Joining, setting: JoinSetting): Promise<void> {
  const { disk, version, newId } = setting;
  const { segments, logical } = joining;
  const id = newId();
  const pieces = (): AsyncIterable<{ bytes: Buffer }> => stretchBytes(segments, { disk, arrivals: new Map() });
  const block = createHash('sha256');
  const payload = new PayloadHash();
  let length = 0;
  for await (const { bytes } of pieces()) {
    block.update(bytes);
    payload.update(bytes);
    length += bytes.length;
  }
  const origin = await headOf(disk, segments[0] as Entry);
  const truncated = truncatedReason(joining);
  const fields: [string, string][] = [
    ['WARC-Type', 'response'],
    ['WARC-Record-ID', id],
    ['WARC-Date', dateFor(logical.date, version)],
    ['WARC-Target-URI', logical.uri],
    ...origin('WARC-IP-Address'),
    ['WARC-Warcinfo-ID', joining.warcinfoId],
    ['Content-Type', 'application/http;msgtype=response'],
    ['WARC-Block-Digest', writtenDigest(block.digest())],
    ['WARC-Payload-Digest', writtenPayloadDigest(payload.digests().body)],
    ...(truncated === undefined ? [] : ([['WARC-Truncated', truncated]] as [string, string][])),
    ['Content-Length', String(length)],
  ];
  await writer.write(encodeHead(version, fields), onlyBytes(pieces()));
  const metadata = provenance(joining, { id, newId, version });
  await writer.write(metadata.head, metadata.block);
}

const dateFor = (date: string, version: string): string => {
  const epochMs = Date.parse(date);
  return version === '1.0' && !Number.isNaN(epochMs) ? warcDate(epochMs, version) : date;
};

function truncatedReason({ logical, segments }: Joining): string | undefined {
  if (logical.status.is === 'truncated' && segments.length === logical.segments.length) return logical.status.reason;
  return logical.status.is === 'complete' && segments.length === logical.segments.length ? undefined : 'unspecified';
}

async function* onlyBytes(pieces: AsyncIterable<{ bytes: Buffer }>): AsyncGenerator<Buffer> {
  for await (const { bytes } of pieces) yield bytes;
}

/** A field of a record's head, to be carried over where it is there. */
async function headOf(disk: Disk, entry: Entry): Promise<(name: string) => [string, string][]> {
  for await (const { head } of openRecord(disk, entry)) {
    return (name) => {
      const value = field(head, name);
      return value === undefined ? [] : [[name, value]];
    };
  }
  return () => [];
}

function provenance(
  { logical, segments, warcinfoId }: Joining,
  { id, newId, version }: { id: string; newId: () => string; version: string },
): { head: Buffer; block: Buffer } {
  const joinedFrom = segments.map((segment): [string, string] => [
    'joined-from',
    `<${segment.id}> ${basename(segment.path)}`,
  ]);
  const fields = [
    ['WARC-Type', 'metadata'],
    ['WARC-Record-ID', newId()],
    ['WARC-Date', dateFor(logical.date, version)],
    ['WARC-Target-URI', logical.uri],
    ['WARC-Concurrent-To', id],
    ['WARC-Warcinfo-ID', warcinfoId],
    ['Content-Type', 'application/warc-fields'],
  ] as const;
  return smallRecord(version, fields, Buffer.from(encodeFields(joinedFrom)));
}
