// The service manager (systemd): told that a service is ready, at work, stopping, as sd_notify(3) has it.
// Takes the environment; leaves messages, and nothing at all where no manager asked for them. Node has no datagram sockets of
// this kind, so each message is one short run of systemd-notify(1), which is why the units say NotifyAccess=all.
import { execFile } from 'node:child_process';
import type { Life } from './world.ts';

export interface ServiceManagerParts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Sends assignments such as READY=1; rejects where that is not possible. */
  readonly send?: (assignments: readonly string[]) => Promise<void>;
  /** ms of a clock that never goes back. */
  readonly monotonic?: () => number;
  /** Is told once why messages do not get through. */
  readonly failed?: (reason: string) => void;
}

const silence: Life = { ready: () => {}, alive: () => {}, stopping: () => {} };
/** Signs of life are passed on at most so often; a status that is half a minute old is good enough. */
const longestBetweenMs = 30_000;

function runNotify(assignments: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('systemd-notify', [...assignments], { timeout: 10_000 }, (error) => (error ? reject(error) : resolve()));
  });
}

/** How often signs of life go out: four in each of the watchdog's periods (WATCHDOG_USEC). */
function betweenMs({ WATCHDOG_USEC: microseconds }: ServiceManagerParts['environment']): number {
  const watchdogMs = Number(microseconds) / 1_000;
  return watchdogMs > 0 ? Math.min(watchdogMs / 4, longestBetweenMs) : longestBetweenMs;
}

/** Speaks to the manager that started this process (NOTIFY_SOCKET); says nothing where there is none. */
export function serviceManager(parts: ServiceManagerParts): Life {
  const { environment, send = runNotify, monotonic = () => performance.now(), failed = () => {} } = parts;
  if (!environment['NOTIFY_SOCKET']) return silence;
  const everyMs = betweenMs(environment);
  let isMuted = false;
  let lastMs = Number.NEGATIVE_INFINITY;
  // One after the other, so that a status never overtakes READY=1.
  let sending: Promise<void> = Promise.resolve();
  const say = (...assignments: string[]): void => {
    sending = sending
      .then(() => send(assignments))
      .catch((error: unknown) => {
        if (!isMuted) failed(String(error));
        isMuted = true;
      });
  };
  return {
    ready: () => say('READY=1'),
    alive(status) {
      const nowMs = monotonic();
      if (nowMs - lastMs < everyMs) return;
      lastMs = nowMs;
      say('WATCHDOG=1', `STATUS=${status.replaceAll('\n', ' ')}`);
    },
    stopping: () => say('STOPPING=1'),
  };
}
