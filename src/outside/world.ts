// What a stage is given of the outside world: one bag, made by the front door, by the demo, or by a test.
import type { Alerts } from '../domain/alert.ts';
import type { Clock } from './clock.ts';
import type { Disk } from './disk.ts';
import type { Log } from './log.ts';

export interface World {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Log;
  readonly alerts: Alerts;
  /** Aborts when the process shall stop (SIGTERM, SIGINT); a service then ends cleanly within 5 s. */
  readonly signal: AbortSignal;
}

/** Alerts that only the log shows, once each until they are over. */
export function loggedAlerts(log: Log): Alerts {
  const raised = new Set<string>();
  return {
    raise(cause, sentence, facts = {}) {
      if (!raised.has(cause)) log.error('alert.raised', { cause, sentence, ...facts });
      raised.add(cause);
    },
    end(cause, sentence) {
      if (raised.delete(cause)) log.info('alert.ended', { cause, sentence });
    },
  };
}
