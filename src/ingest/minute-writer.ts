// The way of lines to the disk, in order: batches and closings queue here, one is carried out at a time, and none is given up.
// Takes batches and closings; leaves minute files. While the disk refuses, lines wait in memory up to a bound, and somebody is told.
import type { Alerts } from '../domain/alert.ts';
import type { MinuteFile } from '../domain/minute-file.ts';
import type { Minute } from '../domain/time.ts';
import type { Clock } from '../outside/clock.ts';
import { hasCode } from '../outside/disk.ts';
import { type Batch, BatchStore } from './batch.ts';
import type { Claims } from './empty-minute.ts';
import { MinuteStore, type StoreParts } from './minute-store.ts';
import { tellRecovery, tellRefusal } from './refusal.ts';

type Task =
  | { readonly is: 'begin'; readonly minute: Minute }
  | { readonly is: 'write'; readonly batch: Batch }
  /** Is called once everything before it has been handed to the kernel. */
  | { readonly is: 'mark'; readonly reached: () => void }
  | {
      readonly is: 'close';
      readonly minute: Minute;
      readonly connectedSeconds: number;
      readonly closed: (file: MinuteFile) => void;
    };

export interface WriterParts extends StoreParts {
  readonly clock: Clock;
  readonly alerts: Alerts;
  /** What is waited for before lines go to the disk: an archive that shall have them first. */
  readonly ahead?: (() => Promise<void> | undefined) | undefined;
}

/** As many bytes may wait for a disk that refuses; above it the stream is no longer read. */
export const boundBytes = 64 * (1 << 20);
/** As many may wait for a disk that works, however slowly: a flood must not fill memory first and then wait all the same. */
const usualBoundBytes = 8 * (1 << 20);
const longestRetryMs = 1_000;
/** Tries that a stopping process makes, about 3 s together. */
const lastTries = 6;

/** Lines go in at one end without waiting; the disk takes them at the other as fast as it can. */
export class MinuteWriter {
  readonly #parts: WriterParts;
  readonly #batches = new BatchStore();
  readonly #store: MinuteStore;
  readonly #tasks: Task[] = [];
  #filling: Batch | undefined;
  #inFlight: Batch | undefined;
  #running: Promise<void> | undefined;
  #wakeDrained: (() => void)[] = [];
  #isRefused = false;
  #isSyncRefused = false;
  #isFinishing = false;
  #hasGivenUp = false;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#store = new MinuteStore(parts);
  }

  /** Bytes that wait for the disk. */
  get waitingBytes(): number {
    return this.#tasks.reduce(
      (sum, task) => sum + (task.is === 'write' ? task.batch.length : 0),
      this.#inFlight?.length ?? 0,
    );
  }

  /** The disk refused the last time. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Must the reader wait? */
  get isFull(): boolean {
    return this.waitingBytes > this.#boundBytes;
  }

  get #boundBytes(): number {
    return this.#isRefused ? boundBytes : usualBoundBytes;
  }

  /** A batch of that minute with room for so many bytes; the caller appends and counts, then calls `flush`. */
  room(minute: Minute, neededBytes: number): Batch {
    if (this.#filling?.minute !== minute || this.#filling.bytes.length - this.#filling.length < neededBytes) {
      this.#filling = this.#batches.take(minute, neededBytes);
      this.#tasks.push({ is: 'write', batch: this.#filling });
    }
    return this.#filling;
  }

  /** Hands to the kernel what waits, unless that is under way. */
  flush(): void {
    if (this.#running !== undefined || this.#tasks.length === 0 || this.#hasGivenUp) return;
    this.#running = this.#drain()
      .catch((error: unknown) => {
        if (!(error instanceof GaveUp)) throw error;
        this.#hasGivenUp = true;
      })
      .finally(() => {
        this.#running = undefined;
        this.#wakeAll();
        this.flush();
      });
  }

  /** What the names of the newest closed minute say. */
  get claims(): Claims | undefined {
    return this.#store.claims;
  }

  /** Makes the minute's `.part`, before anything of it is known. */
  begin(minute: Minute): void {
    this.#tasks.push({ is: 'begin', minute });
    this.flush();
  }

  /** Closes the minute behind all that was written to it. */
  close(minute: Minute, connectedSeconds: number, closed: (file: MinuteFile) => void): void {
    this.#filling = undefined;
    this.#tasks.push({ is: 'close', minute, connectedSeconds, closed });
    this.flush();
  }

  /**
   * Resolves once all that was put in until now survives a power cut; false where the last sync failed (it is told, and tried
   * again at the next call). While the disk refuses it waits.
   */
  async durable(): Promise<boolean> {
    this.#filling = undefined;
    await new Promise<void>((reached) => {
      this.#tasks.push({ is: 'mark', reached });
      this.flush();
    });
    try {
      await this.#store.sync();
    } catch (error) {
      this.#isSyncRefused = true;
      this.#tellTrouble(error);
      return false;
    }
    if (this.#isSyncRefused) this.#tellRecovered();
    this.#isSyncRefused = false;
    return true;
  }

  /** Resolves once fewer than half the bound wait; at once where that is so. */
  drained(): Promise<void> {
    return this.waitingBytes < this.#boundBytes / 2
      ? Promise.resolve()
      : new Promise((resolve) => this.#wakeDrained.push(resolve));
  }

  /** Carries out what waits, but no longer without end: the number of lines that the disk refused to the last. */
  async finish(): Promise<number> {
    this.#isFinishing = true;
    for (let running = this.#running; running !== undefined; running = this.#running) await running;
    await this.#store.release();
    return this.#tasks.reduce(
      (sum, task) => sum + (task.is === 'write' ? task.batch.lines : 0),
      this.#inFlight?.lines ?? 0,
    );
  }

  async #drain(): Promise<void> {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      this.#inFlight = task.is === 'write' ? task.batch : undefined;
      if (this.#inFlight === this.#filling) this.#filling = undefined;
      await this.#persist(task);
      if (this.#inFlight !== undefined) this.#batches.release(this.#inFlight);
      this.#inFlight = undefined;
      if (this.waitingBytes < this.#boundBytes / 2) this.#wakeAll();
    }
  }

  async #persist(task: Task): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#perform(task);
        if (tries > 1) this.#tellRecovered();
        this.#isRefused = false;
        return;
      } catch (error) {
        // Somebody took a folder away, as ship does with old empty ones: it is made anew at the next try.
        if (hasCode(error, 'ENOENT') && tries === 1) continue;
        this.#isRefused = true;
        this.#wakeAll();
        await this.#store.recover(task.is === 'write', error);
        this.#tellTrouble(error);
        if (this.#isFinishing && tries >= lastTries) throw new GaveUp();
        await this.#parts.clock.sleep(Math.min(50 * 2 ** tries, longestRetryMs));
      }
    }
  }

  async #perform(task: Task): Promise<void> {
    switch (task.is) {
      case 'mark':
        return task.reached();
      case 'begin':
        return this.#store.begin(task.minute);
      case 'write':
        await this.#parts.ahead?.();
        return this.#store.append(task.batch);
      case 'close':
        task.closed(await this.#store.close(task.minute, task.connectedSeconds));
    }
  }

  #tellTrouble(error: unknown): void {
    tellRefusal(error, this.#parts, this.waitingBytes);
  }

  #tellRecovered(): void {
    tellRecovery(this.#parts);
  }

  #wakeAll(): void {
    const woken = this.#wakeDrained;
    this.#wakeDrained = [];
    for (const wake of woken) wake();
  }
}

/** The disk refused to the last. */
class GaveUp extends Error {}
