// The link to the far side for as long as some work needs it. Takes the settings and the work; leaves the connection closed,
// whatever happened, and within seconds of a stop.
import type { ConfigWith } from '../config/schema.ts';
import { type FarDisk, openFarDisk } from '../outside/sftp.ts';
import type { SftpPatience } from '../outside/sftp-line.ts';
import { readSftpTarget } from '../outside/sftp-target.ts';
import type { World } from '../outside/world.ts';
import type { ShipCounts } from './tally.ts';

export interface ShipOptions {
  /** Called at each change. */
  onProgress?(counts: ShipCounts): void;
  /** Waits of the network, in real time. */
  readonly patience?: SftpPatience;
}

/** What is under way may end in this time after a stop; then the connection is closed. */
const graceMs = 3000;

/** Connects, works, closes. Throws what connecting or the work throws. */
export async function withFarDisk<T>(
  config: ConfigWith<'ship'>,
  world: World,
  { work, patience }: ShipOptions & { work(far: FarDisk): Promise<T> },
): Promise<T> {
  const target = await readSftpTarget(config.ship);
  await using far = await openFarDisk(target, {
    signal: world.signal,
    ...(patience && { patience }),
    onAnswer: () => world.life?.alive('Server 1 answers'),
  });
  const isDone = new AbortController();
  const onStop = (): void => {
    const close = async (): Promise<void> => far[Symbol.asyncDispose]();
    world.clock.sleep(graceMs, isDone.signal).then(close, () => {});
  };
  world.signal.addEventListener('abort', onStop, { once: true });
  try {
    return await work(far);
  } finally {
    world.signal.removeEventListener('abort', onStop);
    isDone.abort();
  }
}
