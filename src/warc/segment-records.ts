// The records of a segment's file, as WARC 1.1 wants them: first segment with the request and what was redacted, the others bare.
// Takes a plan and what is known of the block; leaves heads and small records. Source: WARC 1.1 §5, §6.9, §7, Annex B.8.
import { arrivalField, type ArrivalMark } from './arrival.ts';
import { encodeFields, encodeHead } from './fields.ts';
import type { SegmentPlan } from './segment-plan.ts';
import { type RecordBytes, smallRecord, warcDate, warcinfoRecord } from './warcinfo.ts';

const version = '1.1';

/** What is known of a segment once all its bytes are there. */
export interface SealedBlock {
  readonly bytes: number;
  /** `sha256:…`; the payload's is `sha1:…` */
  readonly digest: string;
  readonly isLast: boolean;
  /** Of the whole answer, where this is its last segment and it was heard from its beginning by this process. */
  readonly payloadDigest?: string | undefined;
  /** Why the answer is not whole. */
  readonly truncated?: string | undefined;
}

type Fields = (readonly [string, string])[];
const given = (name: string, value: string | undefined): Fields => (value === undefined ? [] : [[name, value]]);

export function planWarcinfo({ warcinfoId, fileName, startedMs, about }: SegmentPlan): RecordBytes {
  return warcinfoRecord({ id: warcinfoId, fileName, atMs: startedMs, version, about });
}

/** The head of the segment's own record: `response` for the first, `continuation` for the others. */
export function segmentHead(plan: SegmentPlan, block: SealedBlock): Buffer {
  return encodeHead(version, plan.segment === 1 ? responseFields(plan, block) : continuationFields(plan, block));
}

function responseFields(plan: SegmentPlan, { bytes, digest, isLast, payloadDigest, truncated }: SealedBlock): Fields {
  // An answer that ends in its first segment was never segmented.
  const own = isLast
    ? [...given('WARC-Payload-Digest', payloadDigest), ...given('WARC-Truncated', truncated)]
    : given('WARC-Segment-Number', '1');
  return [
    ['WARC-Type', 'response'],
    ['WARC-Record-ID', plan.recordId],
    ['WARC-Date', warcDate(plan.capturedMs)],
    ['WARC-Target-URI', plan.uri],
    ...given('WARC-IP-Address', plan.address === '' ? undefined : plan.address),
    ...given('WARC-Concurrent-To', plan.request?.id),
    ['WARC-Warcinfo-ID', plan.warcinfoId],
    ...own,
    ['Content-Type', 'application/http;msgtype=response'],
    ['WARC-Block-Digest', digest],
    ['Content-Length', String(bytes)],
  ];
}

function continuationFields(
  plan: SegmentPlan,
  { bytes, digest, isLast, payloadDigest, truncated }: SealedBlock,
): Fields {
  const last: Fields = isLast
    ? [
        ['WARC-Segment-Total-Length', String(plan.bytesBefore + bytes)],
        ...given('WARC-Payload-Digest', payloadDigest),
        ...given('WARC-Truncated', truncated),
      ]
    : [];
  return [
    ['WARC-Type', 'continuation'],
    ['WARC-Record-ID', plan.recordId],
    ['WARC-Date', warcDate(plan.capturedMs)],
    ['WARC-Target-URI', plan.uri],
    ['WARC-Segment-Origin-ID', plan.originId],
    ['WARC-Segment-Number', String(plan.segment)],
    ...last,
    ['WARC-Block-Digest', digest],
    ['Content-Length', String(bytes)],
  ];
}

/** The request as it was sent, secrets redacted; only beside a first segment. */
export function requestRecord(plan: SegmentPlan): RecordBytes | undefined {
  if (plan.request === undefined) return undefined;
  const fields: Fields = [
    ['WARC-Type', 'request'],
    ['WARC-Record-ID', plan.request.id],
    ...sameCapture(plan),
    ...given('WARC-IP-Address', plan.address === '' ? undefined : plan.address),
    ['WARC-Concurrent-To', plan.recordId],
    ['WARC-Warcinfo-ID', plan.warcinfoId],
    ['Content-Type', 'application/http;msgtype=request'],
  ];
  return smallRecord(version, fields, Buffer.from(plan.request.head, 'latin1'));
}

/** What was redacted, and when the segment's bytes were received. */
export function metadataRecord(plan: SegmentPlan, marks: readonly ArrivalMark[]): RecordBytes {
  const block = [
    ...(plan.request?.redacted ?? []).map((what) => ['redacted', what] as const),
    ...marks.map(arrivalField),
  ];
  const fields: Fields = [
    ['WARC-Type', 'metadata'],
    ['WARC-Record-ID', plan.metadataId],
    ...sameCapture(plan),
    [plan.segment === 1 ? 'WARC-Concurrent-To' : 'WARC-Refers-To', plan.recordId],
    ['WARC-Warcinfo-ID', plan.warcinfoId],
    ['Content-Type', 'application/warc-fields'],
  ];
  return smallRecord(version, fields, Buffer.from(encodeFields(block)));
}

const sameCapture = (plan: SegmentPlan): Fields => [
  ['WARC-Date', warcDate(plan.capturedMs)],
  ['WARC-Target-URI', plan.uri],
];
