// `streamvault status`: how things stand on this server, on one page or as JSON. Changes nothing; the exit status tells monitoring.
import { isIdle } from '../config/schema.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { productVersion } from '../domain/product.ts';
import { statusOf } from '../domain/status-problems.ts';
import { type PageSetting, statusPage } from '../domain/status-page.ts';
import { readConfigFile } from '../outside/config-file.ts';
import { type CommandWorld, command, configOption } from './command.ts';
import { lookAround } from './status-look.ts';

export const status = command({
  name: 'status',
  summary: 'What runs, what came, what is missing, what is due, what is wrong; changes nothing',
  options: { ...configOption, json: { type: 'boolean', default: false, describe: 'As JSON, with keys that stay' } },
  /** 0: all is well; 1: something is wrong. */
  async run(given, world) {
    const config = await readConfigFile(given.config);
    if (isIdle(config))
      throw new OperatorError(
        'config-invalid',
        `${given.config} has none of [ingest], [ship] and [watch]: there is nothing to look at.`,
        'Fill in what this server does, as config.example.toml shows.',
      );
    const found = statusOf(await lookAround(config, world), productVersion);
    world.results.write(
      given.json ? `${JSON.stringify(found)}\n` : statusPage(found, settingFor(world.results, config.timezone)),
    );
    return found.healthy ? 0 : 1;
  },
});

/** Colours and lines as long as the window only on a terminal. */
function settingFor(results: CommandWorld['results'], zone: string): PageSetting {
  if (!results.isTTY) return { isColoured: false, zone };
  return { isColoured: results.hasColors(), zone, columns: results.columns };
}
