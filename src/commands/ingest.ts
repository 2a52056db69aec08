// `streamvault ingest`: hears the stream and leaves minute files in the spool, until it is told to stop.
import { silentMeter } from '../ingest/meter.ts';
import { runIngest } from '../ingest/service.ts';
import { readConfigFile, readSecret } from '../outside/config-file.ts';
import { runBeside } from './beside.ts';
import { command, configOption } from './command.ts';
import { lifeBeat } from './ingest-life.ts';
import { lookouts } from './lookouts.ts';

export const ingest = command({
  name: 'ingest',
  summary: 'Hear the stream and write it into minute files: a service, on both servers',
  options: configOption,
  async run({ config: path }, world) {
    const config = await readConfigFile(path, ['ingest']);
    // Once now, so that a missing secret is said at the start and not in the log of a running service.
    await readSecret(config.ingest.bearer_token_file, 'ingest.bearer_token_file');
    const meter = world.life ? { ...silentMeter, beat: lifeBeat(world.life) } : silentMeter;
    const companions = [lookouts(config, 'ingest')];
    await runBeside({ name: 'ingest', config, stage: (told) => runIngest(config, told, { meter }), companions }, world);
    return 0;
  },
});
