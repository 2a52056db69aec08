// What a start finds: minutes that a dead process left open, and the time in which it was dead.
// Takes the spool and the time; leaves every older `.part` closed, the newest ready to be continued, and the coverage up to now.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { emptyDigest, minuteFolder, parseMinuteFileName, parsePartName } from '../domain/minute-file.ts';
import { endOfMinute, type Minute, minuteMs, minuteName, minuteOf, startOfMinute } from '../domain/time.ts';
import type { Clock } from '../outside/clock.ts';
import type { Log } from '../outside/log.ts';
import { hourFolders } from '../outside/minute-tree.ts';
import type { Aside } from './aside.ts';
import { Coverage, type CoverageState, type Gap } from './coverage.ts';
import { Closing } from './closing.ts';
import type { Claims } from './empty-minute.ts';
import type { Memory, Over } from './memory.ts';
import { mendPart } from './mend-part.ts';
import { MinutePart } from './minute-part.ts';
import { type OpenMinute, openMinute, partPath, type Spool } from './open-minute.ts';
import type { DigestThread } from './running-digest.ts';

export interface TakeUpParts {
  readonly log: Log;
  readonly aside: Aside;
  readonly thread: DigestThread;
  readonly remembered: Memory | undefined;
  readonly clock: Clock;
  readonly lateWindowMs: number;
}

export interface TakenUp {
  readonly coverage: Coverage;
  /** The minute that is open: the current one, or the first of those that must be closed now. */
  readonly minute: Minute;
  readonly open: OpenMinute | undefined;
  /** Minutes before it that have no file, and were not heard. */
  readonly unmade: readonly Minute[];
  /** Of the newest minute that was closed. */
  readonly claims: Claims | undefined;
  /** Gaps of the process before this one that the ledger may lack: those that it could not write, and one that went on when it died. */
  readonly gaps: readonly Gap[];
}

/** A minute that lies so far ahead is no longer waited for: the clock was wrong, and is obeyed now. */
const toleratedAhead = 5;

export async function takeUp(spool: Spool, parts: TakeUpParts): Promise<TakenUp> {
  const { remembered, clock, lateWindowMs } = parts;
  const nowMs = clock.now();
  const { left, closed } = await withoutClosed(spool, await listMinutes(spool), parts.log);
  const current = minuteOf(nowMs);
  const newest = openMinuteOf({ left, closed, remembered, current });
  const oldest = current - Math.floor(lateWindowMs / minuteMs);
  const minute = Math.max(newest, oldest);
  const covered = new Coverage(coverageAt(wholeMinute(remembered, { left, closed }), minute, nowMs));
  // Nothing is known of a minute that was open elsewhere than memory says: then it counts as not connected.
  if (remembered?.minute !== minute || remembered.isClosed || !left.includes(minute))
    covered.beganLate(minute, Math.min(nowMs, endOfMinute(minute)));
  // A clock that was put back: what was not heard before that minute began once more is not known, and would be its seconds.
  if (nowMs < startOfMinute(minute)) covered.beganLate(minute, endOfMinute(minute));
  const known = new Map(remembered?.unclosed?.heard.map((over) => [over.minute, over.connectedSeconds]));
  if (remembered) known.set(remembered.minute, covered.connectedSeconds(remembered.minute));
  for (const over of left.filter((part) => part !== minute))
    await closeLeft(spool, { minute: over, connectedSeconds: known.get(over) ?? 0 }, parts);
  const adopted = left.includes(minute) ? await adopt(spool, minute, parts) : undefined;
  if (adopted?.isDamaged) covered.beganLate(minute, Math.min(nowMs, endOfMinute(minute)));
  covered.passed(nowMs);
  return {
    coverage: covered,
    minute,
    open: adopted?.open,
    unmade: unmade({ left, closed, remembered, minute, oldest }),
    claims: remembered?.claims,
    gaps: [...(remembered?.unwritten ?? []), ...gapLeft(remembered)],
  };
}

/**
 * A death between the close of a minute and the next memory: the name says what was known by then. One that says as much as if all
 * until the minute's end was heard was closed at its end; a clean stop's would say less.
 */
function wholeMinute(remembered: Memory | undefined, { left, closed }: Listed): Memory | undefined {
  if (remembered === undefined || remembered.isClosed || left.includes(remembered.minute)) return remembered;
  const { minute, coverage } = remembered;
  const whole = { ...coverage, certainMs: Math.max(coverage.certainMs, endOfMinute(minute)) };
  const isWhole =
    coverage.gap === undefined && closed.get(minute)?.seconds.has(new Coverage(whole).connectedSeconds(minute));
  return isWhole ? { ...remembered, coverage: whole } : remembered;
}

/** Coverage as remembered, with a gap since; without memory, one that begins with the minute that is open. */
function coverageAt(remembered: Memory | undefined, minute: Minute, nowMs: number): CoverageState {
  if (remembered === undefined) {
    const isFirst = minute >= minuteOf(nowMs);
    const certainMs = isFirst ? nowMs : startOfMinute(minute);
    return { certainMs, broken: [], gap: { fromMs: certainMs, cause: isFirst ? 'starting' : 'process-dead' } };
  }
  const { broken, gap } = remembered.coverage;
  const certainMs = Math.min(remembered.coverage.certainMs, nowMs);
  if (!remembered.isClosed) return { certainMs, broken, gap: { fromMs: certainMs, cause: 'process-dead' } };
  // Who stops in a silence cannot call it heard: the gap is as old as that.
  const fromMs = gap?.cause === 'stopped' ? Math.min(gap.fromMs, certainMs) : certainMs;
  return { certainMs, broken, gap: { fromMs, cause: 'stopped' } };
}

