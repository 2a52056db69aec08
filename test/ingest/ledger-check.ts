// Compares what the emulator's ledger says was sent with what ingest left in its spool: lines, gaps, minutes.
// Takes both; leaves sentences about every difference, none where all is well.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { minuteName, startOfMinute } from '../../src/domain/time.ts';
import { digestOf, type LedgerEvent, type LedgerLine, type LedgerRecord } from '../../src/emulate/ledger.ts';
import { type ReadMinute, rememberedCoverage, withoutNote } from './journey.ts';

export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ReadGap extends Interval {
  readonly cause: string;
}

export function readGaps(spool: string): ReadGap[] {
  const path = join(spool, 'gaps.jsonl');
  const lines = (existsSync(path) ? readFileSync(path, 'utf8') : '').trimEnd().split('\n').filter(Boolean);
  return lines.map((line) => {
    const { from, to, cause } = JSON.parse(line) as Record<string, string>;
    return { fromMs: Date.parse(from ?? ''), toMs: Date.parse(to ?? ''), cause: cause ?? '' };
  });
}

/** Each gap of the ledger as `13:00:20 13:00:40 stopped`. */
export const gapsBriefly = (spool: string): string[] =>
  readGaps(spool).map(({ fromMs, toMs, cause }) =>
    [...[fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(11, 19)), cause].join(' '),
  );

const endless = Number.MAX_SAFE_INTEGER;

/** The time since which nothing is heard, when ingest has stopped. */
export function readUnfinishedGap(spool: string): Interval {
  const { gap } = rememberedCoverage(spool);
  if (gap === undefined) throw new Error(`${spool} remembers no gap that goes on`);
  return { fromMs: gap.fromMs, toMs: endless };
}

/** Every sure line stands once for each time it was sent; nothing stands that was not sent. `isExcused`: a sure line that may be missing. */
export function lineDifferences(
  ledger: readonly LedgerRecord[],
  minutes: readonly ReadMinute[],
  isExcused: (line: LedgerLine) => boolean = () => false,
): string[] {
  const most = new Map<string, number>();
  const least = new Map<string, LedgerLine[]>();
  for (const record of ledger) {
    if (record.what !== 'sure' && record.what !== 'unsure') continue;
    most.set(record.sha256, (most.get(record.sha256) ?? 0) + 1);
    if (record.what === 'sure' && !isExcused(record))
      least.set(record.sha256, [...(least.get(record.sha256) ?? []), record]);
  }
  const stored = new Map<string, number>();
  const differences: string[] = [];
  for (const { text, name } of minutes) {
    for (const line of text.split('\n').slice(0, -1)) {
      const sha256 = digestOf(Buffer.from(withoutNote(line)));
      const count = (stored.get(sha256) ?? 0) + 1;
      stored.set(sha256, count);
      if (count > (most.get(sha256) ?? 0)) differences.push(`${name}: was not sent so often: ${line.slice(0, 100)}`);
    }
  }
  for (const [sha256, lines] of least) {
    if ((stored.get(sha256) ?? 0) < lines.length)
      differences.push(
        `missing: ${lines.map(({ id, at, connection }) => `${id} at ${new Date(at).toISOString()} on ${connection}`).join(', ')}`,
      );
  }
  return differences;
}

/** Each minute from the first to the last has one file, and its seconds are those that no gap touches. `mayClaimLess`: a death may cost the knowledge of seconds. */
export function minuteDifferences(
  minutes: readonly ReadMinute[],
  gaps: readonly Interval[],
  { startMs, mayClaimLess = false }: { startMs: number; mayClaimLess?: boolean },
): string[] {
  const differences: string[] = [];
  for (const [index, { minute, name }] of minutes.entries()) {
    const before = minutes[index - 1];
    if (before !== undefined && minute !== before.minute + 1)
      differences.push(`${name} follows ${minuteName(before.minute)}`);
  }
  const broken = [...gaps, { fromMs: 0, toMs: startMs }];
  for (const { minute, connectedSeconds, name } of minutes) {
    const begins = startOfMinute(minute);
    const seconds = Array.from({ length: 60 }, (_, second) => begins + second * 1000);
    const heard = seconds.filter((at) => !broken.some(({ fromMs, toMs }) => fromMs < at + 1000 && toMs > at)).length;
    if (connectedSeconds > heard || (connectedSeconds < heard && !mayClaimLess))
      differences.push(`${name}: by the gaps it would be ${heard} s`);
  }
  return differences;
}

