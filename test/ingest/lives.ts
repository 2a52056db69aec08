// What a process that is killed had certainly received and written, seen from outside: all that was sent before a moment at which
// nothing was on its way to it, and after which it was seen doing nothing but syncing. Takes a process and the emulator that it
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
  let writtenUpToMs = Number.NEGATIVE_INFINITY;
  const endMs = performance.now() + forMs;
  for (let leftMs = forMs; leftMs > 0; leftMs = endMs - performance.now()) {
    await pause(Math.min(betweenLooksMs, leftMs));
    const sentMs = clock.now();
    const isAllRead = emulator.listeners.every(({ isTaken }) => isTaken) && bytesUnderWay(emulator.port) === 0;
    if (isAllRead && isIdle(Number(child.pid))) writtenUpToMs = sentMs;
  }
  return writtenUpToMs;
}

/**
 * Was there a moment at which no thread of the process had anything to do, syncs aside? What it had read until then is with the
 * kernel: a line that was not would have a thread that writes it, or waits for its turn to. A line that waits for a sync has none,
 * and is none the less called written: nothing received may wait for one.
 */
function isIdle(pid: number): boolean {
  const first = restOf(pid);
  if (first === undefined) return false;
  // Who slept at both looks and did not run in between slept at the moment between them, as all others did.
  return first === restOf(pid);
}

/** Each thread of a process and how often it ran until now; undefined where one of them is at work, or all have ended. */
function restOf(pid: number): string | undefined {
  try {
    const threads: string[] = [];
    for (const id of readdirSync(`/proc/${pid}/task`)) {
      const thread = `/proc/${pid}/task/${id}`;
      const status = readFileSync(`${thread}/status`, 'utf8');
      if (!/^State:\s+S/m.test(status) && !isSyncing(thread)) return undefined;
      threads.push(`${id} ${status.match(/^(?:non)?voluntary_ctxt_switches:.*$/gm)?.join()}`);
    }
    return threads.join('\n');
  } catch {
    return undefined;
  }
}

/** Numbers of fsync and fdatasync. */
const syncCalls = { x64: ['74', '75'], arm64: ['82', '83'] };

/** By proc(5); false where this machine does not tell. */
function isSyncing(thread: string): boolean {
  const calls = syncCalls[process.arch as keyof typeof syncCalls] ?? [];
  try {
    return calls.includes(readFileSync(`${thread}/syscall`, 'utf8').split(' ', 1)[0] ?? '');
  } catch {
    return false;
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
 * unread dies with the process: nobody can say that it was received. A line is that process's which opened its connection: the
 * emulator learns of a death later than we do, and goes on sending to the dead while the next one begins.
 */
export function judged(ledger: readonly LedgerRecord[], lives: readonly Life[]): LedgerRecord[] {
  const lifeOf = new Map<number, Life | undefined>();
  for (const { what, connection, at } of ledger)
    if (what === 'opened')
      lifeOf.set(
        connection,
        lives.findLast(({ beganMs }) => beganMs <= at),
      );
  return ledger.map((record) => {
    const writtenUpToMs = lifeOf.get(record.connection)?.writtenUpToMs;
    if (!('sha256' in record) || writtenUpToMs === undefined) return record;
    return { ...record, what: record.at < writtenUpToMs ? 'sure' : 'unsure' };
  });
}
