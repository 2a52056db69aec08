// The archive's lead: minute files are written behind it, so that whatever a killed process left in them is in the archive too.
// Takes the answers that are being heard; leaves something to wait for, never for long: a disk that lags holds nobody up.
import type { World } from '../outside/world.ts';
import type { Capture } from './capture.ts';
import type { Troubles } from './troubles.ts';

/** Minute files wait for the archive's disk so long, and then no more until it has caught up. */
export const patienceMs = 500;
const lookEveryMs = 250;

export class Lead {
  readonly #captures: ReadonlySet<Capture>;
  readonly #world: World;
  readonly #troubles: Troubles;
  readonly #folder: string;
  #isLagging = false;
  /** Monotonic ms since which somebody waits, and how to let them go. */
  #waiting: { readonly sinceMs: number; readonly release: () => void } | undefined;
  #isLooking = false;

  constructor(
    captures: ReadonlySet<Capture>,
    world: World,
    { troubles, folder }: { troubles: Troubles; folder: string },
  ) {
    this.#captures = captures;
    this.#world = world;
    this.#troubles = troubles;
    this.#folder = folder;
  }

  /** Resolves once the kernel has all that was shown to the archive until now, or the patience is over; undefined: go on at once. */
  wait(): Promise<void> | undefined {
    const behind = [...this.#captures].filter((capture) => capture.isBehind);
    if (behind.length === 0) this.#caughtUp();
    if (behind.length === 0 || this.#isLagging) return undefined;
    return new Promise((resolve) => {
      const release = (): void => {
        if (this.#waiting === mine) this.#waiting = undefined;
        resolve();
      };
      const mine = { sinceMs: this.#world.clock.monotonic(), release };
      this.#waiting = mine;
      void Promise.all(behind.map((capture) => capture.handed())).then(release);
      void this.#look();
    });
  }

  /** One look for all waits: a timer for each would cost more than the wait. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { clock } = this.#world;
    while (this.#waiting !== undefined) {
      await clock.sleep(lookEveryMs);
      const { sinceMs = Number.POSITIVE_INFINITY, release } = this.#waiting ?? {};
      if (clock.monotonic() - sinceMs < patienceMs) continue;
      this.#lags();
      release?.();
    }
    this.#isLooking = false;
  }

  #lags(): void {
    this.#isLagging = true;
    this.#world.log.warn('warc.lagging', { folder: this.#folder });
    this.#troubles.raise(
      'lag',
      `The disk of the WARC archive in ${this.#folder} is slow; what comes waits in memory until it has caught up, and minute files no longer wait for it. A process killed meanwhile would lose that part of the archive; minute files have it. Look at that disk.`,
    );
  }

  #caughtUp(): void {
    if (!this.#isLagging) return;
    this.#isLagging = false;
    this.#troubles.end('lag');
  }
}
