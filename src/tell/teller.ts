// What a service tells people, from its start to its end: gathers its alerts, keeps the outbox, delivers from it.
// Takes the configuration and the service's name; leaves the alerts that its stage is given, and a loop that runs beside it.
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { AlertCause, Alerts } from '../domain/alert.ts';
import { type MessageWay, type Speaker, startNotice } from '../domain/message.ts';
import { describeError } from '../domain/operator-error.ts';
import { productVersion } from '../domain/product.ts';
import { dayMs, minuteMs } from '../domain/time.ts';
import type { HttpCall } from '../outside/http-call.ts';
import { type Lock, tryLock } from '../outside/lock.ts';
import type { World } from '../outside/world.ts';
import { type Delivery, type Patience, type Way, deliverWaiting, forgetDelivered, nextTryMs } from './deliver.ts';
import { type Gathering, openGathering } from './gather.ts';
import { type Outbox, type Waiting, outboxAt } from './outbox.ts';
import { configuredWays } from './ways.ts';

/**
 * Where what people are told waits and is remembered: one folder for all services of a server, hidden in the tree that they share
 * (the vault on server 1, the spool on server 2). undefined where the configuration has no tree at all.
 */
export function tellFolder({ watch, ingest, ship }: Config): string | undefined {
  const tree = watch?.vault ?? ingest?.spool ?? ship?.spool;
  return tree === undefined ? undefined : join(tree, '.tell');
}

/** Causes that speak of what the configuration does not name (any more): nothing else would ever say that they are over. */
function leftTheConfiguration({ mail, alerts, osf, watch, ingest }: Config): AlertCause[] {
  return [
    ...(mail ? [] : ['mail-failing' as const]),
    ...((alerts.command ?? alerts.webhook) ? [] : ['hook-failing' as const]),
    ...(osf ? [] : ['upload-failing' as const, 'publishing-stopped' as const]),
    ...(watch?.partner ? [] : ['partner-silent' as const]),
    ...(ingest?.warc ? [] : ['archive-failing' as const]),
  ];
}

export interface TellerSetting {
  readonly config: Config;
  readonly folder: string;
  /** ingest, ship, watch, … */
  readonly service: string;
  readonly world: Omit<World, 'alerts'>;
  readonly call: HttpCall;
}

export interface Teller {
  readonly alerts: Alerts;
  /** undefined where no way to people is configured. */
  readonly outbox: Outbox | undefined;
  /** A message was added: deliver soon. */
  ring(): void;
  /** Tells and delivers until the world's signal aborts. Never rejects: what stands in its way is logged, and tried again. */
  run(): Promise<void>;
  /** One pass: tells what is due, delivers what waits and may be tried. Resolves to how many messages still wait. */
  pass(): Promise<number>;
  /** The same for the end of a command, without delivery where `isQuick`. Never rejects. */
  settle(setting?: { readonly isQuick: boolean }): Promise<void>;
}

const turnMs = minuteMs;
/** What it did not see when it began is ours to do. */
const besideAnotherMs = 5_000;

export async function openTeller(setting: TellerSetting): Promise<Teller> {
  const { config, folder, service, world, call } = setting;
  const ways = configuredWays(config, call);
  const outbox = ways.length > 0 ? outboxAt(world.disk, folder) : undefined;
  const bell = newBell();
  const speaker: Speaker = { server: config.server, service };
  const gathering = await openGathering({ world, folder, outbox, speaker, zone: config.timezone, ring: bell.ring });
  for (const cause of leftTheConfiguration(config)) gathering.end(cause, 'It is not in the configuration any more.');
  const inner: Inner = { setting, gathering, outbox, ways, patience: new Map(), proven: new Set(), nextTry: undefined };
  const pass = (): Promise<number> => onePass(inner);
  return {
    alerts: gathering,
    outbox,
    ring: bell.ring,
    pass,
    settle: ({ isQuick } = { isQuick: false }) => guarded(inner, isQuick ? () => gathering.turn() : pass),
    async run() {
      await guarded(inner, () => giveNotice(inner, speaker));
      let prunedMs = Number.NEGATIVE_INFINITY;
      while (!world.signal.aborted) {
        await guarded(inner, pass);
        if (world.clock.monotonic() - prunedMs > dayMs) {
          await guarded(inner, async () => outbox?.prune(world.clock.now()));
          prunedMs = world.clock.monotonic();
        }
        await bell.wait(world, waitMs(inner));
      }
    },
  };
}

interface Inner {
  readonly setting: TellerSetting;
  readonly gathering: Gathering;
  readonly outbox: Outbox | undefined;
  readonly ways: readonly Way[];
  readonly patience: Patience;
  readonly proven: Set<MessageWay>;
  /** Monotonic ms; undefined where nothing waits. */
  nextTry: number | undefined;
}

/** Telling must never stop what it tells about: the stream is heard although nobody can be told. */
async function guarded({ setting }: Inner, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    setting.world.log.error('telling.failed', { reason: describeError(error) });
  }
}

function waitMs({ nextTry, setting }: Inner): number {
  return nextTry === undefined ? turnMs : Math.min(turnMs, Math.max(1000, nextTry - setting.world.clock.monotonic()));
}

async function onePass(inner: Inner): Promise<number> {
  await inner.gathering.turn();
  const { outbox, ways, patience, proven, gathering, setting } = inner;
  if (outbox === undefined) return 0;
  const delivery = { world: { ...setting.world, alerts: gathering }, outbox, ways, patience, proven };
  const { left, isBusy } = await deliverAlone(delivery, setting.folder);
  inner.nextTry = isBusy ? setting.world.clock.monotonic() + besideAnotherMs : nextTryMs(delivery, left);
  // Delivery itself may have raised or ended an alert.
  await gathering.turn();
  return left.length;
}

interface Left {
  readonly left: readonly Waiting[];
  /** Another service of this server delivers at this moment: it will do ours too. */
  readonly isBusy: boolean;
}

/** Delivers, unless another one does; resolves to what is left. */
async function deliverAlone(delivery: Delivery, folder: string): Promise<Left> {
  const { clock } = delivery.world;
  const waiting = await delivery.outbox.waiting(() => {});
  forgetDelivered(delivery, waiting);
  if (waiting.length === 0) return { left: [], isBusy: false };
  let lock: Lock | undefined;
  try {
    lock = tryLock(folder, 'delivery', clock);
    if (!lock) return { left: waiting, isBusy: true };
  } catch (error) {
    // A full disk has no room for a lock, and that is what must be told.
    delivery.world.log.warn('delivery.unlocked', { reason: describeError(error) });
  }
  try {
    return { left: await deliverWaiting(delivery), isBusy: false };
  } finally {
    lock?.release();
  }
}

async function giveNotice({ setting, outbox }: Inner, speaker: Speaker): Promise<void> {
  if (setting.config.mail?.notice_at_start !== true) return;
  await outbox?.add(startNotice(speaker, productVersion, setting.world.clock.now()));
}

interface Bell {
  readonly ring: () => void;
  wait(world: Pick<World, 'clock' | 'signal'>, mostMs: number): Promise<void>;
}

/** A ring while nobody waits is not lost: the next wait ends at once. */
function newBell(): Bell {
  let isRung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      isRung = true;
      wake?.();
    },
    async wait({ clock, signal }, mostMs) {
      if (!isRung && !signal.aborted) {
        const end = new AbortController();
        wake = () => end.abort();
        await clock.sleep(mostMs, AbortSignal.any([signal, end.signal])).catch(() => {});
        wake = undefined;
      }
      isRung = false;
    },
  };
}
