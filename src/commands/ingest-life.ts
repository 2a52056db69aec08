// What ingest says to the service manager, read from its meter: ready at the first beat, alive only while bytes flow.
// An ingest that hears nothing is started anew after the unit's WatchdogSec; its connect budget survives that.
import type { IngestMeter } from '../ingest/meter.ts';
import type { Life } from '../outside/world.ts';

/** The stream sends at least a keep-alive every 20 s. */
const silenceMs = 60_000;

/** The beat of a meter that passes signs of life on; the other events are not its concern. */
export function lifeBeat(life: Life): IngestMeter['beat'] {
  let isReady = false;
  return ({ isConnected, silentForMs, linesInOpenMinute }) => {
    if (!isReady) life.ready();
    isReady = true;
    if (!isConnected || silentForMs === undefined || silentForMs > silenceMs) return;
    life.alive(`Connected; ${linesInOpenMinute} lines in the open minute`);
  };
}
