// What a stage is given of the outside world: one bag, made by the front door, by the demo, or by a test.
import type { Alerts } from '../domain/alert.ts';
import type { Clock } from './clock.ts';
import type { Disk } from './disk.ts';
import type { Log } from './log.ts';

/** What a service says of itself to whoever watches over it (the service manager). Repeats are welcome. */
export interface Life {
  /** It has what it needs and does its work from now on. */
  ready(): void;
  /** It gets on, and this is what it does. Who says nothing for long enough is taken for hung, and started anew. */
  alive(status: string): void;
  stopping(): void;
}

export interface World {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Log;
  readonly alerts: Alerts;
  /** Aborts when the process shall stop (SIGTERM, SIGINT); a service then ends cleanly within 5 s. */
  readonly signal: AbortSignal;
  /** Absent where nobody watches over this process. */
  readonly life?: Life;
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
