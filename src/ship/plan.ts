// What to ship, and in which order. Takes what waits and the time; leaves an order. Plain decisions, no clock, no disk.
import { minuteOf } from '../domain/time.ts';
import type { WaitingFile } from './spool.ts';

const freshMinutes = 60;

/**
 * Oldest first, but the files of the last hour are not starved by a backlog: old and fresh ones take turns, each in order of time.
 * So a fresh file waits for one old file at most for each fresh one before it, and a link that is too slow for both serves both.
 */
function inTurns(files: readonly WaitingFile[], now: number): WaitingFile[] {
  const inOrder = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const since = minuteOf(now) - freshMinutes;
  const fresh = inOrder.filter((file) => file.says.minute >= since);
  const old = inOrder.filter((file) => file.says.minute < since);
  const order: WaitingFile[] = [];
  for (let turn = 0; turn < Math.max(fresh.length, old.length); turn++) {
    order.push(...old.slice(turn, turn + 1), ...fresh.slice(turn, turn + 1));
  }
  return order;
}

/** Files that failed before go last, however old they are: else the same few would be tried first for ever. */
export function shipOrder(
  files: readonly WaitingFile[],
  now: number,
  hasFailed: (name: string) => boolean = () => false,
): WaitingFile[] {
  const isBehind = ({ name }: WaitingFile): boolean => hasFailed(name);
  const isAhead = (file: WaitingFile): boolean => !isBehind(file);
  return [...inTurns(files.filter(isAhead), now), ...inTurns(files.filter(isBehind), now)];
}

const secondMs = 1000;
const longestFileWaitMs = 300 * secondMs;
const longestLinkWaitMs = 60 * secondMs;

/** How long a file that failed so many times in a row waits, while others go: 1 s, 2 s, 4 s … 5 min. */
export const fileWaitMs = (failures: number): number =>
  Math.min(secondMs * 2 ** Math.min(failures - 1, 20), longestFileWaitMs);

/** How long to wait before the next connection after so many failures without a shipment between: 1 s, 2 s … 60 s. */
export const linkWaitMs = (failures: number): number =>
  Math.min(secondMs * 2 ** Math.min(failures - 1, 20), longestLinkWaitMs);
