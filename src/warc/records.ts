// The records of one WARC file, compressed or plain, one after the other; what is damaged is told and stepped over.
// Takes a window on the file; leaves heads with their blocks as bounded streams that end at the end of the file, never later.
import { ByteReader } from './byte-reader.ts';
import { type RecordHead, contentLengthOf, longestHeadBytes, parseHead } from './fields.ts';
import { type FileWindow, bytesFrom } from './file-window.ts';
import { type MemberEnd, holdsRecord, memberHeadLength, openMember } from './gzip-member.ts';

/** Where a record begins: `offset` of its gzip member (of the record itself in a plain file), `inner` bytes into the member's content. */
export interface Place {
  readonly offset: number;
  readonly inner: number;
}

export interface WarcRecord extends Place {
  readonly head: RecordHead;
  readonly contentLength: number;
  /** Bytes of the block, at most `contentLength`. What is not read of it is passed over when the next record is asked for. */
  readonly block: AsyncIterable<Buffer>;
}

export type DamageKind =
  | 'no-warc'
  | 'truncated'
  | 'damaged-member'
  | 'garbage'
  | 'broken-head'
  | 'short-block'
  | 'no-record-end'
  | 'oddity';

/** Something found that is not as it must be (an oddity: only not as it should be). */
export interface Damage {
  readonly kind: DamageKind;
  /** In the file: of the member or record, or where garbage begins. */
  readonly offset: number;
  readonly detail: string;
}

export type TellDamage = (damage: Damage) => void;

const recordMark = 'WARC/1.';
const probeBytes = 192 * 1024;

/** Every record from `from` on, which must be where a member or record begins. */
export async function* readRecords(file: FileWindow, tell: TellDamage, from = 0): AsyncGenerator<WarcRecord> {
  const start = await file.at(from, probeBytes);
  if (file.size === 0) tell({ kind: 'no-warc', offset: 0, detail: 'the file is empty' });
  if (start.length === 0) return;
  if (start.subarray(0, 5).toString('latin1') === 'WARC/') yield* plainRecords(file, tell, from);
  else yield* memberRecords(file, tell, from);
}

async function* memberRecords(file: FileWindow, tell: TellDamage, from: number): AsyncGenerator<WarcRecord> {
  let hasRecord = false;
  for (let offset: number | undefined = from; offset !== undefined && offset < file.size;) {
    if (memberHeadLength(await file.at(offset, probeBytes)) === undefined) {
      const next: number | undefined = await nextMember(file, offset + 1);
      if (!(next === undefined && hasRecord && (await isZeroFrom(file, offset)))) {
        const kind = hasRecord || next !== undefined ? 'garbage' : 'no-warc';
        tell({ kind, offset, detail: garbageWords(kind, offset, next) });
      }
      offset = next;
      continue;
    }
    hasRecord = true;
    const end: MemberEnd = yield* oneMember(file, offset, tell);
    offset = await behind(file, offset, end);
  }
}

/** Where to go on after a member. The end of a damaged one is believed only if another begins there. */
async function behind(file: FileWindow, offset: number, ending: MemberEnd): Promise<number | undefined> {
  if (ending.is === 'whole') return ending.end;
  if (ending.is === 'truncated') return undefined;
  const isEnd = ending.end !== undefined && (ending.end >= file.size || holdsRecord(await file.at(ending.end, 4096)));
  return isEnd ? ending.end : nextMember(file, offset + 1);
}

function garbageWords(kind: DamageKind, offset: number, next: number | undefined): string {
  if (kind === 'no-warc') return 'neither a gzip member nor a WARC record begins in this file';
  return next === undefined
    ? 'no gzip member begins in the rest of the file'
    : `${next - offset} bytes that belong to no gzip member`;
}

/** The next offset at which a gzip member with a WARC record begins. */
async function nextMember(file: FileWindow, from: number): Promise<number | undefined> {
  const mark = Buffer.from([0x1f, 0x8b, 0x08]);
  for (let at = from; at < file.size;) {
    const bytes = await file.at(at, mark.length);
    const found = bytes.indexOf(mark);
    if (found < 0) {
      at += Math.max(1, bytes.length - mark.length + 1);
    } else {
      if (holdsRecord(await file.at(at + found, 4096))) return at + found;
      at += found + 1;
    }
  }
  return undefined;
}

async function isZeroFrom(file: FileWindow, offset: number): Promise<boolean> {
  for await (const bytes of bytesFrom(file, offset)) if (bytes.some((byte) => byte !== 0)) return false;
  return true;
}

