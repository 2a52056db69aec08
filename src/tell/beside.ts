// What runs beside a stage: its alerts reach people, and conditions that it does not meet itself are looked at.
// Takes the configuration, the service's name and the stage; leaves the stage run to its end, and everything beside it ended.
import type { Config } from '../config/schema.ts';
import { OperatorError, describeError } from '../domain/operator-error.ts';
import { httpCall } from '../outside/http-call.ts';
import type { World } from '../outside/world.ts';
import { type Teller, openTeller, tellFolder } from './teller.ts';

export interface Service {
  /** ingest, ship, watch */
  readonly name: string;
  readonly config: Config;
  readonly stage: (world: World) => Promise<void>;
  /** What else runs beside it; each ends with the world's signal. */
  readonly companions?: readonly ((world: World, teller: Teller) => Promise<void>)[];
}

/** A stage that cannot start (another one runs, a secret is missing) is not worth a notice: nothing beside it begins sooner. */
const settledMs = 1000;

/** Runs a service: the stage, and beside it the telling and the companions. Throws what the stage throws. */
export async function runBeside({ name, config, stage, companions = [] }: Service, outer: World): Promise<void> {
  const folder = tellFolder(config);
  if (folder === undefined) return stage(outer);
  const ended = new AbortController();
  const world = { ...outer, signal: AbortSignal.any([outer.signal, ended.signal]) };
  const teller = await openTeller({ config, folder, service: name, world, call: httpCall });
  const told = { ...world, alerts: teller.alerts };
  const guarded = companions.map((companion) => async () => {
    try {
      await companion(told, teller);
    } catch (error) {
      // The stage is worth more than what runs beside it; but somebody must know.
      teller.alerts.raise(
        'process-died',
        `A part of ${name} ended: ${describeError(error)} The rest goes on; start the service again.`,
      );
    }
  });
  const beside = world.clock.sleep(settledMs, world.signal).then(
    () => Promise.all([teller.run(), ...guarded.map((companion) => companion())]),
    () => undefined,
  );
  try {
    await stage({ ...told, signal: outer.signal });
  } finally {
    ended.abort(new Error('the stage has ended'));
    await beside;
    await teller.settle({ isQuick: true });
  }
}

/** Runs one pass of a stage, as from cron; what it raised is told before this settles. Throws what the stage throws. */
export async function runOnceBeside<T>(
  { name, config, stage }: Omit<Service, 'stage' | 'companions'> & { readonly stage: (world: World) => Promise<T> },
  world: World,
): Promise<T> {
  const folder = tellFolder(config);
  if (folder === undefined) return stage(world);
  const teller = await openTeller({ config, folder, service: name, world, call: httpCall });
  let isOthersWork = false;
  try {
    return await stage({ ...world, alerts: teller.alerts });
  } catch (error) {
    isOthersWork = error instanceof OperatorError && error.code === 'already-running';
    throw error;
  } finally {
    // What was raised before a pass broke off is told as well. Where a service is at work, what its alerts have come to is its to keep.
    if (!isOthersWork) await teller.settle();
  }
}
