// The service: one connection, kept; a pass at each ring of the doorbell, and every few seconds anyway. Takes the settings and
// the world; leaves the spool empty. Trouble outside is retried here, and only here, with growing patience.
import { type ConfigWith, shipSpoolOf } from '../config/schema.ts';
import { isDayFolder, isHourFolder, parseMinuteFileName } from '../domain/minute-file.ts';
import type { AlertCause } from '../domain/alert.ts';
import { describeError, OperatorError } from '../domain/operator-error.ts';
import { formatDuration } from '../domain/quantity.ts';
import { type Doorbell, hangDoorbell } from '../outside/doorbell.ts';
import { takeLock } from '../outside/lock.ts';
import { HostKeyRefused } from '../outside/sftp-trouble.ts';
import { readSftpTarget } from '../outside/sftp-target.ts';
import { ensureTree } from '../outside/tree.ts';
import type { World } from '../outside/world.ts';
import { type ShipOptions, withFarDisk } from './link.ts';
import { type Journey, shipPass } from './pass.ts';
import { linkWaitMs } from './plan.ts';
import { tidier } from './retention.ts';
import { setbacks } from './setbacks.ts';
import { createTally } from './tally.ts';
import { tellPass } from './telling.ts';

const scanMs = 5000;
const longestPassMs = 60_000;
const refusedWaitMs = 60_000;
const attemptsBeforeAlert = 3;

/**
 * Ships until the world's signal aborts, then ends within seconds. Throws OperatorError: `already-running`, or `config-invalid`
 * where the key or known_hosts cannot be read at the start.
 */
export async function runShip(config: ConfigWith<'ship'>, world: World, options: ShipOptions = {}): Promise<void> {
  const spool = shipSpoolOf(config);
  await ensureTree(spool, world.disk);
  using _lock = takeLock(spool, 'ship', world.clock);
  await readSftpTarget(config.ship);
  world.life?.ready();
  await using bell = await hangDoorbell([spool], { clock: world.clock, log: world.log, rings: isOfInterest });
  const memory = {
    setbacks: setbacks(),
    tally: createTally(options.onProgress),
    remnants: new Set<string>(),
    tidy: tidier(),
  };
  let failures = 0;
  while (!world.signal.aborted) {
    const before = memory.tally.counts;
    try {
      await withFarDisk(config, world, {
        ...options,
        work: (far) =>
          serve({ world, far, spool, inbox: config.ship.inbox, keepMs: config.ship.keep, ...memory }, bell),
      });
    } catch (error) {
      if (world.signal.aborted) return;
      const { shipped, wasThere } = memory.tally.counts;
      failures = shipped + wasThere > before.shipped + before.wasThere ? 1 : failures + 1;
      await pause(error, failures, world);
    }
  }
}

const isOfInterest = (name: string, isFolder: boolean): boolean =>
  isFolder ? isDayFolder(name) || isHourFolder(name) : parseMinuteFileName(name) !== undefined;

/** Passes over one connection, until it is lost or the service stops; ends by throwing. */
async function serve(journey: Journey & { tidy: ReturnType<typeof tidier> }, bell: Doorbell): Promise<void> {
  const { world, far, tidy } = journey;
  const stop = AbortSignal.any([world.signal, far.lost]);
  let troubles = 0;
  world.log.info('partner.connected', { inbox: journey.inbox });
  while (!stop.aborted) {
    const since = world.clock.monotonic();
    const isStale = (): boolean => bell.isRung || world.clock.monotonic() - since > longestPassMs;
    const result = await shipPass(journey, isStale);
    const isTrouble = result.is === 'refused' || result.is === 'no-room';
    troubles = !isTrouble ? 0 : result.brought > 0 ? 1 : troubles + 1;
    tellPass(result, journey);
    world.life?.alive(`Connected; ${journey.tally.counts.shipped} files shipped since the start`);
    await tidy(journey);
    if (isTrouble) await world.clock.sleep(linkWaitMs(troubles), stop);
    else await bell.wait(result.is === 'stale' ? 0 : scanMs, stop);
  }
  throw stop.reason;
}

/** Says what is wrong, then waits. Errors that are not of the outside are our own damage and go on. */
async function pause(trouble: unknown, failures: number, { clock, log, alerts, life, signal }: World): Promise<void> {
  if (!(trouble instanceof OperatorError)) throw trouble;
  const isPassing = trouble.code === 'unreachable' || trouble.code === 'disk-failed';
  const waitMs = isPassing ? linkWaitMs(failures) : refusedWaitMs;
  const cause = causeOf(trouble);
  log.warn(cause === 'disk-failing' ? 'spool.unreadable' : 'partner.unreachable', {
    reason: describeError(trouble),
    failures,
    retryIn: formatDuration(waitMs),
  });
  if (!isPassing || failures >= attemptsBeforeAlert) alerts.raise(cause, describeError(trouble));
  life?.alive('Server 1 does not take files; trying again');
  await clock.sleep(waitMs, signal).catch(() => {});
}

function causeOf(trouble: OperatorError): AlertCause {
  if (trouble.code === 'disk-failed') return 'disk-failing';
  return trouble instanceof HostKeyRefused && trouble.verdict !== 'unknown'
    ? 'host-key-changed'
    : 'partner-unreachable';
}
