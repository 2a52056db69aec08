// Steps on the disk that are tried again until they succeed: none is given up while the process runs.
// Takes steps; leaves them done, somebody told as long as the disk refuses any, and told once when it refuses none.
import { describeError } from '../domain/operator-error.ts';
import type { Clock } from '../outside/clock.ts';
import { hasCode } from '../outside/disk.ts';
import type { Log } from '../outside/log.ts';
import { onceAMinute } from './once-a-minute.ts';
import { type RefusalParts, tellRecovery, tellRefusal } from './refusal.ts';

/** What goes to the disk beside each other: one may be refused while another is taken. */
export type Way = 'lines' | 'closings' | 'syncs';

export interface Step<T> {
  perform(): Promise<T>;
  /** After an error, before the next try. */
  recover(error: unknown): Promise<void>;
}

export interface PersistenceParts extends RefusalParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly waitingBytes: () => number;
  /** Is called at each refusal, before anything is tried again. */
  readonly onRefused: () => void;
}

const longestRetryMs = 1_000;
/** Tries that a stopping process makes, about 3 s together. */
const lastTries = 6;

export class Persistence {
  readonly #parts: PersistenceParts;
  readonly #refused = new Set<Way>();
  /** Also at first: a process before this one may have told that the disk refuses. */
  #isTold = true;
  #isFinishing = false;
  readonly #seldom: (say: () => void) => void;

  constructor(parts: PersistenceParts) {
    this.#parts = parts;
    this.#seldom = onceAMinute(parts.clock);
  }

  /** The disk refused lines or the closing of a minute the last time. */
  get isRefused(): boolean {
    return this.#refused.has('lines') || this.#refused.has('closings');
  }

  /** From now on a step that fails again and again ends with `GaveUp`. */
  finish(): void {
    this.#isFinishing = true;
  }

  /** Resolves once the step is done; rejects with `GaveUp` only. */
  async persist<T>(way: Way, { perform, recover }: Step<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        const done = await perform();
        this.accepted(way);
        return done;
      } catch (error) {
        // Somebody took a folder away, as ship does with old empty ones: it is made anew at the next try.
        if (hasCode(error, 'ENOENT') && tries === 1) continue;
        this.#refused.add(way);
        this.#parts.onRefused();
        await recover(error);
        this.refused(way, error);
        if (this.#isFinishing && tries >= lastTries) throw new GaveUp();
        await this.#parts.clock.sleep(Math.min(50 * 2 ** tries, longestRetryMs));
      }
    }
  }

  refused(way: Way, error: unknown): void {
    this.#refused.add(way);
    this.#isTold = true;
    tellRefusal(error, this.#parts);
    const { log, waitingBytes } = this.#parts;
    this.#seldom(() => log.warn('spool.refused', { reason: describeError(error), waitingBytes: waitingBytes() }));
  }

  accepted(way: Way): void {
    this.#refused.delete(way);
    if (!this.#isTold || this.#refused.size > 0) return;
    this.#isTold = false;
    tellRecovery(this.#parts);
  }
}

/** The disk refused to the last. */
export class GaveUp extends Error {}
