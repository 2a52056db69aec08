// Which conditions each service looks at, so that of two services on one server only one does.
// Takes the configuration; leaves the companion that looks.
import type { Config } from '../config/schema.ts';
import { fileSystemOf } from '../outside/file-system.ts';
import { httpCall } from '../outside/http-call.ts';
import { proxyOf } from '../outside/proxy.ts';
import type { World } from '../outside/world.ts';
import { type Look, clockLook, diskLook, keepLookout, partnerLook } from '../tell/lookout.ts';

type ServiceName = 'ingest' | 'ship' | 'watch';

/** The service that looks at the disks: the one that fills most of them. Exported for tests. */
export function diskPaths({ watch, ingest, ship }: Config, service: ServiceName): string[] {
  const archive = ingest?.warc === undefined ? [] : [ingest.warc];
  const inbox = watch?.partner === undefined ? [] : [watch.partner];
  if (watch) return service === 'watch' ? [watch.vault, watch.own, ...inbox, ...archive] : [];
  if (ingest) return service === 'ingest' ? [ingest.spool, ...archive] : [];
  return service === 'ship' && ship?.spool !== undefined ? [ship.spool] : [];
}

/** The looks of a service, as a companion of its stage. */
export function lookouts(config: Config, service: ServiceName): (world: World) => Promise<void> {
  const { alerts, ingest, watch, timezone } = config;
  return (world) => {
    const looks: Look[] = [];
    const paths = diskPaths(config, service);
    if (paths.length > 0) looks.push(diskLook({ paths, leastMs: alerts.disk_free, fileSystemOf }));
    if (service === 'watch' && watch?.partner !== undefined) {
      const olderZone = watch.older_timezone ?? timezone;
      looks.push(partnerLook({ inbox: watch.partner, mostMs: alerts.partner_silent, olderZone }));
    }
    if (service === 'ingest' && ingest && world.clock.isReplaced !== true)
      looks.push(clockLook(ingest, async (request) => httpCall({ ...request, proxy: await proxyOf(ingest) })));
    return keepLookout(looks, world);
  };
}
