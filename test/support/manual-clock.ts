// A clock that tests wind by hand: no test waits for time to pass.
import type { Clock } from '../../src/outside/clock.ts';
import { quiet } from './quiet.ts';

export interface ManualClock extends Clock {
  /** Lets time pass in order: wakes each sleeper at its moment, and lets what it started come to its end, before going on. */
  pass(durationMs: number): Promise<void>;
  /** Steps the wall clock only (NTP, a suspended machine), forward or back. */
  step(byMs: number): void;
  /** How many sleep. */
  readonly sleeping: number;
}

/** Several turns of the event loop, so that promises and I/O that are due have run. */
export async function settle(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** `rest` lets run what a moment started, before time passes on: by itself all that this process does, its disk and network included. */
export function manualClock(
  startMs = Date.parse('2026-03-10T13:00:00Z'),
  rest: () => Promise<void> = quiet,
): ManualClock {
  let elapsedMs = 0;
  let wallMs = startMs;
  const sleepers = new Set<{ dueMs: number; wake: () => void }>();
  return {
    now: () => Math.floor(wallMs),
    monotonic: () => elapsedMs,
    sleep: (durationMs, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const onAbort = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason as Error);
        };
        const sleeper = {
          dueMs: elapsedMs + Math.max(durationMs, 0),
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        sleepers.add(sleeper);
      }),
    async pass(durationMs) {
      const endMs = elapsedMs + durationMs;
      for (;;) {
        await rest();
        const next = [...sleepers].filter((sleeper) => sleeper.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
        if (next === undefined) break;
        wallMs += next.dueMs - elapsedMs;
        elapsedMs = next.dueMs;
        next.wake();
      }
      wallMs += endMs - elapsedMs;
      elapsedMs = endMs;
      await rest();
    },
    step(byMs) {
      wallMs += byMs;
    },
    get sleeping() {
      return sleepers.size;
    },
  };
}
