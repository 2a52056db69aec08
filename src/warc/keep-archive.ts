// The archive beside an ingest: opened when it can be, tried again while it cannot, and never a reason not to hear the stream.
// Takes settings and a world; leaves a tap that always works, even where nothing is archived yet.
import { describeError } from '../domain/operator-error.ts';
import type { WireSink, WireTap } from '../outside/http-stream.ts';
import type { World } from '../outside/world.ts';
import { type Archive, type ArchiveSetting, openArchive } from './archive.ts';

const retryMs = 60_000;
const deafSink: WireSink = { bytes: () => {}, end: () => {} };

/** Runs `work` with a tap on the archive; closes the archive when the work has ended, however it did. */
export async function withArchive<T>(
  setting: ArchiveSetting,
  world: World,
  work: (tap: WireTap) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  // The first try is waited for, so that the first connection is archived.
  let archive = await tryToOpen(setting, world);
  const later = keepTrying().catch(() => {});
  async function keepTrying(): Promise<void> {
    while (archive === undefined) {
      await world.clock.sleep(retryMs, ended.signal);
      archive = await tryToOpen(setting, world);
    }
  }
  try {
    return await work((exchange) => archive?.tap(exchange) ?? deafSink);
  } finally {
    ended.abort(new Error('ingest has ended'));
    await later;
    await archive?.close();
  }
}

async function tryToOpen(setting: ArchiveSetting, world: World): Promise<Archive | undefined> {
  const { folder } = setting;
  try {
    const archive = await openArchive(setting, world);
    world.alerts.end('archive-failing', `The WARC archive in ${folder} is open; it begins with the next connection.`);
    return archive;
  } catch (error) {
    const reason = describeError(error);
    world.log.warn('warc.not-opened', { folder, reason });
    world.alerts.raise(
      'archive-failing',
      `The WARC archive in ${folder} cannot be opened (${reason}); it is tried again each minute. Minute files are not touched by this. Look at that folder.`,
    );
    return undefined;
  }
}
