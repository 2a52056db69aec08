// Time that passes only while this process has nothing to do: months of service in the time that the work takes, however slow the machine.
// Takes a start; leaves a clock that jumps to the next moment anybody waits for, and clocks of single servers that can be stepped.
import type { Clock } from '../../src/outside/clock.ts';
import { quiet } from './quiet.ts';

/** A server's own clock: the same time, until it is stepped. */
export interface ServerClock extends Clock {
  /** Steps its wall clock by that much, forward or back; waits are not touched. */
  step(byMs: number): void;
  /** How it stood against the true time: from when (true epoch ms), and by how much it was ahead. */
  readonly standings: readonly { readonly fromMs: number; readonly aheadMs: number }[];
}

export interface QuietClock extends Clock, Disposable {
  server(): ServerClock;
}

/** Turns of the event loop in which nothing comes: few, for months of service shall not take long. */
const calmTurns = 2;

/** Nothing but beginnings lies between two marks of it. */
const gridMs = 1_000;

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

export function quietClock(startMs: number): QuietClock {
  const sleepers = new Set<Sleeper>();
  let elapsedMs = 0;
  let isOver = false;

  async function run(): Promise<void> {
    for (;;) {
      await quiet(calmTurns);
      if (isOver) return;
      const nextMs = Math.min(...[...sleepers].map(({ dueMs }) => dueMs));
      if (nextMs === Number.POSITIVE_INFINITY) continue;
      elapsedMs = Math.max(elapsedMs, nextMs);
      for (const sleeper of sleepers) if (sleeper.dueMs <= elapsedMs) sleeper.wake();
    }
  }

  const sleep = (durationMs: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const leave = (): void => {
        sleepers.delete(sleeper);
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        leave();
        reject(signal?.reason as Error);
      };
      const wake = (): void => {
        leave();
        resolve();
      };
      // Whole seconds: all that happens within one happens at its end, which is what makes months short.
      const sleeper: Sleeper = { dueMs: Math.ceil((elapsedMs + Math.max(1, durationMs)) / gridMs) * gridMs, wake };
      signal?.addEventListener('abort', onAbort, { once: true });
      sleepers.add(sleeper);
    });

  const monotonic = (): number => elapsedMs;
  const now = (): number => startMs + elapsedMs;
  void run();
  return {
    now,
    monotonic,
    sleep,
    isReplaced: true,
    server() {
      const standings = [{ fromMs: Number.NEGATIVE_INFINITY, aheadMs: 0 }];
      const aheadMs = (): number => standings.at(-1)?.aheadMs ?? 0;
      return {
        now: () => now() + aheadMs(),
        monotonic,
        sleep,
        isReplaced: true,
        step: (byMs) => void standings.push({ fromMs: now(), aheadMs: aheadMs() + byMs }),
        standings,
      };
    },
    [Symbol.dispose]: () => void (isOver = true),
  };
}
