// `streamvault ingest`: hears the stream and leaves minute files in the spool, until it is told to stop.
import type { ConfigWith } from '../config/schema.ts';
import { productName } from '../domain/product.ts';
import { type IngestMeter, silentMeter } from '../ingest/meter.ts';
import { runIngest } from '../ingest/service.ts';
import { readConfigFile, readSecret } from '../outside/config-file.ts';
import type { WireArchive } from '../outside/wire.ts';
import { serveMetrics } from '../outside/metrics-server.ts';
import { proxyOf } from '../outside/proxy.ts';
import { refuseRootIn } from '../outside/service-user.ts';
import type { World } from '../outside/world.ts';
import { recentMinutes } from '../status/recent.ts';
import { withArchive } from '../warc/keep-archive.ts';
import { runBeside } from '../tell/beside.ts';
import { type CommandWorld, command, configOption } from './command.ts';
import { lifeBeat } from './ingest-life.ts';
import { ingestMetrics } from './ingest-metrics.ts';
import { lookouts } from './lookouts.ts';

export const ingest = command({
  name: 'ingest',
  summary: 'Hear the stream and write it into minute files: a service, on both servers',
  options: configOption,
  async run({ config: path }, world) {
    const config = await readConfigFile(path, ['ingest']);
    await refuseRootIn(config.ingest.spool);
    // Once now, so that a missing secret is said at the start and not in the log of a running service.
    await readSecret(config.ingest.bearer_token_file, 'ingest.bearer_token_file');
    await proxyOf(config.ingest);
    const { meter, companions } = measured(config, world);
    await runBeside(
      {
        name: 'ingest',
        config,
        stage: (told) => heard(config, told, (parts) => runIngest(config, told, { meter, ...parts })),
        companions: [...companions, lookouts(config, 'ingest')],
      },
      world,
    );
    return 0;
  },
});

/** The meter for the metrics, for the service manager and for the status, as far as they are wanted, and what serves the metrics. */
function measured(
  { ingest: { spool }, metrics: setting }: ConfigWith<'ingest'>,
  { clock, disk, life, log }: CommandWorld,
): { meter: IngestMeter; companions: ((world: World) => Promise<void>)[] } {
  const metrics = setting && ingestMetrics({ clock, freeBytes: () => disk.freeBytes(spool) });
  const meter = metrics?.meter ?? silentMeter;
  const sign = life && lifeBeat(life);
  const beat: IngestMeter['beat'] = (state) => {
    meter.beat(state);
    sign?.(state);
  };
  const companions = metrics ? [(world: World) => serveMetrics(setting.listen, metrics.pages, world)] : [];
  const remember = recentMinutes(spool, { disk, log });
  const closed: IngestMeter['closed'] = (file) => {
    meter.closed(file);
    remember(file);
  };
  return { meter: { ...meter, beat, closed }, companions };
}

/** Runs ingest with a tap on the archive of the wire, where there shall be one. */
async function heard(
  { server, ingest: { source, spool, warc } }: ConfigWith<'ingest'>,
  world: World,
  run: (parts: { archive?: WireArchive }) => Promise<void>,
): Promise<void> {
  if (warc === undefined) return run({});
  const setting = {
    folder: warc,
    prefix: `${productName}-${source}`,
    host: `server${server}`,
    about: [['isPartOf', `${source} stream, server ${server}`]],
    spool,
  } as const;
  return withArchive(setting, world, (archive) => run({ archive }));
}
