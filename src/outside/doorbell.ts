// A doorbell on folders: rings when something appears in them, so that nobody waits for the next look.
// Takes folders; leaves rings, which may be lost: whoever waits also looks every few seconds, since the directory is the truth.
// chokidar can miss files in a freshly made folder, and inotify drops events past its queue without a word.
import { watch } from 'chokidar';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

export interface Doorbell extends AsyncDisposable {
  /** Has it rung since the last wait ended? */
  readonly isRung: boolean;
  /** Resolves at the next ring (at once if it rang since the last wait), at the latest after `mostMs`. Rejects with the signal's reason. */
  wait(mostMs: number, signal: AbortSignal): Promise<void>;
}

export interface DoorbellSetting {
  readonly clock: Clock;
  readonly log: Log;
  /** Does something of that name ring? A file being written should not, since each of its changes would; a folder that does not is not looked into. */
  rings(name: string, isFolder: boolean): boolean;
}

/** Hangs a doorbell on folders and all below them. Where watching fails it never rings, which the log says once. */
export async function hangDoorbell(
  folders: readonly string[],
  { clock, log, rings }: DoorbellSetting,
): Promise<Doorbell> {
  const bell = coalescedRings();
  let isMuted = false;
  const watcher = watch([...folders], {
    ignoreInitial: true,
    ignored: (path, facts) =>
      facts !== undefined && !folders.includes(path) && !rings(baseName(path), facts.isDirectory()),
  });
  watcher.on('add', bell.ring).on('addDir', bell.ring);
  watcher.on('error', (error) => {
    if (!isMuted) log.warn('doorbell.failed', { folders, reason: String(error) });
    isMuted = true;
  });
  await new Promise<void>((resolve) => watcher.once('ready', resolve).once('error', () => resolve()));
  return {
    get isRung() {
      return bell.isRung();
    },
    wait: (mostMs, signal) => waitForRing(bell, clock.sleep, { mostMs, signal }),
    [Symbol.asyncDispose]: () => watcher.close(),
  };
}

interface Rings {
  ring(): void;
  isRung(): boolean;
  /** Resolves at the next ring. */
  next(): Promise<void>;
  clear(): void;
}

function coalescedRings(): Rings {
  let isRung = false;
  let tell: () => void = () => {};
  return {
    ring() {
      isRung = true;
      tell();
    },
    isRung: () => isRung,
    next: () => new Promise((resolve) => (tell = resolve)),
    clear() {
      isRung = false;
    },
  };
}

async function waitForRing(
  bell: Rings,
  sleep: Clock['sleep'],
  { mostMs, signal }: { mostMs: number; signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  if (!bell.isRung()) {
    const rang = new AbortController();
    const asleep = sleep(mostMs, AbortSignal.any([signal, rang.signal])).catch(() => {});
    await Promise.race([bell.next(), asleep]);
    rang.abort();
    signal.throwIfAborted();
  }
  bell.clear();
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
