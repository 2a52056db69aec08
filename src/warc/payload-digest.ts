// Payload digests held against what is there. WARC 1.1 takes them of the body without its chunking; many writers take them of the raw
// body, and some of each segment alone: that is told as a warning, since nothing is lost by it.
import { createHash } from 'node:crypto';
import type { Disk } from '../outside/disk.ts';
import { type WrittenDigest, parseDigest } from './digest.ts';
import { type Entry, isSound } from './entry.ts';
import type { TellFinding } from './finding.ts';
import { openRecord, stretchBytes } from './logical-bytes.ts';
import type { Logical } from './logical.ts';
import { PayloadHash } from './payload-hash.ts';

/** What a payload digest was taken of. */
export type PayloadOf = 'body' | 'raw-body' | 'segment' | 'nothing-here' | 'unchecked';

/** Checks the payload digests of an answer of which every segment is there; tells what is not as it should be. */
export async function checkPayloadDigests(disk: Disk, logical: Logical, tell: TellFinding): Promise<void> {
  for (const segment of logical.segments.filter(({ payloadDigest }) => payloadDigest !== undefined)) {
    const expected = parseDigest(segment.payloadDigest ?? '');
    const of = expected === undefined ? 'unchecked' : await payloadOf(disk, { logical, segment }, expected);
    const words = wordsOf[of];
    if (words === undefined) continue;
    const { path: file, offset, id: record } = segment;
    tell({
      level: of === 'nothing-here' ? 'issue' : 'warning',
      kind: 'payload-digest',
      file,
      offset,
      record,
      detail: words,
    });
  }
}

const wordsOf: Readonly<Record<PayloadOf, string | undefined>> = {
  body: undefined,
  'raw-body': 'the payload digest was taken of the body with its chunking on; it is right so',
  segment: 'the payload digest was taken of this segment alone; it is right so',
  'nothing-here': 'the payload is not what its digest says',
  unchecked: 'the payload digest was not checked: its algorithm is not known here, or the answer is not whole',
};

async function payloadOf(
  disk: Disk,
  { logical, segment }: { logical: Logical; segment: Entry },
  expected: WrittenDigest,
): Promise<PayloadOf> {
  const isHere = logical.status.is === 'complete' || logical.status.is === 'truncated';
  if (isHere && logical.segments.every(isSound)) {
    const pieces = stretchBytes(logical.segments, { disk, arrivals: new Map() });
    const [body, raw] = await digestsOf(pieces, expected.algorithm);
    if (body.equals(expected.bytes)) return 'body';
    if (raw.equals(expected.bytes)) return 'raw-body';
  }
  if (
    logical.isSegmented &&
    (await segmentDigests(disk, segment, expected.algorithm)).some((digest) => digest.equals(expected.bytes))
  ) {
    return 'segment';
  }
  return isHere ? 'nothing-here' : 'unchecked';
}

async function digestsOf(
  pieces: AsyncIterable<{ bytes: Buffer }>,
  algorithm: string,
): Promise<[body: Buffer, raw: Buffer]> {
  const hash = new PayloadHash(algorithm, { alsoRaw: true });
  for await (const { bytes } of pieces) hash.update(bytes);
  const { body, raw = body } = hash.digests();
  return [body, raw];
}

/** Of the segment's whole block, and of what follows an HTTP head in it. */
async function segmentDigests(disk: Disk, segment: Entry, algorithm: string): Promise<Buffer[]> {
  const block = createHash(algorithm);
  const payload = new PayloadHash(algorithm, { alsoRaw: true });
  for await (const record of openRecord(disk, segment)) {
    for await (const bytes of record.block) {
      block.update(bytes);
      payload.update(bytes);
    }
  }
  const { body, raw = body } = payload.digests();
  return [block.digest(), raw, body];
}
