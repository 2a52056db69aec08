// Work that is waited for no longer than so long. Takes a promise; leaves whether it came in time.
import type { Clock } from './clock.ts';

/** Did the work end in time? Rejects as the work does. It is not stopped. */
export async function within(mostMs: number, work: Promise<unknown>, { clock }: { clock: Clock }): Promise<boolean> {
  const done = new AbortController();
  const late = clock.sleep(mostMs, done.signal).then(
    () => false,
    () => true,
  );
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    done.abort(new Error('no longer waited for'));
  }
}