async function* oneMember(file: FileWindow, offset: number, tell: TellDamage): AsyncGenerator<WarcRecord, MemberEnd> {
  const { content, end } = openMember(file, offset);
  const found: Damage[] = [];
  try {
    const reader = new ByteReader(content);
    for (let outcome: Outcome = 'read'; outcome === 'read';) {
      outcome = yield* oneRecord(reader, { offset, inner: reader.position }, (damage) => found.push(damage));
    }
    for await (const _rest of content);
  } finally {
    await content.return(undefined);
  }
  const ending = end();
  // What is wrong with the records of a member that is itself cut or damaged follows from that, and is not told twice.
  if (ending.is === 'whole') found.forEach(tell);
  if (ending.is === 'truncated') tell({ kind: 'truncated', offset, detail: 'the file ends within this gzip member' });
  if (ending.is === 'damaged') tell({ kind: 'damaged-member', offset, detail: `gzip member: ${ending.why}` });
  return ending;
}

async function* plainRecords(file: FileWindow, tell: TellDamage, from: number): AsyncGenerator<WarcRecord> {
  let start = from;
  let reader = new ByteReader(bytesFrom(file, start));
  for (;;) {
    const offset = start + reader.position;
    const outcome = yield* oneRecord(reader, { offset, inner: 0 }, tell);
    if (outcome === 'end') return;
    if (outcome === 'read') continue;
    // The block claims more than the file has: what follows its head may be the next record all the same.
    start = offset + 1;
    reader = new ByteReader(bytesFrom(file, start));
    if (!(await reader.skipToLine(recordMark))) return;
  }
}

type Outcome = 'read' | 'end' | 'lost';

async function* oneRecord(reader: ByteReader, place: Place, tell: TellDamage): AsyncGenerator<WarcRecord, Outcome> {
  if (!(await skipBlank(reader))) return 'end';
  const say = (kind: DamageKind, detail: string): void => tell({ kind, offset: place.offset, detail });
  const head = await readHead(reader);
  if ('broken' in head) {
    say('broken-head', head.broken);
    return (await reader.skipToLine(recordMark)) ? 'read' : 'end';
  }
  if (head.oddities.length > 0) say('oddity', head.oddities.join(', '));
  const block = boundedBlock(reader, head.contentLength);
  yield { ...place, ...head, block: block.bytes };
  const missing = await block.finish();
  if (missing > 0) {
    say('short-block', `the block lacks ${missing} of ${head.contentLength} bytes`);
    return 'lost';
  }
  return (await endOfRecord(reader, say)) ? 'read' : 'end';
}

/** Blank lines between records are passed over; false at the end. */
async function skipBlank(reader: ByteReader): Promise<boolean> {
  for (;;) {
    const [next] = await reader.peek(1);
    if (next === undefined) return false;
    if (next !== 0x0d && next !== 0x0a) return true;
    await reader.take(1);
  }
}

type GoodHead = Pick<WarcRecord, 'contentLength'> & { readonly head: RecordHead; readonly oddities: readonly string[] };

async function readHead(reader: ByteReader): Promise<GoodHead | { readonly broken: string }> {
  const bytes = await reader.untilEmptyLine(longestHeadBytes);
  if (bytes === undefined) return { broken: `a head that does not end within ${longestHeadBytes} bytes` };
  const head = parseHead(bytes);
  if ('broken' in head) return head;
  const contentLength = contentLengthOf(head);
  return typeof contentLength === 'number' ? { head, contentLength, oddities: head.oddities } : contentLength;
}

interface BoundedBlock {
  readonly bytes: AsyncIterable<Buffer>;
  /** Passes over what was not read; gives the number of bytes that were not there. */
  finish(): Promise<number>;
}

function boundedBlock(reader: ByteReader, length: number): BoundedBlock {
  let left = length;
  async function* bytes(): AsyncGenerator<Buffer> {
    while (left > 0) {
      const piece = await reader.take(left);
      if (piece === undefined) return;
      left -= piece.length;
      yield piece;
    }
  }
  return {
    bytes: bytes(),
    async finish() {
      for await (const _piece of bytes());
      return left;
    },
  };
}

async function endOfRecord(reader: ByteReader, say: (kind: DamageKind, detail: string) => void): Promise<boolean> {
  const end = (await reader.peek(4)).toString('latin1');
  if (end === '\r\n\r\n') {
    await reader.exactly(4);
    return true;
  }
  if (end === '') {
    say('truncated', 'the file ends before the end of the record');
    return false;
  }
  if (/^\r?\n\r?\n/.test(end)) {
    say('oddity', 'the record ends without CR');
    return true;
  }
  say(
    'no-record-end',
    'the record does not end with two line ends: its Content-Length is wrong, or the file is damaged',
  );
  return reader.skipToLine(recordMark);
}
