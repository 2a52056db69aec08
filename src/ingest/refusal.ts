// A disk that refuses minute files, in words for people. Takes the disk's error; leaves an alert, and says when it is over.
import type { Alerts } from '../domain/alert.ts';
import { describeError } from '../domain/operator-error.ts';
import { hasCode } from '../outside/disk.ts';
import type { Spool } from './open-minute.ts';

export interface RefusalParts {
  readonly spool: Spool;
  readonly alerts: Alerts;
}

/** No room, rather than damage: what is open may stay open. */
export const isFull = (error: unknown): boolean => hasCode(error, 'ENOSPC', 'EDQUOT');

export function tellRefusal(error: unknown, { spool, alerts }: RefusalParts): void {
  const safe = 'The open minute is safe up to its last whole line, and the stream is still read into memory.';
  if (isFull(error)) {
    alerts.raise('disk-full', `No room left in ${spool.root}. ${safe} Free space; nothing needs a restart.`);
  } else {
    alerts.raise(
      'disk-failing',
      `Writing in ${spool.root} failed (${describeError(error)}). ${safe} It is tried again each second; look at the disk.`,
    );
  }
}

export function tellRecovery({ spool, alerts }: Pick<RefusalParts, 'spool' | 'alerts'>): void {
  for (const cause of ['disk-full', 'disk-failing'] as const)
    alerts.end(cause, `Minute files are written again in ${spool.root}.`);
}
