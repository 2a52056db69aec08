// Segments put together: which records form one answer, in which order, and what is missing. Decided from entries alone.
// Source: WARC 1.1 §7 and Annex B.8. Contiguous numbers decide; a wrong WARC-Segment-Total-Length is only a warning.
import { type Entry, isAnswer, isSound } from './entry.ts';
import type { TellFinding } from './finding.ts';

/** What is there of an answer. `gap`: the first segment that is missing; `open`: the last one was never written. */
export type LogicalStatus =
  | { readonly is: 'complete' }
  | { readonly is: 'truncated'; readonly reason: string }
  | { readonly is: 'open' }
  | { readonly is: 'gap'; readonly segment: number }
  | { readonly is: 'orphan' };

export interface Logical {
  /** Of its first segment; of an orphan, what its segments name as such. */
  readonly id: string;
  readonly uri: string;
  readonly date: string;
  readonly status: LogicalStatus;
  readonly isSegmented: boolean;
  /** One of each number, ascending; after a gap they go on. */
  readonly segments: readonly Entry[];
}

const numberOf = (entry: Entry): number => entry.segmentNumber ?? (entry.type === 'continuation' ? 0 : 1);

/** Puts together what belongs together, ordered by date, URI, file and place. */
export function logicalRecords(entries: readonly Entry[], tell: TellFinding): Logical[] {
  const series = new Map<string, Entry[]>();
  for (const entry of entries.filter(isAnswer)) {
    const id = entry.type === 'continuation' ? (entry.originId ?? entry.id) : entry.id;
    const known = series.get(id);
    if (known) known.push(entry);
    else series.set(id, [entry]);
  }
  return [...series].map(([id, copies]) => logicalOf(id, copies, tell)).sort(byCapture);
}

function byCapture(a: Logical, b: Logical): number {
  return (
    compare(Date.parse(a.date), Date.parse(b.date)) ||
    compare(a.date, b.date) ||
    compare(a.uri, b.uri) ||
    compare(a.segments[0]?.path ?? '', b.segments[0]?.path ?? '') ||
    (a.segments[0]?.offset ?? 0) - (b.segments[0]?.offset ?? 0)
  );
}

const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

function logicalOf(id: string, copies: readonly Entry[], tell: TellFinding): Logical {
  const numbers = [...new Set(copies.map(numberOf))].sort((a, b) => a - b);
  const segments = numbers.map((number) =>
    oneOf(
      copies.filter((copy) => numberOf(copy) === number),
      tell,
    ),
  );
  const [first] = segments as [Entry, ...Entry[]];
  const isSegmented = segments.length > 1 || first.segmentNumber !== undefined || first.type === 'continuation';
  const { uri, date } = first;
  const logical = { id, uri, date, status: statusOf(segments, isSegmented), isSegmented, segments };
  tellStatus(logical, tell);
  if (isSegmented) tellDepartures(logical, tell);
  return logical;
}

/** Of several copies of a segment one that is sound; copies that differ are told. */
function oneOf(copies: readonly Entry[], tell: TellFinding): Entry {
  const chosen = copies.find(isSound) ?? (copies[0] as Entry);
  const others = copies.filter((copy) => copy.blockDigest !== chosen.blockDigest && isSound(copy));
  for (const { path: file, offset, id: record } of others) {
    const detail = `another record of segment ${numberOf(chosen)} with other bytes stands in ${chosen.path} at ${chosen.offset}, and is the one that is used`;
    tell({ level: 'issue', kind: 'segment-twice', file, offset, record, detail });
  }
  return chosen;
}

function statusOf(segments: readonly Entry[], isSegmented: boolean): LogicalStatus {
  const [first] = segments;
  const last = segments.at(-1);
  if (first?.type === 'continuation') return { is: 'orphan' };
  const gap = segments.findIndex((segment, index) => numberOf(segment) !== index + 1);
  if (gap >= 0) return { is: 'gap', segment: gap + 1 };
  if (isSegmented && last?.totalLength === undefined) return { is: 'open' };
  return last?.truncated === undefined ? { is: 'complete' } : { is: 'truncated', reason: last.truncated };
}

/** A status in words. */
export function statusWords(status: LogicalStatus): string {
  if (status.is === 'truncated') return `truncated (${status.reason})`;
  return status.is === 'gap' ? `gap (segment ${status.segment})` : status.is;
}

function tellStatus({ id, status, segments }: Logical, tell: TellFinding): void {
  const { path: file, offset } = segments[0] as Entry;
  const about = { level: 'issue', file, offset, record: id } as const;
  if (status.is === 'gap') {
    const has = segments.map(numberOf).join(', ');
    tell({
      ...about,
      kind: 'gap',
      detail: `segment ${status.segment} is missing; there are ${has}. Look for the file that holds it.`,
    });
  }
  if (status.is === 'open') {
    tell({
      ...about,
      kind: 'open',
      detail: `no segment after ${segments.length} says that it is the last: the others are missing, or it is still being received`,
    });
  }
  if (status.is === 'orphan') {
    tell({
      ...about,
      kind: 'orphan',
      detail: 'its first segment is missing, without which the rest cannot be read. Look for the file that holds it.',
    });
  }
}

function tellDepartures({ id, status, segments }: Logical, tell: TellFinding): void {
  const [first] = segments as [Entry, ...Entry[]];
  for (const segment of segments) {
    const { path: file, offset } = segment;
    const warn = (kind: string, detail: string): void =>
      tell({ level: 'warning', kind, file, offset, record: segment.id, detail });
    if (segment.uri !== first.uri) warn('segment-uri', `its URI differs from the first segment's`);
    if (segment.date !== first.date) warn('segment-date', `its date differs from the first segment's`);
    if (segment.totalLength !== undefined && segment !== segments.at(-1))
      warn('segment-after-last', 'other segments follow the one that says it is the last');
  }
  const last = segments.at(-1);
  const sum = segments.reduce((total, segment) => total + segment.contentLength, 0);
  const isWhole = status.is === 'complete' || status.is === 'truncated';
  if (last?.totalLength === undefined || last.totalLength === sum || !isWhole) return;
  const detail = `it says ${last.totalLength} bytes for all segments, they are ${sum}; the numbers of the segments are without a gap, so all are read`;
  tell({ level: 'warning', kind: 'total-length', file: last.path, offset: last.offset, record: id, detail });
}
