// `streamvault alert`: tells people that a service died. Called by systemd (OnFailure=, ExecStopPost=), which says in the
// environment how it ended.
import { dirname } from 'node:path';
import { deathSentence } from '../domain/unit-ending.ts';
import { environment } from '../outside/environment.ts';
import { readConfigFile } from '../outside/config-file.ts';
import { httpCall } from '../outside/http-call.ts';
import { refuseRootIn } from '../outside/service-user.ts';
import { openTeller, tellFolder } from '../tell/teller.ts';
import { command, configOption } from './command.ts';

export const alert = command({
  name: 'alert',
  summary: "Tell people that a service died: for systemd's OnFailure= and ExecStopPost=",
  positionals: { unit: { type: 'string', default: 'streamvault', describe: 'The unit that died' } },
  options: {
    ...configOption,
    queue: {
      type: 'boolean',
      default: false,
      describe: 'Leave delivery to the services, so that a restart waits for nothing',
    },
  },
  async run(given, world) {
    const config = await readConfigFile(given.config);
    const sentence = deathSentence(given.unit, environment(), world.clock.now());
    const folder = tellFolder(config);
    if (sentence === undefined || folder === undefined) return 0;
    await refuseRootIn(dirname(folder));
    const service = `systemd-${given.unit.replaceAll(/[^\w-]/g, '-')}`;
    const teller = await openTeller({ config, folder, service, world, call: httpCall });
    teller.alerts.raise('process-died', sentence, { unit: given.unit });
    await teller.settle({ isQuick: given.queue });
    return 0;
  },
});
