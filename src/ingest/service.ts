// `streamvault ingest`: the stream, heard for years, into minute files.
// Takes the configuration and the world; leaves the spool. Returns when the world's signal aborts, with everything closed.
import { type ConfigWith, type IngestSettings, lateWindowOf } from '../config/schema.ts';
import { describeError } from '../domain/operator-error.ts';
import { productName, productVersion } from '../domain/product.ts';
import { withoutSecrets } from '../domain/secrecy.ts';
import { minuteMs } from '../domain/time.ts';
import { readAuthorities } from '../outside/authorities.ts';
import { isSecretCopied, readSecret } from '../outside/config-file.ts';
import { openStream } from '../outside/http-stream.ts';
import type { WireArchive } from '../outside/wire.ts';
import { takeLock } from '../outside/lock.ts';
import { proxyOf, proxySecrets } from '../outside/proxy.ts';
import { ensureTree } from '../outside/tree.ts';
import { within } from '../outside/within.ts';
import type { World } from '../outside/world.ts';
import { standingConnections } from '../outside/x-api.ts';
import { attempt } from './attempt.ts';
import { type IngestMeter, silentMeter } from './meter.ts';
import { firstAttempt, nextAttempt, noteConnect } from './reconnect.ts';
import { backfillMinutesFor } from './request.ts';
import { openStation, type Station } from './station.ts';
import { tellEnding, tellHeard } from './telling.ts';

/** A connect waits no longer to be remembered: a disk that hangs must not keep the stream from being heard. */
const mostRememberMs = 1_000;

/** What may stand in for the outside, or listen in. */
export interface IngestParts {
  readonly connect?: typeof openStream;
  /** Is shown the exact bytes of each response, and has them before the minute files do. */
  readonly archive?: WireArchive;
  readonly meter?: IngestMeter;
  /** 0 to 1 (excluded). */
  readonly random?: () => number;
}

/** Runs until the signal aborts. Throws OperatorError `already-running` where another one writes into the spool. */
export async function runIngest(config: ConfigWith<'ingest'>, world: World, parts: IngestParts = {}): Promise<void> {
  const { spool } = config.ingest;
  await ensureTree(spool, world.disk);
  using _lock = takeLock(spool, 'ingest', world.clock);
  const meter = parts.meter ?? silentMeter;
  const station = await openStation(
    { root: spool, disk: world.disk },
    { world, meter, server: config.server, lateWindowMs: lateWindowOf(config), ahead: parts.archive?.ahead },
  );
  world.log.info('ingest.started', { spool, api: config.ingest.api, server: config.server });
  const failed = new AbortController();
  const both = { ...world, signal: AbortSignal.any([world.signal, failed.signal]) };
  const stopped = (error: unknown): void => {
    failed.abort(error);
    if (!world.signal.aborted) throw error;
  };
  try {
    // Whichever fails takes the other with it: half an ingest would be silent loss.
    await Promise.all([
      keepHearing(station, config, { world: both, parts }).catch(stopped),
      beat(station, config, both).catch(stopped),
    ]);
  } finally {
    await station.stop();
    world.log.info('ingest.stopped');
  }
}

async function keepHearing(
  station: Station,
  config: ConfigWith<'ingest'>,
  { world, parts }: { world: World; parts: IngestParts },
): Promise<void> {
  const { clock, signal } = world;
  const random = parts.random ?? Math.random;
  const isTokenCopied = await isSecretCopied(config.ingest.bearer_token_file);
  let isBackfillDoubted = false;
  let { waitMs } = firstAttempt(station.patience, clock.now());
  while (!signal.aborted) {
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    await within(mostRememberMs, station.connecting(noteConnect(station.patience, clock.now())), { clock });
    const { outageMs } = station;
    const asksBackfill =
      config.ingest.backfill && outageMs !== undefined && !station.isBackfillRefused && !isBackfillDoubted;
    const ending = await attempt({
      settings: config.ingest,
      world,
      connect: parts.connect ?? openStream,
      tap: parts.archive?.tap,
      version: `${productName} ${productVersion}`,
      backfillMinutes: asksBackfill ? backfillMinutesFor(outageMs) : undefined,
      hearing: station.hearing,
      connected: () => station.connected(),
    });
    const next = nextAttempt(station.patience, ending, { nowMs: clock.now(), jitter: random() });
    waitMs = next.waitMs;
    // Refused without it as well, it was not the backfill.
    if (ending.is === 'backfill-refused' || ending.is === 'refused') isBackfillDoubted = ending.is !== 'refused';
    station.ended(ending, next.patience);
    tellEnding(ending, { waitMs, isTokenCopied }, world);
    if (ending.is === 'too-many-connections') void listConnections(config.ingest, world);
  }
}

/** Says whose connections stand in the way. None is ended by us: the API cannot tell which of two servers behind one router is which. */
async function listConnections(settings: IngestSettings, { log }: World): Promise<void> {
  const secrets: string[] = [];
  try {
    const { api, ca_file: caFile } = settings;
    const proxy = await proxyOf(settings);
    const token = await readSecret(settings.bearer_token_file, 'ingest.bearer_token_file');
    secrets.push(token, ...proxySecrets(proxy));
    const authorities = await readAuthorities(caFile, 'ingest.ca_file');
    log.warn('connections.found', { connections: await standingConnections({ api, token, proxy, authorities }) });
  } catch (error) {
    log.warn('connections.unknown', { reason: withoutSecrets(describeError(error), secrets) });
  }
}

/** Each second: close what is over, make it durable, look whether something must be told. */
async function beat(station: Station, config: ConfigWith<'ingest'>, world: World): Promise<void> {
  const { clock, signal, alerts } = world;
  let isSilent = false;
  for (;;) {
    await clock.sleep(1_000 - (clock.now() % 1_000), signal);
    station.beat();
    const { silentMs } = station;
    if (silentMs > config.alerts.no_data) {
      isSilent = true;
      alerts.raise(
        'no-data',
        `No tweet has come for ${Math.round(silentMs / minuteMs)} min. What is missed stands in gaps.jsonl; look at the alerts before this one.`,
      );
      continue;
    }
    if (isSilent) alerts.end('no-data', 'Tweets come again.');
    isSilent = false;
    // While it is silent, what was heard on the connection before says nothing.
    if (station.isHearing) tellHeard(world);
  }
}
