// The archive beside an ingest: opened when it can be, tried again while it cannot, and never a reason not to hear the stream.
// Takes settings and a world; leaves a tap that always works, even where nothing is archived yet.
import { describeError } from '../domain/operator-error.ts';
import type { WireArchive, WireSink } from '../outside/wire.ts';
import type { World } from '../outside/world.ts';
import { type Archive, type ArchiveSetting, openArchive } from './archive.ts';
import { within } from '../outside/within.ts';

const retryMs = 60_000;
/** The first connection waits so long for the archive to be open: it shall be in it. */
const firstMostMs = 5_000;
/** At the end, for a try to open that has not come back. */
const lastMostMs = 500;
const deafSink: WireSink = { bytes: () => {}, end: () => {} };

/** Runs `work` beside the archive; closes the archive when the work has ended, however it did. */
export async function withArchive<T>(
  setting: ArchiveSetting,
  world: World,
  work: (archive: WireArchive) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  let archive: Archive | undefined;
  const attempt = async (): Promise<boolean> => (archive = await tryToOpen(setting, world)) !== undefined;
  const first = attempt();
  const opening = first.then(async (isOpen) => {
    for (let isDone = isOpen; !isDone; isDone = await attempt()) await world.clock.sleep(retryMs, ended.signal);
  });
  opening.catch(() => {});
  if (!(await within(firstMostMs, first, world))) tellNotOpened(setting.folder, 'its disk does not answer', world);
  try {
    return await work({ tap: (exchange) => archive?.tap(exchange) ?? deafSink, ahead: () => archive?.ahead() });
  } finally {
    ended.abort(new Error('ingest has ended'));
    await within(
      lastMostMs,
      opening.catch(() => {}),
      world,
    );
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
    tellNotOpened(folder, describeError(error), world);
    return undefined;
  }
}

function tellNotOpened(folder: string, reason: string, { log, alerts }: World): void {
  log.warn('warc.not-opened', { folder, reason });
  alerts.raise(
    'archive-failing',
    `The WARC archive in ${folder} cannot be opened (${reason}); it is tried again each minute. Minute files are not touched by this. Look at that folder; outside /var/lib/streamvault also at ReadWritePaths= of the unit.`,
  );
}
