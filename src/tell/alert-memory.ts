// What services remember of their alerts over restarts: `SERVICE.alerts.json`, beside the outbox.
// Takes troubles as they change; leaves them on disk. A file that is closed to us is neither taken for empty nor written over.
import { join } from 'node:path';
import type { Speaker } from '../domain/message.ts';
import { describeError } from '../domain/operator-error.ts';
import type { Trouble } from '../domain/telling.ts';
import { type Disk, takesNothing } from '../outside/disk.ts';
import type { World } from '../outside/world.ts';

export interface AlertMemoryParts {
  readonly world: Pick<World, 'disk' | 'log'>;
  /** Absolute; made when there is something to keep. */
  readonly folder: string;
  readonly speaker: Pick<Speaker, 'service'>;
}

export class AlertMemory {
  readonly #parts: AlertMemoryParts;
  readonly #path: string;
  #kept = textOf([]);
  #isRecalled = false;
  #isClosed = false;

  constructor(parts: AlertMemoryParts) {
    this.#parts = parts;
    this.#path = join(parts.folder, `${parts.speaker.service}.alerts.json`);
  }

  /** Was it read, or found to be no use? Until then nobody knows which alerts people believe to last. */
  get isRecalled(): boolean {
    return this.#isRecalled;
  }

  /** What a process before this one left, once; else none. To be asked again until it was read. */
  async recall(): Promise<Trouble[]> {
    const found = this.#isRecalled ? undefined : await this.#read();
    if (found === undefined) return [];
    if (this.#isClosed) this.#parts.world.log.info('alert-state.recalled', { path: this.#path });
    this.#isRecalled = true;
    this.#kept = textOf(found);
    return found;
  }

  /** Writes them if they say something new. */
  async keep(troubles: readonly Trouble[]): Promise<void> {
    const text = textOf(troubles);
    if (text !== this.#kept) await this.#write(text);
    this.#kept = text;
  }

  /** undefined where it is closed to us. */
  async #read(): Promise<Trouble[] | undefined> {
    const { disk, log } = this.#parts.world;
    try {
      if ((await disk.facts(this.#path)) === undefined) return [];
      const troubles = JSON.parse((await disk.read(this.#path)).toString()) as Trouble[];
      return troubles.map((trouble) => ({ ...trouble, lastMs: trouble.sinceMs }));
    } catch (error) {
      // A stage is worth more than what is remembered of its alerts: at worst one is told again.
      if (!this.#isClosed) log.error('alert-state.unreadable', { path: this.#path, reason: describeError(error) });
      if (!takesNothing(error)) return [];
      this.#isClosed = true;
      return undefined;
    }
  }

  async #write(text: string): Promise<void> {
    const { folder, world } = this.#parts;
    const event = 'alert-state.not-written';
    if (!this.#isRecalled) return world.log.warn(event, { reason: `${this.#path} is closed to this user` });
    try {
      await world.disk.makeFolder(folder);
      await world.disk.write(this.#path, `${text}\n`);
    } catch (error) {
      if (!takesNothing(error)) throw error;
      // Known in memory all the same; the next change is written again.
      world.log.warn(event, { reason: String(error) });
    }
  }
}

/** `lastMs` alone is not worth a write: a stage may repeat itself at every pass. */
const textOf = (troubles: readonly Trouble[]): string =>
  JSON.stringify(troubles.map(({ lastMs: _lastMs, ...rest }) => rest));

/** What all services of a server remember of their alerts; for the status. Throws for a file that is none of theirs. */
export async function readTroubles(disk: Disk, folder: string): Promise<Trouble[]> {
  const found: Trouble[] = [];
  for (const { name } of await disk.list(folder)) {
    if (!name.endsWith('.alerts.json') || name.startsWith('.')) continue;
    const path = join(folder, name);
    const troubles: unknown = JSON.parse((await disk.read(path)).toString());
    if (!Array.isArray(troubles) || !troubles.every(isTrouble)) throw new Error(`${path} is damaged`);
    found.push(...troubles);
  }
  return found;
}

const isTrouble = (value: unknown): value is Trouble =>
  typeof value === 'object' && value !== null && 'cause' in value && 'sentence' in value && 'isActive' in value;