interface Connection {
  readonly openedMs: number;
  readonly lastLineMs: number;
  readonly overMs: number;
  readonly what: LedgerEvent['what'];
}

function connectionsOf(ledger: readonly LedgerRecord[]): Connection[] {
  const byNumber = new Map<
    number,
    { openedMs: number; lastLineMs: number; overMs: number; what: LedgerEvent['what'] }
  >();
  for (const record of ledger) {
    const known = byNumber.get(record.connection) ?? {
      openedMs: record.at,
      lastLineMs: record.at,
      overMs: Infinity,
      what: 'opened',
    };
    byNumber.set(record.connection, known);
    if (record.what === 'sure' || record.what === 'unsure')
      known.lastLineMs = Math.max(known.lastLineMs, record.what === 'sure' ? record.at : 0);
    else if (record.what === 'opened') known.openedMs = record.at;
    else [known.overMs, known.what] = [record.at, record.what];
  }
  return [...byNumber.values()].sort((a, b) => a.openedMs - b.openedMs);
}

/** Gaps that follow each other without a connection between them (an answer that was a stream for no time) are one. */
function joined(intervals: readonly Interval[], connectedAt: ReadonlySet<number>): Interval[] {
  const list: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of [...intervals].sort((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs)) {
    const last = list.at(-1);
    if (last !== undefined && fromMs <= last.toMs && !connectedAt.has(fromMs)) last.toMs = Math.max(last.toMs, toMs);
    else list.push({ fromMs, toMs });
  }
  return list;
}

/**
 * Between two connections lies one gap: it ends with the second one, and began between the first one's last sure line and its end.
 * Who stops without a connection has one more, up to the stop (`endMs`), or one that is not finished.
 */
export function gapDifferences(
  ledger: readonly LedgerRecord[],
  gaps: readonly Interval[],
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): string[] {
  const stop = { openedMs: endMs, lastLineMs: endMs, overMs: endMs, what: 'ended' as const };
  const connections = [...connectionsOf(ledger), stop];
  const found = joined(gaps, new Set(connections.map(({ openedMs }) => openedMs)));
  const differences: string[] = [];
  const claimed = new Set<Interval>();
  const clock = (epochMs: number): string => new Date(epochMs).toISOString().slice(11, 23);
  for (const [index, { openedMs }] of connections.entries()) {
    const before = connections[index - 1] ?? { lastLineMs: startMs, overMs: startMs };
    const isStop = index === connections.length - 1;
    const gap = found.find(({ toMs }) => toMs === openedMs || (isStop && toMs === endless));
    if (gap) claimed.add(gap);
    const isRight = gap
      ? gap.fromMs >= before.lastLineMs && gap.fromMs <= before.overMs
      : openedMs === before.overMs || before.lastLineMs === openedMs;
    if (!isRight)
      differences.push(
        `connected at ${clock(openedMs)}, before that until ${clock(before.overMs)} (last line ${clock(before.lastLineMs)}), but the gap is ${gap ? `${clock(gap.fromMs)} to ${clock(gap.toMs)}` : 'none'}`,
      );
  }
  for (const gap of found)
    if (!claimed.has(gap) && gap.toMs !== endless)
      differences.push(`a gap without a cause: ${clock(gap.fromMs)} to ${clock(gap.toMs)}`);
  return differences;
}
