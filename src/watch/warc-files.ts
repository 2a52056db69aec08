// The WARC files that the archive on this server has finished, as far as they are known. Takes the archive's folder; leaves what its
// manifest says. Never in the vault's way: a disk that hangs is waited for only shortly, and its answer is taken when it comes.
import { join } from 'node:path';
import { describeError } from '../domain/operator-error.ts';
import type { CoveringFile } from '../domain/warc-coverage.ts';
import { manifestName, readManifest } from '../outside/warc-manifest.ts';
import { within } from '../outside/within.ts';
import type { World } from '../outside/world.ts';

const lookMostMs = 2_000;

export class WarcFiles {
  /** In the order of the manifest. */
  known: readonly CoveringFile[] = [];
  readonly #folder: string | undefined;
  readonly #world: Pick<World, 'disk' | 'clock' | 'log'>;
  #stamp: string | undefined;
  #looking: Promise<void> | undefined;

  /** `folder`: undefined where this server keeps no archive. */
  constructor(folder: string | undefined, world: Pick<World, 'disk' | 'clock' | 'log'>) {
    this.#folder = folder;
    this.#world = world;
  }

  /** Looks at the manifest, unless that is under way. Never rejects. */
  async look(): Promise<void> {
    if (this.#folder === undefined) return;
    this.#looking ??= this.#read(this.#folder).finally(() => (this.#looking = undefined));
    await within(lookMostMs, this.#looking, this.#world);
  }

  async #read(folder: string): Promise<void> {
    const { disk, log } = this.#world;
    try {
      const facts = await disk.facts(join(folder, manifestName));
      const stamp = facts && `${facts.bytes} ${facts.modifiedMs}`;
      if (stamp === this.#stamp) return;
      this.known = await readManifest(disk, folder);
      this.#stamp = stamp;
    } catch (error) {
      log.warn('warc.manifest-not-read', { folder, reason: describeError(error) });
    }
  }
}
