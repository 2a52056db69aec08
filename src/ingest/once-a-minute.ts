// What would be said each second, as of a disk that is full, is said once a minute: the log may lie on that very disk.
// Takes the clock; leaves a function that says, or is silent.
import { minuteMs } from '../domain/time.ts';
import type { Clock } from '../outside/clock.ts';

/** The function that is left calls what it is given, unless it did within the minute before. */
export function onceAMinute(clock: Pick<Clock, 'monotonic'>): (say: () => void) => void {
  let silentUntilMs = Number.NEGATIVE_INFINITY;
  return (say) => {
    if (clock.monotonic() < silentUntilMs) return;
    silentUntilMs = clock.monotonic() + minuteMs;
    say();
  };
}
