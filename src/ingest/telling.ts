// What is said of an ending: one log event by its loss, and an alert in sentences.
// Takes how an attempt ended and how long is waited; leaves words with the log and the alerts.
import { formatDuration } from '../domain/quantity.ts';
import type { World } from '../outside/world.ts';
import { remedyOf } from './answer.ts';
import type { Ending } from './reconnect.ts';

export interface AfterEnding {
  readonly waitMs: number;
  /** The token that is used is a copy made when the service started. */
  readonly isTokenCopied: boolean;
}

export function tellEnding(
  ending: Ending,
  { waitMs, isTokenCopied }: AfterEnding,
  { log, alerts }: Pick<World, 'log' | 'alerts'>,
): void {
  const { is: cause, detail } = ending;
  const again = waitMs < 1_000 ? 'Connecting again at once.' : `Trying again in ${formatDuration(waitMs)}.`;
  const facts = { cause, detail, waitMs };
  switch (cause) {
    case 'ended':
      log.warn('stream.ended', { ...facts, how: ending.how, livedMs: Math.round(ending.livedMs), lines: ending.lines });
      alerts.raise(
        'stream-ended',
        `The stream ended (${detail}); what is missed until it is heard again is written into gaps.jsonl. ${again}`,
      );
      return;
    case 'refused':
    case 'usage-capped':
      log.error('stream.refused', facts);
      alerts.raise(
        'stream-refused',
        `The API refuses the stream: ${detail}. ${remedyOf(detail, isTokenCopied)} ${again}`,
      );
      return;
    case 'backfill-refused':
      log.warn('backfill.refused', facts);
      if (!ending.isNamed) return;
      alerts.raise(
        'backfill-refused',
        `The API refuses backfill_minutes: ${detail}. The stream is heard without it, and it is not asked for again; set [ingest] backfill = false.`,
      );
      return;
    case 'network':
      log.warn('stream.unreachable', facts);
      if (ending.isCertificateRefused) {
        alerts.raise(
          'certificate-refused',
          `The API's certificate is not trusted: ${detail}. If a proxy of your house stands between, name its authority in [ingest] ca_file. ${again}`,
        );
      } else alerts.raise('stream-ended', `The API cannot be reached: ${detail}. ${again}`);
      return;
    default:
      log.warn('stream.unavailable', facts);
      alerts.raise('stream-ended', `The API does not give the stream now: ${detail}. ${again}`);
  }
}

/** A line was heard: whatever kept the stream from us is over. */
export function tellHeard({ alerts }: Pick<World, 'alerts'>): void {
  for (const cause of ['stream-ended', 'stream-refused', 'certificate-refused', 'no-data'] as const)
    alerts.end(cause, 'The stream is heard again.');
}
