// The archive's lead: minute files are written behind it, so that whatever a killed process left in them is in the archive too.
// Takes the answers that are being heard; leaves something to wait for, never for long: a disk that lags holds nobody up.
import type { World } from '../outside/world.ts';
import type { Capture } from './capture.ts';
import type { Troubles } from './troubles.ts';

/** Minute files wait for the archive's disk so long, and then no more until it has caught up. */
const patienceMs = 1_000;
const lookEveryMs = 250;

export class Lead {
  readonly #captures: ReadonlySet<Capture>;
  readonly #world: World;
  readonly #troubles: Troubles;
  readonly #folder: string;
  #isLagging = false;
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
    const handed = this.#handed();
    if (handed === undefined) this.#caughtUp();
    if (handed === undefined || this.#isLagging) return undefined;
    if (!this.#isLooking) void this.#look();
    return handed;
  }

  /** Most of the time one answer is heard, or none. */
  #handed(): Promise<void> | undefined {
    let all: Promise<void> | undefined;
    for (const capture of this.#captures) {
      if (!capture.isBehind) continue;
      const before = all;
      all = before === undefined ? capture.handed() : before.then(() => capture.handed());
    }
    return all;
  }

  /** One look for all waits: a timer for each would cost more than the wait. */
  async #look(): Promise<void> {
    this.#isLooking = true;
    const { clock } = this.#world;
    const since = (): number => Math.min(...[...this.#captures].map(({ waitedForSinceMs }) => waitedForSinceMs));
    while (since() < Number.POSITIVE_INFINITY && !this.#isLagging) {
      await clock.sleep(lookEveryMs);
      if (clock.monotonic() - since() >= patienceMs) this.#lags();
    }
    this.#isLooking = false;
  }

  #lags(): void {
    this.#isLagging = true;
    for (const capture of this.#captures) capture.letGo();
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
