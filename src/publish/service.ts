// Publishing beside the watch: passes over the vault, each a minute after the last, later where OSF is in trouble.
// Takes the configuration and a world; leaves the vault's IDs and reports at OSF, alerts where that fails or the limit stops it.
import type { ConfigWith } from '../config/schema.ts';
import { OperatorError, describeError } from '../domain/operator-error.ts';
import { type RequestKind, afterRequest, paceWaitMs } from '../domain/request-pace.ts';
import { hourMs, minuteMs } from '../domain/time.ts';
import { readSecret } from '../outside/config-file.ts';
import { type HttpCall, httpCall } from '../outside/http-call.ts';
import { type Lock, takeLock, tryLock } from '../outside/lock.ts';
import { osfClient } from '../outside/osf.ts';
import type { OsfTrouble, OsfTroubleKind } from '../outside/osf-trouble.ts';
import type { World } from '../outside/world.ts';
import { foldersOf } from './folders.ts';
import { type Memory, openMemory, publishFolder } from './memory.ts';
import { type PassResult, type Shop, publishPass } from './pass.ts';
import { tellOver, tellStopped, tellTrouble } from './telling.ts';
import { type VaultDays, vaultDays } from './vault-days.ts';

export type PublishConfig = ConfigWith<'watch' | 'osf'>;

const betweenPassesMs = minuteMs;
/** Trouble of the network that is over sooner is nobody's concern. */
const toldAfterMs = hourMs / 2;

/** What trouble has lasted how long: passes in a row that got nowhere, and since when (monotonic) they fail. */
interface Trouble {
  failures: number;
  sinceMs: number | undefined;
}

/**
 * Publishes until the signal aborts; where somebody publishes from this vault by hand, after that is done. Never rejects: whatever is
 * the matter is told, and tried again.
 */
export async function runPublish(config: PublishConfig, world: World, call: HttpCall = httpCall): Promise<void> {
  const trouble: Trouble = { failures: 0, sinceMs: undefined };
  while (!world.signal.aborted) {
    try {
      await publishOn(config, world, { call, trouble });
    } catch (error) {
      if (world.signal.aborted) return;
      // A disk that fails, a secret that is not there: everything is opened anew the next time.
      world.log.error('publish.failed', { reason: describeError(error) });
      const waitMs = afterTrouble(trouble, 'refused');
      if (error instanceof OperatorError || isLong(trouble, world)) tellTrouble(error, undefined, world);
      await rest(waitMs, world);
    }
  }
}

interface Going {
  readonly call: HttpCall;
  readonly trouble: Trouble;
}

async function publishOn(config: PublishConfig, world: World, { call, trouble }: Going): Promise<void> {
  await world.disk.makeFolder(publishFolder(config.watch.vault));
  using lock = await waitForLock(publishFolder(config.watch.vault), world);
  if (lock === undefined) return;
  const memory = await openMemory(world.disk, config.watch.vault, config.osf);
  const days = daysOfVault(config, world);
  while (!world.signal.aborted) {
    const result = await publishPass(await openShop(config, world, { memory, days, call }));
    if (!world.signal.aborted) await rest(judge(result, { config, world, trouble }), world);
  }
}

interface Judging {
  readonly config: PublishConfig;
  readonly world: World;
  readonly trouble: Trouble;
}

/** Tells what a pass came to; ms until the next one. */
function judge(result: PassResult, { config, world, trouble: lasting }: Judging): number {
  tellStopped(result, config.osf.monthly_ids, world);
  if (result.uploaded > 0) Object.assign(lasting, { failures: 0, sinceMs: undefined });
  const { trouble } = result;
  if (trouble === undefined) {
    Object.assign(lasting, { failures: 0, sinceMs: undefined });
    tellOver(world);
    return betweenPassesMs;
  }
  const waitMs = Math.max(afterTrouble(lasting, trouble.kind), untilAllowedMs(trouble, world.clock.now()));
  world.log.warn('publish.delayed', { reason: describeError(trouble), left: result.left, waitMs });
  const isLasting = isLong(lasting, world);
  if (isOurs(trouble.kind) || isLasting) tellTrouble(trouble, result, world);
  // Where single files are in trouble the others go on: new hours should not wait long for them.
  return result.isCutShort ? waitMs : Math.min(waitMs, 5 * minuteMs);
}

