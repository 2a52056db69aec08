// The way of lines to the disk, in order: batches queue here, one is written at a time, and none is given up. A minute that is over
// is closed beside them. Takes batches and closings; leaves minute files. While the disk refuses, lines wait in memory up to a bound.
import type { Alerts } from '../domain/alert.ts';
import type { MinuteFile } from '../domain/minute-file.ts';
import type { Minute } from '../domain/time.ts';
import { type Batch, BatchStore } from './batch.ts';
import type { Claims } from './empty-minute.ts';
import { MinuteCloser } from './minute-closer.ts';
import { MinutePart, type PartParts } from './minute-part.ts';
import type { OpenMinute } from './open-minute.ts';
import { GaveUp, Persistence } from './persistence.ts';

type Task =
  | { readonly is: 'begin'; readonly minute: Minute }
  | { readonly is: 'write'; readonly batch: Batch }
  /** Is called once everything before it has been handed to the kernel; what comes after waits for it. */
  | { readonly is: 'mark'; readonly reached: () => Promise<void> }
  | {
      readonly is: 'close';
      readonly minute: Minute;
      readonly connectedSeconds: number;
      readonly closed: (file: MinuteFile) => void;
    };

export interface WriterParts extends PartParts {
  readonly alerts: Alerts;
  /** A `.part` that stands already, taken up. */
  readonly takenUp?: OpenMinute | undefined;
  /** Of the newest minute, as a process before this one left them. */
  readonly claims?: Claims | undefined;
  /** What is waited for before lines go to the disk: an archive that shall have them first. */
  readonly ahead?: (() => Promise<void> | undefined) | undefined;
}

/** As many bytes may wait for a disk that refuses; above it the stream is no longer read. Exported for tests. */
export const boundBytes = 64 * (1 << 20);
/** As many may wait for a disk that works, however slowly: a flood must not fill memory first and then wait all the same. */
const usualBoundBytes = 8 * (1 << 20);

/** Lines go in at one end without waiting; the disk takes them at the other as fast as it can. */
export class MinuteWriter {
  readonly #parts: WriterParts;
  readonly #batches = new BatchStore();
  readonly #persistence: Persistence;
  readonly #closer: MinuteCloser;
  readonly #tasks: Task[] = [];
  /** Of the minute that takes lines; undefined where none was begun. */
  #part: MinutePart | undefined;
  #filling: Batch | undefined;
  #inFlight: Batch | undefined;
  #running: Promise<void> | undefined;
  #isLooking = false;
  #wakeDrained: (() => void)[] = [];
  #hasGivenUp = false;

  constructor(parts: WriterParts) {
    const { takenUp } = parts;
    this.#parts = parts;
    this.#persistence = new Persistence({
      ...parts,
      waitingBytes: () => this.waitingBytes,
      onRefused: () => this.#wakeAll(),
    });
    this.#closer = new MinuteCloser({ ...parts, persistence: this.#persistence });
    this.#part = takenUp && new MinutePart(parts, takenUp.minute, takenUp);
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
    return this.#persistence.isRefused;
  }

  /** Must the reader wait? */
  get isFull(): boolean {
    return this.waitingBytes > this.#boundBytes;
  }

  get #boundBytes(): number {
    return this.isRefused ? boundBytes : usualBoundBytes;
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
    return this.#closer.claims;
  }

  /** Makes the minute's `.part`, before anything of it is known. */
  begin(minute: Minute): void {
    this.#tasks.push({ is: 'begin', minute });
    this.flush();
  }

  /** Closes the minute behind all that was written to it; the next one takes lines meanwhile. */
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
    const renew = async (): Promise<void> => void (await this.#part?.renewed());
    try {
      this.#look();
      await new Promise<void>((resolve, reject) => {
        // Where that fails lines go on into the file that stands.
        this.#tasks.push({ is: 'mark', reached: () => renew().then(resolve, reject) });
        this.flush();
      });
      const synced = await Promise.all([...this.#closer.parts, this.#part].map((part) => part?.sync()));
      if (synced.includes(false)) return false;
      this.#persistence.accepted('syncs');
      return true;
    } catch (error) {
      this.#persistence.refused('syncs', error);
      return false;
    }
  }

  /** What it finds is acted upon the next time: a path may hang where a file that is open takes lines and syncs. */
  #look(): void {
    if (this.#part === undefined || this.#isLooking) return;
    this.#isLooking = true;
    void this.#part.look().finally(() => (this.#isLooking = false));
  }

  /** Resolves once fewer than half the bound wait; at once where that is so. */
  drained(): Promise<void> {
    return this.waitingBytes < this.#boundBytes / 2
      ? Promise.resolve()
      : new Promise((resolve) => this.#wakeDrained.push(resolve));
  }

  /** Carries out what waits, but no longer without end: the number of lines that the disk refused to the last. */
  async finish(): Promise<number> {
    this.#persistence.finish();
    for (let running = this.#running; running !== undefined; running = this.#running) await running;
    await this.#closer.finish();
    await this.#part?.release();
    return this.#tasks.reduce(
      (sum, task) => sum + (task.is === 'write' ? task.batch.lines : 0),
      this.#inFlight?.lines ?? 0,
    );
  }

  async #drain(): Promise<void> {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      this.#inFlight = task.is === 'write' ? task.batch : undefined;
      if (this.#inFlight === this.#filling) this.#filling = undefined;
      await this.#carryOut(task);
      if (this.#inFlight !== undefined) this.#batches.release(this.#inFlight);
      this.#inFlight = undefined;
      if (this.waitingBytes < this.#boundBytes / 2) this.#wakeAll();
    }
  }

  async #carryOut(task: Task): Promise<void> {
    switch (task.is) {
      case 'mark':
        return task.reached();
      case 'begin':
        return this.#write(task.minute, async (part) => void (await part.opened()));
      case 'write':
        return this.#write(task.batch.minute, async (part) => {
          await this.#parts.ahead?.();
          await part.append(task.batch);
        });
      case 'close':
        return this.#handOver(task);
    }
  }

  async #write(minute: Minute, perform: (part: MinutePart) => Promise<void>): Promise<void> {
    const part = (this.#part ??= await this.#begun(minute));
    await this.#persistence.persist('lines', {
      perform: () => perform(part),
      recover: (error) => part.recover(true, error),
    });
  }

  /** A minute is begun at once, whatever of those before it is still to be closed; one that began twice, behind its own closing. */
  async #begun(minute: Minute): Promise<MinutePart> {
    await this.#closer.free(minute);
    return new MinutePart(this.#parts, minute);
  }

  async #handOver({ minute, connectedSeconds, closed }: Extract<Task, { is: 'close' }>): Promise<void> {
    const part = this.#part?.minute === minute ? this.#part : undefined;
    if (part !== undefined) {
      await this.#closer.room();
      this.#part = undefined;
    }
    this.#closer.close({ minute, connectedSeconds, part }, closed);
  }

  #wakeAll(): void {
    const woken = this.#wakeDrained;
    this.#wakeDrained = [];
    for (const wake of woken) wake();
  }
}
