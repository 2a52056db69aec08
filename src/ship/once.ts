// One pass over what lies on disk, with the code that the service runs. Takes the settings and the world; leaves counts.
import { join } from 'node:path';
import { type ConfigWith, shipSpoolOf } from '../config/schema.ts';
import { describeError, OperatorError } from '../domain/operator-error.ts';
import { takeLock } from '../outside/lock.ts';
import { ensureTree } from '../outside/tree.ts';
import type { World } from '../outside/world.ts';
import { type ShipOptions, withFarDisk } from './link.ts';
import { type Journey, type PassResult, shipPass } from './pass.ts';
import { linkWaitMs, shipOrder } from './plan.ts';
import { tidier } from './retention.ts';
import { setbacks } from './setbacks.ts';
import { waitingFiles } from './spool.ts';
import { createTally, type ShipCounts } from './tally.ts';
import { tellPass } from './telling.ts';

const attempts = 3;
/** Each is three refusals in a row: then it is no matter of single files. */
const passesInVain = 5;

/**
 * Ships what waits and ends. Throws OperatorError: `already-running`, `config-invalid`, `refused`, `disk-full` (the far side's disk),
 * `unreachable` (after three attempts without a shipment between). `left` counts what was refused or is being tried again later.
 */
export async function shipOnce(
  config: ConfigWith<'ship'>,
  world: World,
  options: ShipOptions = {},
): Promise<ShipCounts> {
  const spool = shipSpoolOf(config);
  await ensureTree(spool, world.disk);
  using _lock = takeLock(spool, 'ship', world.clock);
  const memory = { setbacks: setbacks(), tally: createTally(options.onProgress), remnants: new Set<string>() };
  const tidy = tidier();
  for (let failures = 0; ;) {
    const before = memory.tally.counts;
    try {
      const result = await withFarDisk(config, world, {
        ...options,
        async work(far) {
          const journey = { world, far, spool, inbox: config.ship.inbox, keepMs: config.ship.keep, ...memory };
          const end = await passes(journey);
          await tidy(journey);
          return end;
        },
      });
      if (result.is === 'no-room') throw result.trouble;
      tellPass(result, { world, ...memory });
      return memory.tally.counts;
    } catch (error) {
      const { shipped, wasThere } = memory.tally.counts;
      failures = shipped + wasThere > before.shipped + before.wasThere ? 1 : failures + 1;
      if (!(error instanceof OperatorError) || error.code !== 'unreachable' || failures >= attempts) throw error;
      world.log.warn('partner.unreachable', { reason: describeError(error), failures });
      await world.clock.sleep(linkWaitMs(failures), world.signal);
    }
  }
}

/** Looks again until everything that can go has gone: files close while others travel. */
async function passes(journey: Journey): Promise<PassResult> {
  for (let vain = 0; ;) {
    const result = await shipPass(journey, () => false);
    vain = result.brought > 0 ? 0 : vain + 1;
    const isOver = result.is === 'no-room' || (result.is === 'through' && result.brought === 0);
    if (isOver || vain >= passesInVain || journey.world.signal.aborted) return result;
  }
}

export interface PlannedShipment {
  /** Below the spool, and to be below the inbox. */
  readonly path: string;
  readonly bytes: number;
}

/** What would be shipped now, in order. Changes nothing and connects to nobody. */
export async function plannedShipments(config: ConfigWith<'ship'>, { disk, clock }: World): Promise<PlannedShipment[]> {
  const spool = shipSpoolOf(config);
  const planned: PlannedShipment[] = [];
  for (const { folder, name } of shipOrder(await waitingFiles(disk, spool), clock.now())) {
    const path = `${folder}/${name}`;
    planned.push({ path, bytes: (await disk.facts(join(spool, path)))?.bytes ?? 0 });
  }
  return planned;
}