/** By the monotonic clock: the wall clock may be set. */
function isLong(trouble: Trouble, { clock }: World): boolean {
  trouble.sinceMs ??= clock.monotonic();
  return clock.monotonic() - trouble.sinceMs >= toldAfterMs;
}

const rest = (waitMs: number, { clock, signal }: World): Promise<void> => clock.sleep(waitMs, signal).catch(() => {});

async function waitForLock(folder: string, world: World): Promise<Lock | undefined> {
  while (!world.signal.aborted) {
    const lock = tryLock(folder, 'publish', world.clock);
    if (lock) return lock;
    await rest(betweenPassesMs, world);
  }
  return undefined;
}

/** One pass; throws `already-running` where a service publishes from this vault. */
export async function publishOnce(config: PublishConfig, world: World, call: HttpCall = httpCall): Promise<PassResult> {
  await world.disk.makeFolder(publishFolder(config.watch.vault));
  using _lock = takeLock(publishFolder(config.watch.vault), 'publish', world.clock);
  const memory = await openMemory(world.disk, config.watch.vault, config.osf);
  const result = await publishPass(await openShop(config, world, { memory, days: daysOfVault(config, world), call }));
  tellStopped(result, config.osf.monthly_ids, world);
  if (result.trouble) tellTrouble(result.trouble, result, world);
  else tellOver(world);
  return result;
}

/** How long after a day's end a report with missing hours is published all the same. */
const reportPatienceMs = hourMs;

export const daysOfVault = ({ watch, timezone }: PublishConfig, { disk }: Pick<World, 'disk'>): VaultDays =>
  vaultDays({ disk, vault: watch.vault, zone: timezone, patienceMs: watch.patience + reportPatienceMs });

/** The token is read anew at each pass: one that was replaced counts at once. */
async function openShop(
  config: PublishConfig,
  world: World,
  { memory, days, call }: { memory: Memory; days: VaultDays; call: HttpCall },
): Promise<Shop> {
  const { osf: settings } = config;
  const token = await readSecret(settings.token_file, '[osf] token_file');
  const { clock, signal } = world;
  const osf = osfClient({ ...settings, token, call, pace: pacedBy(memory, world), now: clock.now, signal });
  const allowance = { monthlyIds: settings.monthly_ids, approval: settings.approval };
  return { world, memory, osf, folders: foldersOf(osf, memory), days, allowance };
}

/** Waits for a request's turn, and counts it. */
function pacedBy(
  memory: Memory,
  { clock, signal }: Pick<World, 'clock' | 'signal'>,
): (kind: RequestKind) => Promise<void> {
  return async (kind) => {
    for (;;) {
      const waitMs = paceWaitMs(memory.pace(), kind, clock.now());
      if (waitMs <= 0) break;
      await clock.sleep(waitMs, signal);
    }
    signal.throwIfAborted();
    await memory.savePace(afterRequest(memory.pace(), kind, clock.now()));
  };
}

/** Trouble that does not pass by itself. */
const isOurs = (kind: OsfTroubleKind): boolean => !['broken', 'unavailable', 'slow-down'].includes(kind);

/** Counts a failure; ms until the next try, which grow. */
function afterTrouble(trouble: Trouble, kind: OsfTroubleKind): number {
  const [firstMs, longestMs] = isOurs(kind) ? [minuteMs, hourMs / 4] : [minuteMs / 2, hourMs / 2];
  return Math.min(firstMs * 2 ** Math.min(trouble.failures++, 20), longestMs);
}

const longestAllowedWaitMs = 25 * hourMs;

const untilAllowedMs = ({ notBeforeMs }: OsfTrouble, nowMs: number): number =>
  notBeforeMs === undefined ? 0 : Math.min(Math.max(0, notBeforeMs - nowMs), longestAllowedWaitMs);
