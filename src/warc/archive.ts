// The archive of the wire: every answer that is heard, byte for byte, in WARC files that are whole or not there.
// Takes a folder and the world; leaves a tap for the stream, and at the end everything in files or in spools that the next start seals.
import type { Warcinfo } from './warcinfo.ts';
import type { WireArchive, WireExchange, WireSink, WireTap } from '../outside/wire.ts';
import { fileSystemOf } from '../outside/file-system.ts';
import { newUrn } from '../outside/identity.ts';
import { takeLock } from '../outside/lock.ts';
import type { World } from '../outside/world.ts';
import { Capture, type CaptureSetting } from './capture.ts';
import { completeManifest } from './complete-manifest.ts';
import { Lead } from './lead.ts';
import { narrowDisk } from './narrow-disk.ts';
import { leftBehind } from './recover.ts';
import { redactRequest } from './redact.ts';
import { Sealer } from './sealer.ts';
import { type SegmentPlan, warcFileName } from './segment-plan.ts';
import { troublesFor } from './troubles.ts';
import { within } from '../outside/within.ts';

export interface ArchiveSetting {
  /** Absolute; made where it is not there. */
  readonly folder: string;
  /** How names of files begin and end: `streamvault-sample`, `server1`. */
  readonly prefix: string;
  readonly host: string;
  /** What stands in each file's warcinfo record beside the program. */
  readonly about: Warcinfo['about'];
  readonly segmentBytes?: number;
  readonly segmentMs?: number;
  readonly level?: number;
  /** Where the minute files go: if that is the same disk, the archive stops in time to leave them room. */
  readonly spool?: string;
  readonly reserveBytes?: number;
}

export interface Archive extends WireArchive {
  /** Ends what is open, within 5 s. What is not sealed by then is so at the next start. */
  close(): Promise<void>;
}

/** 10^9 bytes, the standard's target (Annex C), and an hour: a file a person can find by the clock. */
const usualSegment = { bytes: 1e9, ms: 3_600_000 };
/** Of the ways to compress the one that costs least, by far: a stream's tweets shrink to 0.22 with it, and to 0.18 at level 6 for 2.4 times the work. */
const usualLevel = 1;
const usualReserveBytes = 256 * 1024 * 1024;
const lookEveryMs = 5_000;
const settleMostMs = 1_500;
const sealMostMs = 1_500;
/** After that a disk is not waited for any more, even where an operation on it has not come back. */
const graceMs = 500;
/** Of the threads that carry out file operations. */
const operationsAtOnce = 2;

/** Opens the archive and takes up what a dead process left. Throws OperatorError `already-running` where another one writes there. */
export async function openArchive(setting: ArchiveSetting, outer: World): Promise<Archive> {
  const { folder } = setting;
  const world = { ...outer, disk: narrowDisk(outer.disk, operationsAtOnce) };
  await world.disk.makeFolder(folder);
  const lock = takeLock(folder, 'warc', world.clock);
  const troubles = troublesFor(world.alerts, folder);
  const sealer = new Sealer(world, { disk: world.disk, folder, level: setting.level ?? usualLevel }, troubles);
  for (const job of await leftBehind(world.disk, folder, world.log)) sealer.add(job);
  const completing = new AbortController();
  const completed = sealer.idle().then(() => completeManifest(folder, world, completing.signal));
  const captures = new Set<Capture>();
  const plan = planner(setting);
  const isTight = await roomWatch(setting, world);
  const capturing = {
    world,
    folder,
    sealer,
    troubles,
    isTight,
    segmentBytes: setting.segmentBytes ?? usualSegment.bytes,
    segmentMs: setting.segmentMs ?? usualSegment.ms,
  };
  const tap: WireTap = (exchange) => listen(exchange, { captures, capturing, plan });
  const lead = new Lead(captures, world, { troubles, folder });
  return {
    tap,
    ahead: () => lead.wait(),
    async close() {
      for (const capture of captures) capture.end({ isOrderly: false, reason: 'unspecified' });
      await settle([...captures], world);
      await sealer.finish(sealMostMs);
      completing.abort(new Error('the archive is being closed'));
      await within(graceMs, completed, world);
      lock.release();
    },
  };
}

type NextPlan = CaptureSetting['plan'];

interface Listening {
  readonly captures: Set<Capture>;
  readonly capturing: Omit<CaptureSetting, 'plan'>;
  readonly plan: (exchange: WireExchange, capturedMs: number) => NextPlan;
}

function listen(exchange: WireExchange, { captures, capturing, plan }: Listening): WireSink {
  const { clock, signal } = capturing.world;
  const capture = new Capture({ ...capturing, plan: plan(exchange, clock.now()) });
  captures.add(capture);
  return {
    bytes: (chunk) => capture.take(chunk),
    end(isOrderly) {
      capture.end({ isOrderly, reason: signal.aborted ? 'unspecified' : 'disconnect' });
      void capture.settled().then(() => captures.delete(capture));
    },
  };
}

/** Plans of the segments of one answer; serial numbers go on over all answers of this process. */
function planner({ prefix, host, about }: ArchiveSetting): (exchange: WireExchange, capturedMs: number) => NextPlan {
  let serial = 0;
  return (exchange, capturedMs) => {
    const { uri, head, redacted } = redactRequest(exchange);
    const address = exchange.remoteAddress.replace(/^::ffff:/, '');
    return (before, bytesBefore, startedMs) => {
      const recordId = newUrn();
      const first = before === undefined && { request: { id: newUrn(), head, redacted } };
      return {
        format: 1,
        fileName: warcFileName({ prefix, startedMs, serial: serial++, host }),
        warcinfoId: newUrn(),
        recordId,
        metadataId: newUrn(),
        originId: before?.originId ?? recordId,
        segment: (before?.segment ?? 0) + 1,
        bytesBefore,
        startedMs,
        capturedMs,
        uri,
        address,
        about,
        ...first,
      } satisfies SegmentPlan;
    };
  };
}

/** A question that costs nothing to ask: the disk is looked at every few seconds. Always no where minute files lie on another disk. */
async function roomWatch(setting: ArchiveSetting, { disk, clock }: World): Promise<() => boolean | Promise<boolean>> {
  const { folder, spool, reserveBytes = usualReserveBytes } = setting;
  if (spool === undefined) return () => false;
  const [here, there] = await Promise.all([fileSystemOf(folder), fileSystemOf(spool)]);
  // Of one disk, parts with names of their own (subvolumes) share what is free: as much to the megabyte, or it does not matter.
  const isShared = Math.abs(here.freeBytes - there.freeBytes) <= 1024 * 1024;
  if (here.id !== there.id && !isShared) return () => false;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let isTight = false;
  return () => {
    if (clock.monotonic() - lookedMs < lookEveryMs) return isTight;
    lookedMs = clock.monotonic();
    return disk.freeBytes(folder).then((free) => (isTight = free < reserveBytes));
  };
}

async function settle(captures: readonly Capture[], world: World): Promise<void> {
  const all = Promise.all(captures.map((capture) => capture.settled()));
  if (await within(settleMostMs, all, world)) return;
  captures.forEach((capture) => capture.giveUpRetrying());
  await within(graceMs, all, world);
}