function gapLeft(remembered: Memory | undefined): Gap[] {
  if (remembered === undefined || remembered.isClosed) return [];
  const { gap, certainMs } = remembered.coverage;
  return gap === undefined ? [] : [{ ...gap, toMs: certainMs }];
}

interface Listed {
  readonly left: Minute[];
  /** What the names of closed files say. */
  readonly closed: Map<Minute, { readonly digests: Set<string>; readonly seconds: Set<number> }>;
}

/**
 * A file system without a journal may come back from a power cut with one file under two names, before and after its closing. To write
 * on would change a closed file: such a `.part` goes.
 */
async function withoutClosed(spool: Spool, listed: Listed, log: Log): Promise<Listed> {
  const left: Minute[] = [];
  for (const minute of listed.left) {
    const path = partPath(spool, minute);
    const digest = await digestOf(spool, path);
    // An empty one would change nothing, and is mostly a minute that has just begun.
    const isClosed = digest.slice(0, 16) !== emptyDigest && listed.closed.get(minute)?.digests.has(digest) === true;
    if (!isClosed) left.push(minute);
    else await spool.disk.remove(path);
    if (isClosed) log.info('minute-file.was-closed', { minute: minuteName(minute) });
  }
  return { ...listed, left };
}

async function digestOf({ disk }: Spool, path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of disk.chunks(path)) hash.update(chunk);
  return hash.digest('hex').slice(0, 16);
}

interface Found {
  /** Minutes with a `.part`. */
  readonly left: readonly Minute[];
  /** Minutes with a closed file. */
  readonly closed: ReadonlyMap<Minute, unknown>;
  readonly remembered: Memory | undefined;
  readonly current: Minute;
}

interface Range {
  readonly oldest: Minute;
  /** The newest, which is open. */
  readonly minute: Minute;
}

/** The minute to go on with: the newest that was open; after it was closed, the first one that follows and was not. */
function openMinuteOf({ left, closed, remembered, current }: Found): Minute {
  const candidates = [...left, ...(remembered === undefined ? [] : [remembered.minute])].filter(
    (minute) => minute <= current + toleratedAhead,
  );
  const newestClosed = Math.max(...[...closed.keys()].filter((minute) => minute <= current));
  if (candidates.length === 0) return Math.min(current, Number.isFinite(newestClosed) ? newestClosed + 1 : current);
  const newest = Math.max(...candidates);
  if (left.includes(newest)) return newest;
  const isOver = remembered?.isClosed || closed.has(newest);
  if (!isOver || newest >= current) return newest;
  // Memory may be older than several closes: a start that made up for dead minutes was killed before it could remember.
  let next = newest + 1;
  while (next < current && closed.has(next)) next++;
  return next;
}

/**
 * A minute is begun beside the closings of those before it. A death then leaves it, and no trace of those that had no `.part`: they
 * were not heard, and lie behind what is remembered.
 */
function unmade({ left, closed, remembered, minute, oldest }: Omit<Found, 'current'> & Range): Minute[] {
  if (remembered === undefined) return [];
  const unclosed = remembered.unclosed?.since ?? remembered.minute + (remembered.isClosed ? 1 : 0);
  const first = Math.max(unclosed, oldest);
  return Array.from({ length: Math.max(0, minute - first) }, (_, index) => first + index).filter(
    (each) => !left.includes(each) && !closed.has(each),
  );
}

async function listMinutes({ root, disk }: Spool): Promise<Listed> {
  const left: Minute[] = [];
  const closed: Listed['closed'] = new Map();
  for await (const folder of hourFolders(disk.list, root)) {
    for (const { name } of await disk.list(join(root, folder))) {
      const part = parsePartName(name);
      const file = parseMinuteFileName(name);
      if (part !== undefined && minuteFolder(part) === folder) left.push(part);
      if (file === undefined) continue;
      const said = closed.get(file.minute) ?? { digests: new Set(), seconds: new Set() };
      closed.set(file.minute, said);
      said.digests.add(file.digest);
      said.seconds.add(file.connectedSeconds);
    }
  }
  return { left, closed };
}

/** Opens what was left, mended. Where whole lines were lost among others nobody can say which seconds are whole. */
async function adopt(
  spool: Spool,
  minute: Minute,
  { aside, log, thread }: TakeUpParts,
): Promise<{ open: OpenMinute; isDamaged: boolean }> {
  const state = await mendPart(spool, partPath(spool, minute), aside);
  if (state !== 'whole') log.warn('line.torn', { minute: minuteName(minute), state });
  return { open: await openMinute(spool, minute, { thread }), isDamaged: state === 'damaged' };
}

async function closeLeft(spool: Spool, { minute, ...over }: Over, parts: TakeUpParts): Promise<void> {
  const { log, remembered } = parts;
  const { open, isDamaged } = await adopt(spool, minute, parts);
  const connectedSeconds = isDamaged ? 0 : over.connectedSeconds;
  const part = new MinutePart({ spool, ...parts }, minute, open);
  const closing = new Closing({ minute, connectedSeconds, part });
  const { file } = await closing.carryOut(spool, remembered?.claims);
  log.info('minute-file.closed', {
    minute: minuteName(minute),
    lines: file.lines,
    connectedSeconds: file.connectedSeconds,
    takenUp: true,
  });
}
