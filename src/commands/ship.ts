// `streamvault ship`: closed minute files from the spool to the partner's inbox, as a service or once.
// Takes the configuration; leaves an empty spool, progress for whoever looks on, and with --once an exit status for cron.
import { resolve } from 'node:path';
import { readConfigFile } from '../outside/config-file.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { refuseRootIn } from '../outside/service-user.ts';
import type { World } from '../outside/world.ts';
import { plannedShipments, shipOnce } from '../ship/once.ts';
import type { ShipCounts } from '../ship/tally.ts';
import { runShip } from '../ship/service.ts';
import { runBeside, runOnceBeside } from '../tell/beside.ts';
import { command, configOption } from './command.ts';
import { lookouts } from './lookouts.ts';
import type { CommandWorld } from './command.ts';
import { printHostKeys } from './host-keys.ts';
import { shipProgress } from './ship-progress.ts';
import { type ConfigWith, shipSpoolOf } from '../config/schema.ts';

export const ship = command({
  name: 'ship',
  summary: 'Bring closed minute files to the partner (a service)',
  options: {
    ...configOption,
    once: { type: 'boolean', default: false, describe: 'One pass over what waits, then end' },
    'dry-run': { type: 'boolean', default: false, describe: 'Only say what would go, in which order' },
    json: { type: 'boolean', default: false, describe: 'Results and progress as JSON, one object a line' },
    'show-host-key': {
      type: 'boolean',
      default: false,
      describe: "The partner's host keys, their fingerprints, and the lines for known_hosts",
    },
  },
  async run(given, world) {
    const config = await readConfigFile(given.config, ['ship']);
    if (given['show-host-key']) return printHostKeys(config.ship, world);
    if (given['dry-run']) return printPlan(config, world, given.json);
    refuseOwnOfWatch(config);
    await refuseRootIn(shipSpoolOf(config));
    if (given.once) return once(config, world, given.json);
    const progress = shipProgress(world, given.json);
    try {
      const stage = (told: World): Promise<void> => runShip(config, told, { onProgress: progress.show });
      await runBeside({ name: 'ship', config, stage, companions: [lookouts(config, 'ship')] }, world);
    } finally {
      progress.end();
    }
    return 0;
  },
});

/** The same file may serve both servers: run on the wrong one, ship would take server 1's minute files for server 2's. */
function refuseOwnOfWatch(config: ConfigWith<'ship'>): void {
  const { server, watch } = config;
  if (server !== 1 || watch === undefined || resolve(watch.own) !== resolve(shipSpoolOf(config))) return;
  throw new OperatorError(
    'wrong-usage',
    `This is server 1, whose watch merges ${watch.own} itself; nothing was sent.`,
    'Run ship on server 2; here nothing needs shipping.',
  );
}

async function printPlan(config: ConfigWith<'ship'>, world: CommandWorld, isJson: boolean): Promise<number> {
  const planned = await plannedShipments(config, world);
  if (planned.length === 0 && !isJson) world.results.write('Nothing waits to be shipped.\n');
  for (const { path, bytes } of planned) {
    world.results.write(isJson ? `${JSON.stringify({ path, bytes })}\n` : `${path}\t${bytes}\n`);
  }
  return 0;
}

/** 0: all went; 1: something was set aside or is left. Cron may find the service at work: that is as it should be. */
async function once(config: ConfigWith<'ship'>, world: CommandWorld, isJson: boolean): Promise<number> {
  const progress = shipProgress(world, isJson);
  try {
    const stage = (told: World): Promise<ShipCounts> => shipOnce(config, told, { onProgress: progress.show });
    const counts = await runOnceBeside({ name: 'ship', config, stage }, world);
    progress.end();
    const { shipped, wasThere, setAside, bytes, left } = counts;
    const sentence = `${shipped} shipped (${bytes} bytes), ${wasThere} were there already, ${setAside} set aside, ${left} left.`;
    world.results.write(isJson ? `${JSON.stringify(counts)}\n` : `${sentence}\n`);
    return setAside + left === 0 ? 0 : 1;
  } catch (error) {
    progress.end();
    if (!(error instanceof OperatorError) || error.code !== 'already-running') throw error;
    world.log.info('ship.already-running', { reason: error.message });
    return 0;
  }
}
