// `streamvault watch`: minute files of both servers become the vault's hours, as a service or once.
// With --once a line an hour on stdout: what was made, and in which generation.
import { OperatorError } from '../domain/operator-error.ts';
import { hourOfName } from '../domain/time.ts';
import { readConfigFile } from '../outside/config-file.ts';
import { refuseRootIn } from '../outside/service-user.ts';
import type { World } from '../outside/world.ts';
import { runPublish } from '../publish/service.ts';
import { keepReporting } from '../tell/report-mail.ts';
import { runWatch, watchOnce } from '../watch/watch.ts';
import type { OnceSetting } from '../watch/watch.ts';
import { type Service, runBeside, runOnceBeside } from '../tell/beside.ts';
import { command, configOption } from './command.ts';
import { lookouts } from './lookouts.ts';
import type { CommandWorld } from './command.ts';
import type { ConfigWith } from '../config/schema.ts';

export const watch = command({
  name: 'watch',
  summary: 'Merge spool and inbox into the vault: a service, on server 1',
  options: {
    ...configOption,
    once: {
      type: 'boolean',
      default: false,
      describe:
        'One pass over what lies on disk, then end. It publishes nothing and mails no report of the day; run for that: streamvault publish, streamvault report --mail',
    },
    hour: {
      type: 'string',
      describe:
        'With --once: make this hour alone, again if it is made, such as 2026-03-10T14; the service must be stopped meanwhile',
    },
  },
  async run(given, world) {
    const config = await readConfigFile(given.config, ['watch']);
    if (given.hour !== undefined && !given.once) {
      throw new OperatorError('wrong-usage', '--hour makes one hour, and the service makes all.', 'Add --once.');
    }
    await refuseRootIn(config.watch.vault);
    if (given.once) return once(config, world, hourSetting(given.hour, config.timezone));
    const companions = [lookouts(config, 'watch'), ...reporting(config), ...publishing(config)];
    await runBeside({ name: 'watch', config, stage: (told) => runWatch(config, told), companions }, world);
    return 0;
  },
});

/** The day's report goes out from here, where there is mail. */
function reporting(config: ConfigWith<'watch'>): Service['companions'] & object {
  const { mail } = config;
  if (mail === undefined) return [];
  return [
    async (world, { outbox, ring }) => {
      if (outbox) await keepReporting({ config: { ...config, mail }, outbox, ring }, world);
    },
  ];
}

/** Publishing runs beside the watch, where it is switched on. */
function publishing(config: ConfigWith<'watch'>): ((world: World) => Promise<void>)[] {
  const { osf } = config;
  return osf ? [(world) => runPublish({ ...config, osf }, world)] : [];
}

function hourSetting(name: string | undefined, zone: string): OnceSetting {
  if (name === undefined) return {};
  const hour = hourOfName(name, zone);
  if (hour) return { hour };
  throw new OperatorError(
    'wrong-usage',
    `--hour ${name} is no hour of the zone ${zone}.`,
    'Write it as the vault names it, as in 2026-03-10T14; a repeated hour with its offset, as in 2026-10-25T02+0200.',
  );
}

/** 0: done; 1: a file was set aside. Cron may find the service at work, which is as it should be; who wants one hour made did not get it. */
async function once(config: ConfigWith<'watch'>, world: CommandWorld, setting: OnceSetting): Promise<number> {
  try {
    const { committed, setAside } = await runOnceBeside(
      { name: 'watch', config, stage: (told) => watchOnce(config, told, setting) },
      world,
    );
    for (const { hour, generation, tweets } of committed) {
      world.results.write(`${hour}\tgeneration ${generation}\t${tweets} tweets\n`);
    }
    return setAside === 0 ? 0 : 1;
  } catch (error) {
    const isOthersWork = error instanceof OperatorError && error.code === 'already-running';
    if (!isOthersWork || setting.hour !== undefined) throw error;
    world.log.info('watch.already-running', { reason: error.message });
    return 0;
  }
}
