// What a process that is killed had certainly received and written, seen from outside: all that was sent before a moment at which
// nothing was on its way to it, and since which each of its threads was seen at rest. Takes a process and the emulator that it
// hears; leaves the ledger's records, judged by that.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Emulator } from '../../src/emulate/emulator.ts';
import type { LedgerRecord } from '../../src/emulate/ledger.ts';
import type { Clock } from '../../src/outside/clock.ts';
import type { Child } from '../support/child.ts';

/** The life of a process, by the emulator's clock. */
export interface Life {
  readonly beganMs: number;
  /**
   * All that was sent to it before this moment it had received and written; -Infinity where that was never seen. Undefined for a
   * process that ended in order: then the ledger's word holds.
   */
  readonly writtenUpToMs: number | undefined;
}

interface Watch {
  readonly forMs: number;
  readonly clock: Clock;
  readonly emulator: Pick<Emulator, 'port' | 'listeners'>;
}

const betweenLooksMs = 10;

/** Waits, and looks meanwhile how far the process has come: up to when it has written what was sent to it. */
export async function liveOn({ process: child }: Child, { forMs, clock, emulator }: Watch): Promise<number> {
  const progress = new Progress();
  const endMs = performance.now() + forMs;
  for (let leftMs = forMs; leftMs > 0; leftMs = endMs - performance.now()) {
    await pause(Math.min(betweenLooksMs, leftMs));
    const sentMs = clock.now();
    const isAllRead = emulator.listeners.every(({ isTaken }) => isTaken) && bytesUnderWay(emulator.port) === 0;
    progress.look(isAllRead ? sentMs : undefined, threadsOf(Number(child.pid)));
  }
  return progress.writtenUpToMs;
}

/** What comes while a minute closes and the next one opens waits for so many steps of the disk, syncs among them, at most. */
const longestWaySteps = 12;

/**
 * What was read is handed to the kernel in steps, for each of which the main thread has its turn and comes to rest, and then each of
 * those that write. They need not rest at the same time: some thread of a busy ingest always syncs.
 */
class Progress {
  writtenUpToMs = Number.NEGATIVE_INFINITY;
  #readUpToMs: number | undefined;
  /** Threads that have not been seen at rest in this step; undefined before the main thread was. */
  #working: readonly string[] | undefined;
  #steps = 0;

  /** `readUpToMs`: all that was sent until then has been read; undefined where something is on its way. */
  look(readUpToMs: number | undefined, threads: readonly Thread[]): void {
    if (this.#readUpToMs === undefined) [this.#readUpToMs, this.#steps, this.#working] = [readUpToMs, 0, undefined];
    if (this.#readUpToMs === undefined) return;
    const atWork = threads.filter(({ isAtRest }) => !isAtRest).map(({ id }) => id);
    if (this.#working === undefined && threads[0]?.isAtRest) this.#working = atWork;
    this.#working = this.#working?.filter((id) => atWork.includes(id));
    if (this.#working === undefined || this.#working.length > 0) return;
    this.#working = undefined;
    if (++this.#steps < longestWaySteps) return;
    this.writtenUpToMs = this.#readUpToMs;
    this.#readUpToMs = undefined;
  }
}

interface Thread {
  readonly id: string;
  /** It sleeps: it neither runs nor waits for its turn or the disk. */
  readonly isAtRest: boolean;
}

/** The threads of a process, the main one first; none where it has ended. */
function threadsOf(pid: number): Thread[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .sort((a, b) => Number(a) - Number(b))
      .map((id) => {
        const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8');
        return { id, isAtRest: stat[stat.lastIndexOf(')') + 2] === 'S' };
      });
  } catch {
    return [];
  }
}

const listening = '0A';

/** Bytes in the kernel's queues of all connections with that port of this machine, at either end, by proc(5). */
function bytesUnderWay(port: number): number {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .slice(1)
    .map((row) => row.trim().split(/\s+/))
    .filter(([, local, remote, state]) => state !== listening && (local?.endsWith(end) || remote?.endsWith(end)))
    .flatMap(([, , , , queues]) => queues?.split(':') ?? [])
    .reduce((sum, bytes) => sum + Number.parseInt(bytes, 16), 0);
}

/**
 * The emulator goes by time: what it handed over a second before a connection broke is sure to it. A process that waits for its turn
 * on a busy machine may not have read that; and of one that was seen at rest much younger lines are sure. What the kernel holds
 * unread dies with the process: nobody can say that it was received.
 */
export function judge(record: LedgerRecord, lives: readonly Life[]): LedgerRecord {
  if (!('sha256' in record)) return record;
  // What was sent after the death, and before the emulator learnt of it, is the dead process's too.
  const writtenUpToMs = lives.findLast(({ beganMs }) => beganMs <= record.at)?.writtenUpToMs;
  if (writtenUpToMs === undefined) return record;
  return { ...record, what: record.at < writtenUpToMs ? 'sure' : 'unsure' };
}
