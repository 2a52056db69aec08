// A clock on which every wait passes at once: for trials of days and weeks in which only the order of things matters.
import type { Clock } from '../../src/outside/clock.ts';

export function passingClock(startMs = Date.parse('2026-03-10T13:00:00Z')): Clock & { set(nowMs: number): void } {
  let nowMs = startMs;
  return {
    now: () => Math.floor(nowMs),
    monotonic: () => nowMs,
    async sleep(durationMs, signal) {
      signal?.throwIfAborted();
      nowMs += Math.max(0, durationMs);
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    },
    set: (ms) => void (nowMs = ms),
  };
}
