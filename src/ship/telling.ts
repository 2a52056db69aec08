// What people are told of a pass. Takes what it came to; leaves alerts raised and, as a process before this one may have raised them,
// ended at each pass that finds nothing wrong.
import { describeError } from '../domain/operator-error.ts';
import type { Journey, PassResult } from './pass.ts';

export function tellPass(
  result: PassResult,
  { world: { alerts }, setbacks }: Pick<Journey, 'world' | 'setbacks'>,
): void {
  if (result.is === 'no-room') return alerts.raise('disk-full', describeError(result.trouble));
  if (result.is === 'refused') return;
  alerts.end('disk-full', 'The far side has room again.');
  alerts.end('disk-failing', 'The spool can be read again.');
  alerts.end('partner-unreachable', 'The far side takes files again.');
  alerts.end('host-key-changed', 'The far side shows the host key that known_hosts has.');
  if (setbacks.count === 0) alerts.end('shipment-refused', 'No file is refused any more.');
}
