// The way from spools to WARC files: one at a time, in order, tried again until the disk takes it.
// Takes jobs; leaves files, or spools that the next start seals. Somebody is told while it fails.
import { describeError } from '../domain/operator-error.ts';
import type { World } from '../outside/world.ts';
import type { Troubles } from './troubles.ts';
import { type SealJob, type SealSetting, seal } from './seal.ts';
import { within } from '../outside/within.ts';

const longestRetryMs = 60_000;
/** For an operation that is under way to come back. */
const graceMs = 500;

export class Sealer {
  readonly #world: World;
  readonly #setting: Omit<SealSetting, 'signal'>;
  readonly #troubles: Troubles;
  readonly #stop = new AbortController();
  #jobs: SealJob[] = [];
  #running: Promise<void> | undefined;

  constructor(world: World, setting: Omit<SealSetting, 'signal'>, troubles: Troubles) {
    this.#world = world;
    this.#setting = setting;
    this.#troubles = troubles;
  }

  /** Adds a segment; those of one answer in their order. */
  add(job: SealJob): void {
    this.#jobs.push(job);
    this.#start();
  }

  #start(): void {
    if (this.#stop.signal.aborted) return;
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
      if (this.#jobs.length > 0) this.#start();
    });
  }

  async #work(): Promise<void> {
    for (let job = this.#jobs[0]; job !== undefined && !this.#stop.signal.aborted; job = this.#jobs[0]) {
      try {
        await this.#persist(job);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        throw error;
      }
      this.#jobs.shift();
    }
  }

  async #persist(job: SealJob): Promise<void> {
    const { clock, log } = this.#world;
    const { signal } = this.#stop;
    for (let waitMs = 1_000; ; waitMs = Math.min(waitMs * 2, longestRetryMs)) {
      try {
        const line = await seal(job, { ...this.#setting, signal });
        if (line) log.info('warc.sealed', { ...line });
        this.#troubles.end('seal');
        return;
      } catch (error) {
        signal.throwIfAborted();
        log.warn('warc.not-sealed', { file: job.plan.fileName, reason: describeError(error) });
        this.#troubles.raise(
          'seal',
          `A WARC file could not be finished in ${this.#setting.folder} (${describeError(error)}); what was received is safe in its spool and it is tried again. Minute files are not touched by this. Look at that disk.`,
        );
        await clock.sleep(waitMs, signal);
      }
    }
  }

  /** Resolves once nothing waits to be sealed. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Resolves when nothing waits to be sealed, or after that long: what is not sealed then is so at the next start. */
  async finish(mostMs: number): Promise<void> {
    if (!(await within(mostMs, this.idle(), this.#world))) {
      this.#stop.abort(new Error('the archive is being closed'));
      await within(graceMs, this.idle(), this.#world);
    }
    if (this.#jobs.length > 0) this.#world.log.warn('warc.left-for-next-start', { segments: this.#jobs.length });
  }
}
