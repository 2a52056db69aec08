// Files that could not be read lately: each is tried again with growing patience, and the rest of the work goes on without it.
// Takes what went wrong with a path; leaves whether it rests now. Memory only: a restart tries everything again.
import { minuteMs } from '../domain/time.ts';
import type { Alerts } from '../domain/alert.ts';
import { hasCode } from '../outside/disk.ts';

const firstRestMs = 5_000;
const longestRestMs = 5 * minuteMs;
/** So often a file is tried before the others go on without it, and somebody is told. */
const patientTries = 3;

export interface TroubleSetting {
  /** Monotonic ms. */
  now(): number;
  /** One pass only: nothing is tried a second time. */
  readonly isOnce: boolean;
  readonly alerts: Alerts;
}

interface Trouble {
  readonly tries: number;
  readonly restsUntilMs: number;
}

export class Troubles {
  readonly #setting: TroubleSetting;
  readonly #byPath = new Map<string, Trouble>();

  constructor(setting: TroubleSetting) {
    this.#setting = setting;
  }

  /** Notes that a file (or folder) could not be read; true, and told, where the rest goes on without it from now on. */
  note(path: string, why: string): boolean {
    const { isOnce, now, alerts } = this.#setting;
    const tries = (this.#byPath.get(path)?.tries ?? 0) + 1;
    const isGivenUp = isOnce || tries >= patientTries;
    const restMs = Math.min(firstRestMs * 2 ** Math.min(tries, 10), longestRestMs);
    this.#byPath.set(path, { tries, restsUntilMs: isGivenUp ? now() + restMs : 0 });
    if (!isGivenUp) return false;
    const sentence = `${path} cannot be read: ${why}. The hours go on without it; it is tried again every few minutes, and added as soon as it can be read. Look at the disk, and at who may read it.`;
    alerts.raise('disk-failing', sentence, { file: path });
    return true;
  }

  /** Is this a file to be left alone for now? */
  isResting(path: string): boolean {
    const restsUntilMs = this.#byPath.get(path)?.restsUntilMs ?? 0;
    return restsUntilMs > 0 && (this.#setting.isOnce || this.#setting.now() < restsUntilMs);
  }

  /** These were read, or are gone. */
  clear(paths: Iterable<string>): void {
    if (this.#byPath.size === 0) return;
    const before = this.#given();
    for (const path of paths) this.#byPath.delete(path);
    if (before > 0 && this.#given() === 0) {
      this.#setting.alerts.end('disk-failing', 'All minute files can be read again.');
    }
  }

  /** Does nothing rest? */
  get areOver(): boolean {
    return this.#given() === 0;
  }

  /** Everything that is remembered. */
  paths(): string[] {
    return [...this.#byPath.keys()];
  }

  #given(): number {
    return [...this.#byPath.values()].filter((trouble) => trouble.restsUntilMs > 0).length;
  }
}

const codesOfOneFile: readonly string[] = (
  'EIO EACCES EPERM EISDIR ENOTDIR ELOOP ENXIO ENODEV ESTALE ETIMEDOUT EBADMSG ' +
  'EUCLEAN EREMOTEIO ENODATA EAGAIN EINVAL EBUSY ETXTBSY EOVERFLOW'
).split(' ');

/** Does this speak of one file or folder, rather than of the disk, the memory or the process as a whole? */
export const isTroubleOfOneFile = (error: unknown): boolean => hasCode(error, ...codesOfOneFile);
