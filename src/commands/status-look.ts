// What the status is made of, gathered from every room: locks, minute files, vault, outbox, alerts, disks. Takes the configuration;
// leaves the facts. Each is looked at only where the configuration has its section; what cannot be looked at is named, and the rest goes on.
import type { Config } from '../config/schema.ts';
import { describeError } from '../domain/operator-error.ts';
import { givenIds } from '../domain/publishing.ts';
import { dayBefore, reportMoment } from '../domain/report-due.ts';
import type { DiskStatus, HeardStatus, ServiceStatus, StatusFacts, Unseen } from '../domain/status.ts';
import { dayMs, hourOf, minuteName, minuteOf } from '../domain/time.ts';
import { fileSystemOf } from '../outside/file-system.ts';
import { lockHolder } from '../outside/lock.ts';
import { VaultView } from '../outside/vault-view.ts';
import type { World } from '../outside/world.ts';
import { openMemory } from '../publish/memory.ts';
import { plannedUploads } from '../publish/pass.ts';
import { daysOfVault } from '../publish/service.ts';
import { waitingFiles } from '../ship/spool.ts';
import { type SeenMinute, heardOf, minutesSince, vaultStatus } from '../status/look.ts';
import { readRecent } from '../status/recent.ts';
import { readTroubles } from '../tell/alert-memory.ts';
import { outboxAt } from '../tell/outbox.ts';
import { tellingTrouble } from '../tell/rights.ts';
import { tellFolder } from '../tell/teller.ts';

interface Look extends Pick<World, 'clock' | 'disk'> {
  /** Resolves to what `look` finds; to `blind`, and the reason is noted, where it throws. */
  see<T>(what: string, blind: T, look: () => Promise<T>): Promise<T>;
}

export async function lookAround(config: Config, world: Pick<World, 'clock' | 'disk'>): Promise<StatusFacts> {
  const unseen: Unseen[] = [];
  const look: Look = {
    ...world,
    see: (what, blind, work) =>
      work().catch((error: unknown) => {
        unseen.push({ what, reason: describeError(error) });
        return blind;
      }),
  };
  const { alerts, server } = config;
  const nowMs = world.clock.now();
  const trees = await treesOf(config, look);
  const folder = tellFolder(config);
  return {
    nowMs,
    server,
    services: servicesOf(config),
    heard: heardIn(config, trees, nowMs),
    vault: await vaultIn(config, trees, look),
    to_ship: await shipping(config, look),
    messages: await messagesIn(folder, look),
    next_report: nextReport(config, nowMs),
    publishing: await publishingOf(config, look),
    disks: await disksOf(config, look),
    troubles:
      folder === undefined ? [] : await look.see(`alerts in ${folder}`, [], () => readTroubles(world.disk, folder)),
    tellingTrouble:
      folder === undefined ? undefined : await look.see(`rights in ${folder}`, undefined, () => tellingTrouble(folder)),
    unseen,
    limits: { partnerSilentMs: alerts.partner_silent },
  };
}

function servicesOf({ ingest, ship, watch, server }: Config): ServiceStatus[] {
  const expected = [
    ...(ingest ? [{ name: 'ingest' as const, folder: ingest.spool }] : []),
    ...(ship && (server === 2 || !watch) ? [{ name: 'ship' as const, folder: ship.spool ?? ingest?.spool ?? '' }] : []),
    ...(watch && (server === 1 || !ship) ? [{ name: 'watch' as const, folder: watch.vault }] : []),
  ];
  return expected.map(({ name, folder }) => ({ name, ...lockHolder(folder, name) }));
}

interface Trees {
  /** undefined: there is none, or it cannot be seen. */
  readonly own: readonly SeenMinute[] | undefined;
  readonly partner: readonly SeenMinute[] | undefined;
}

/** Two days back: what waits longer has an alert of its own. */
async function treesOf({ ingest, ship, watch }: Config, { disk, clock, see }: Look): Promise<Trees> {
  const sinceMs = clock.now() - 2 * dayMs;
  const tree = async (path: string | undefined): Promise<SeenMinute[] | undefined> =>
    path === undefined ? undefined : see(`minute files in ${path}`, undefined, () => minutesSince(disk, path, sinceMs));
  const spool = ingest?.spool;
  const lying = await tree(watch?.own ?? spool ?? ship?.spool);
  const recent = spool === undefined ? [] : await see(`minutes of ${spool}`, [], () => readRecent(disk, spool));
  const known = new Set(lying?.map(({ minute }) => minute));
  return {
    own: lying && [...lying, ...recent.filter(({ minute }) => !known.has(minute))],
    partner: await tree(watch?.partner),
  };
}

