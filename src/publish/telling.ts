// What people are told of publishing. Takes what a pass came to; leaves alerts in their words.
import { OperatorError, describeError } from '../domain/operator-error.ts';
import { formatDuration } from '../domain/quantity.ts';
import { minuteMs } from '../domain/time.ts';
import type { World } from '../outside/world.ts';
import type { PassResult, Stopped } from './pass.ts';

/** `result`: of the pass that met it; undefined where none could begin. */
export function tellTrouble(trouble: unknown, result: PassResult | undefined, { alerts }: World): void {
  const left = result?.left;
  const what =
    result && !result.isCutShort
      ? 'A file cannot be uploaded to OSF; the others go on'
      : 'Nothing can be uploaded to OSF';
  const count = left === undefined ? '' : ` (${left} so far)`;
  const [sentence, remedy] =
    trouble instanceof OperatorError ? [trouble.message, trouble.remedy] : [`${describeError(trouble)}.`, ''];
  const safe = `What is to be published${count} waits in the vault, where it is safe.`;
  alerts.raise(
    'upload-failing',
    `${what}: ${sentence} ${safe} ${remedy}`.trimEnd(),
    left === undefined ? {} : { left },
  );
}

export const tellOver = ({ alerts }: World): void => alerts.end('upload-failing', 'Uploads to OSF work again.');

/** A pass that was cut short did not come to what the limit holds back: it says nothing about that. */
export function tellStopped({ stopped, isCutShort }: PassResult, monthlyIds: number, { alerts, clock }: World): void {
  if (stopped) alerts.raise('publishing-stopped', stoppedSentence(stopped, monthlyIds, clock.now()));
  else if (!isCutShort) alerts.end('publishing-stopped', 'IDs are published again.');
}

export function stoppedSentence({ file, given, added, atMs }: Stopped, monthlyIds: number, nowMs: number): string {
  const when =
    atMs === undefined
      ? 'It is larger than the limit itself'
      : `It may go in ${formatDuration(Math.max(atMs - nowMs, minuteMs))}`;
  return `Publishing has stopped before ${file.name}: ${given} tweet IDs were published in 30 days, ${added} more would pass [osf] monthly_ids = ${monthlyIds}, X's content policy. ${when}. Everything is safe in the vault; where X approved more in writing, name that as [osf] approval.`;
}
