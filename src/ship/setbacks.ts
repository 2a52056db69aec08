// Files that failed, and wait while others go: one bad file never blocks the others. Takes failures and the time;
// leaves which files may be tried now. Kept in memory only: a restart tries everything at once, which does no harm.
import { fileWaitMs } from './plan.ts';

export interface Setbacks {
  /** May this file be tried at that time? */
  isDue(name: string, now: number): boolean;
  /** A file failed at that time. Leaves how long it waits now, in ms. */
  failed(name: string, now: number): number;
  /** How often it failed in a row; 0 for most. */
  failures(name: string): number;
  /** A file came through, or is gone. */
  forget(name: string): void;
  /** Forgets every file that does not wait any more. */
  keepOnly(names: ReadonlySet<string>): void;
  readonly count: number;
}

/** `now` is monotonic time in ms throughout. */
export function setbacks(): Setbacks {
  const byName = new Map<string, { failures: number; dueMs: number }>();
  return {
    isDue: (name, now) => (byName.get(name)?.dueMs ?? now) <= now,
    failed(name, now) {
      const failures = (byName.get(name)?.failures ?? 0) + 1;
      const waitMs = fileWaitMs(failures);
      byName.set(name, { failures, dueMs: now + waitMs });
      return waitMs;
    },
    failures: (name) => byName.get(name)?.failures ?? 0,
    forget: (name) => void byName.delete(name),
    keepOnly(names) {
      for (const name of byName.keys()) if (!names.has(name)) byName.delete(name);
    },
    get count() {
      return byName.size;
    },
  };
}