function heardIn({ server, watch, ingest }: Config, { own, partner }: Trees, nowMs: number): HeardStatus[] {
  const hasOwn = ingest !== undefined || watch !== undefined;
  return [
    ...(hasOwn && own ? [heardOf(server, own, nowMs)] : []),
    ...(partner ? [heardOf(server === 1 ? 2 : 1, partner, nowMs)] : []),
  ];
}

async function vaultIn(
  { watch, timezone }: Config,
  { own, partner }: Trees,
  { disk, clock, see }: Look,
): Promise<StatusFacts['vault']> {
  if (watch === undefined) return null;
  const vault = new VaultView(watch.vault, timezone, disk);
  const trees = watch.partner === undefined ? [own ?? []] : [own ?? [], partner ?? []];
  const look = { vault, nowMs: clock.now(), patienceMs: watch.patience, trees };
  return see(`vault ${watch.vault}`, null, () => vaultStatus(look));
}

async function shipping({ ship, ingest, watch, server }: Config, { disk, see }: Look): Promise<StatusFacts['to_ship']> {
  const spool = ship?.spool ?? ingest?.spool;
  if (ship === undefined || spool === undefined || (server === 1 && watch !== undefined)) return null;
  return see(`spool ${spool}`, null, async () => {
    const files = await waitingFiles(disk, spool);
    const [first] = files;
    return { files: files.length, oldest_minute: first === undefined ? null : minuteName(first.says.minute) };
  });
}

async function messagesIn(folder: string | undefined, { disk, see }: Look): Promise<StatusFacts['messages']> {
  const none = { waiting: 0, oldest: null };
  if (folder === undefined) return none;
  return see('outbox', none, async () => {
    const damaged: string[] = [];
    const waiting = await outboxAt(disk, folder).waiting((path) => damaged.push(path));
    for (const path of damaged) await see(path, undefined, () => Promise.reject(new Error('it is damaged')));
    const [first] = waiting;
    return { waiting: waiting.length, oldest: first === undefined ? null : new Date(first.message.atMs).toISOString() };
  });
}

function nextReport({ mail, watch, timezone }: Config, nowMs: number): string | null {
  if (mail === undefined || watch === undefined) return null;
  const clock = { zone: timezone, reportAt: mail.report_at };
  const today = hourOf(minuteOf(nowMs), timezone).day;
  const moments = [dayBefore(today), today].map((day) => reportMoment(day, clock));
  const next = moments.find((atMs) => atMs > nowMs);
  return next === undefined ? null : new Date(next).toISOString();
}

async function publishingOf(config: Config, { see, ...world }: Look): Promise<StatusFacts['publishing']> {
  const { osf, watch } = config;
  if (osf === undefined || watch === undefined) return null;
  return see(`what is published of ${watch.vault}`, null, async () => {
    const memory = await openMemory(world.disk, watch.vault, osf);
    const days = daysOfVault({ ...config, osf, watch }, world);
    const { files, trouble } = await plannedUploads({ days, memory, world });
    if (trouble) throw trouble;
    return {
      left: files.length,
      ids_in_30_days: givenIds(memory.given(), world.clock.now()),
      monthly_ids: osf.monthly_ids,
      approval: osf.approval ?? null,
    };
  });
}

/** Each file system once, by the first path on it. */
async function disksOf({ watch, ingest, ship }: Config, { see }: Look): Promise<DiskStatus[]> {
  const paths = [watch?.vault, watch?.own, watch?.partner, ingest?.spool, ship?.spool, ingest?.warc];
  const found = new Map<string, DiskStatus>();
  for (const path of new Set(paths.filter((path) => path !== undefined))) {
    const system = await see(`disk of ${path}`, undefined, () => fileSystemOf(path));
    if (system === undefined || found.has(system.id)) continue;
    found.set(system.id, { path, free_bytes: system.freeBytes, total_bytes: system.totalBytes });
  }
  return [...found.values()];
}
