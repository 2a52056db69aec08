// The lookout: conditions that no stage meets in its work are looked at every minute beside it.
// Takes what a service's configuration names; leaves alerts raised and ended. What they mean is decided in the domain.
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { clockToleranceMs } from '../domain/clock-offset.ts';
import { type DiskSample, diskOutlook, withSample } from '../domain/disk-forecast.ts';
import { parseMinuteFileName, parseOlderFileName } from '../domain/minute-file.ts';
import { describeError } from '../domain/operator-error.ts';
import { productName } from '../domain/product.ts';
import { formatDuration, formatSize } from '../domain/quantity.ts';
import { type Minute, dayMs, endOfMinute, hourMs, minuteMs, minuteName, minutesAtWallClock } from '../domain/time.ts';
import { readAuthorities } from '../outside/authorities.ts';
import { clockDifference } from '../outside/clock-difference.ts';
import type { Disk } from '../outside/disk.ts';
import type { FileSystem } from '../outside/file-system.ts';
import type { HttpCall } from '../outside/http-call.ts';
import { hourFolders } from '../outside/minute-tree.ts';
import type { World } from '../outside/world.ts';

/** Looks once. Kept between looks is only what may be lost. */
export type Look = (world: World) => Promise<void>;

/** Runs the looks every minute until the world's signal aborts. A look that fails is logged and made again. */
export async function keepLookout(looks: readonly Look[], world: World): Promise<void> {
  while (!world.signal.aborted) {
    for (const look of looks) {
      await look(world).catch((error: unknown) => world.log.warn('look.failed', { reason: describeError(error) }));
    }
    await world.clock.sleep(minuteMs, world.signal).catch(() => {});
  }
}

export interface DiskLookSetting {
  readonly paths: readonly string[];
  /** [alerts] disk_free */
  readonly leastMs: number;
  readonly fileSystemOf: (path: string) => Promise<FileSystem>;
}

/** Will a disk be full soon? Paths on one file system are looked at as one. */
export function diskLook({ paths, leastMs, fileSystemOf }: DiskLookSetting): Look {
  const samplesOf = new Map<string, readonly DiskSample[]>();
  return async ({ clock, alerts }) => {
    const found = new Map<string, { readonly path: string; readonly freeBytes: number }>();
    for (const path of paths) {
      const { id, freeBytes } = await fileSystemOf(path);
      if (!found.has(id)) found.set(id, { path, freeBytes });
    }
    const sentences: string[] = [];
    let isClear = true;
    for (const [id, { path, freeBytes }] of found) {
      const samples = withSample(samplesOf.get(id) ?? [], { atMs: clock.now(), freeBytes });
      samplesOf.set(id, samples);
      const outlook = diskOutlook([...samples.slice(0, -1), { atMs: clock.now(), freeBytes }], leastMs);
      isClear &&= outlook.is === 'roomy';
      const free = `${formatSize(freeBytes)} are free`;
      if (outlook.is === 'filling')
        sentences.push(
          `The disk of ${path} fills up: ${free}, which last ${formatDuration(outlook.lastsMs)} at the present rate.`,
        );
      if (outlook.is === 'nearly-full') sentences.push(`The disk of ${path} is nearly full: ${free}.`);
    }
    if (sentences.length > 0)
      alerts.raise('disk-filling', `${sentences.join(' ')} Nothing is lost yet; free space, or move to a larger disk.`);
    else if (isClear) alerts.end('disk-filling', 'The disk has room again.');
  };
}

export interface PartnerLookSetting {
  readonly inbox: string;
  /** [alerts] partner_silent */
  readonly mostMs: number;
  readonly olderZone: string;
}

/** A minute so far ahead was named by a clock that was wrong: it proves nothing, and would for years. */
const believedAheadMs = dayMs;

/** Has the partner stopped sending? An inbox that is empty counts from the first look, and is no sign of life. */
export function partnerLook({ inbox, mostMs, olderZone }: PartnerLookSetting): Look {
  let firstLookMs: number | undefined;
  return async ({ clock, alerts, disk }) => {
    firstLookMs ??= clock.now();
    const isBelieved = (minute: Minute): boolean => endOfMinute(minute) <= clock.now() + believedAheadMs;
    const newest = await newestMinute(inbox, disk, { olderZone, isBelieved });
    const heardMs = newest === undefined ? firstLookMs : endOfMinute(newest);
    if (clock.now() - heardMs <= mostMs) {
      if (newest !== undefined) alerts.end('partner-silent', 'Minute files of the other server come again.');
      return;
    }
    const last = newest === undefined ? 'None is there' : `The newest one is of ${minuteName(newest)}`;
    alerts.raise(
      'partner-silent',
      `No minute file of the other server has come for more than ${formatDuration(mostMs)}. ${last}. What it hears is safe there as long as its disk has room; look at its \`${productName} status\`, at ship there, and at sshd here.`,
      { inbox },
    );
  };
}

interface Newest {
  readonly olderZone: string;
  isBelieved(minute: Minute): boolean;
}

/** The newest minute that a tree has a file of; undefined where it has none. */
async function newestMinute(tree: string, disk: Disk, { olderZone, isBelieved }: Newest): Promise<Minute | undefined> {
  for await (const folder of hourFolders(disk.list, tree, { isNewestFirst: true })) {
    const minutes = (await disk.list(join(tree, folder))).flatMap(({ name }) => minuteOfName(name, olderZone) ?? []);
    const believed = minutes.filter(isBelieved);
    if (believed.length > 0) return Math.max(...believed);
  }
  return undefined;
}

function minuteOfName(name: string, olderZone: string): Minute | undefined {
  const older = parseOlderFileName(name);
  return older ? minutesAtWallClock(older.day, older.clock, olderZone)[0] : parseMinuteFileName(name)?.minute;
}

const betweenClockLooksMs = hourMs;

/** Is our clock off, by the Date of the API's answers? Asked once an hour, without a token; an API that does not answer says nothing. */
export function clockLook(
  { api, proxy, ca_file }: Pick<NonNullable<Config['ingest']>, 'api' | 'proxy' | 'ca_file'>,
  call: HttpCall,
): Look {
  let askedAt: number | undefined;
  return async ({ clock, alerts, log, signal }) => {
    if (askedAt !== undefined && clock.monotonic() - askedAt < betweenClockLooksMs) return;
    askedAt = clock.monotonic();
    const ahead = await readAuthorities(ca_file, '[ingest] ca_file')
      .then((authorities) => clockDifference({ url: api, proxy, authorities }, { clock, signal, call }))
      .catch((error: unknown) => log.info('clock.not-compared', { reason: describeError(error) }));
    if (ahead === undefined) return;
    if (Math.abs(ahead) <= clockToleranceMs)
      return alerts.end('clock-off', 'The clock of this machine is right again.');
    alerts.raise(
      'clock-off',
      `The clock of this machine is ${formatDuration(Math.abs(ahead))} ${ahead > 0 ? 'ahead' : 'behind'}, by what ${new URL(api).host} says. Minute files are named by this clock and would be compared with the other server's wrongly; look at its time service (timedatectl).`,
    );
  };
}
