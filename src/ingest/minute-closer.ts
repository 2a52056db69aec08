// The way of minutes that are over to their closed files: in order, one at a time, beside the lines of the next one.
// Takes what is to be closed without waiting; leaves minute files, and is asked what of them is not closed yet. At the end of the process
// minutes that were not heard may be left: the next start makes their files.
import type { MinuteFile } from '../domain/minute-file.ts';
import type { Minute } from '../domain/time.ts';
import type { Clock } from '../outside/clock.ts';
import { within } from '../outside/within.ts';
import { Closing, type ToClose } from './closing.ts';
import type { Claims } from './empty-minute.ts';
import type { MinutePart } from './minute-part.ts';
import type { Spool } from './open-minute.ts';
import { GaveUp, type Persistence } from './persistence.ts';

export interface CloserParts {
  readonly spool: Spool;
  readonly clock: Clock;
  readonly persistence: Persistence;
  /** Of the newest minute, as a process before this one left them. */
  readonly claims?: Claims | undefined;
}

/** As many open files may wait to be closed: a disk that takes lines and refuses names would else take all that a process may have. */
const mostParts = 8;

/** A stop makes files of minutes that were not heard for so long: it shall end within 5 s. */
const mostUnheardMs = 1_500;

interface Waiting {
  readonly closing: Closing;
  readonly closed: (file: MinuteFile) => void;
}

export class MinuteCloser {
  readonly #parts: CloserParts;
  /** The first one is being carried out. */
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #claims: Claims | undefined;
  #hasGivenUp = false;
  #wake: (() => void)[] = [];

  constructor(parts: CloserParts) {
    this.#parts = parts;
    this.#claims = parts.claims;
  }

  /** What the names of the newest closed minute say, for those who may close it once more. */
  get claims(): Claims | undefined {
    return this.#claims;
  }

  /** Files of minutes that are over and not closed. */
  get parts(): MinutePart[] {
    return this.#waiting.flatMap(({ closing: { part } }) => part ?? []);
  }

  /** Closes the minute behind all those before it, whether it has a `.part` or not. */
  close(toClose: ToClose, closed: (file: MinuteFile) => void): void {
    this.#waiting.push({ closing: new Closing(toClose), closed });
    if (!this.#hasGivenUp) this.#running ??= this.#carryOutAll();
  }

  /** undefined where another `.part` may be closed later. Else it resolves once that may be so; rejects with `GaveUp`. */
  room(): Promise<void> | undefined {
    return this.#until(() => this.parts.length < mostParts);
  }

  /** undefined where that minute may be begun: it is not being closed. Else it resolves once that may be so; rejects with `GaveUp`. */
  free(minute: Minute): Promise<void> | undefined {
    return this.#until(() => this.#waiting.every(({ closing }) => closing.minute !== minute));
  }

  /**
   * Resolves once nothing more can be closed. Who stops has no time for thousands of minutes that were not heard, as after a long death:
   * of those that are not closed soon, only the newest is.
   */
  async finish(): Promise<void> {
    if (this.#running !== undefined) await within(mostUnheardMs, this.#running, this.#parts);
    const [first, last] = [this.#waiting[0], this.#waiting.at(-1)];
    this.#waiting = this.#waiting.filter((each) => each === first || each === last || each.closing.isHeard);
    await this.#running;
    for (const part of this.parts) await part.release();
  }

  #until(isSo: () => boolean): Promise<void> | undefined {
    return isSo() ? undefined : this.#wait(isSo);
  }

  async #wait(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#hasGivenUp) throw new GaveUp();
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  async #carryOutAll(): Promise<void> {
    try {
      for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) await this.#carryOut(first);
    } catch (error) {
      if (!(error instanceof GaveUp)) throw error;
      this.#hasGivenUp = true;
    } finally {
      this.#running = undefined;
      this.#wakeAll();
    }
  }

  async #carryOut({ closing, closed }: Waiting): Promise<void> {
    const done = await this.#parts.persistence.persist('closings', {
      perform: () => closing.carryOut(this.#parts.spool, this.#claims),
      recover: async (error) => closing.part?.recover(false, error),
    });
    this.#claims = done.claims;
    this.#waiting.shift();
    closed(done.file);
    this.#wakeAll();
  }

  #wakeAll(): void {
    const woken = this.#wake;
    this.#wake = [];
    for (const wake of woken) wake();
  }
}
