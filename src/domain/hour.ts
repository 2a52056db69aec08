// Whether an hour is due, and what its servers did not hear. Takes the minute files that are there, the time, patience;
// leaves states, missing minutes and gaps. No clock, no disk.
import { endOfHour, type Hour, type Minute, minutesOfHour } from './time.ts';

/** Server 1 is the one that watches (its own spool), server 2 its partner. */
export type Server = 1 | 2;

/** What a minute file contributes to an hour's coverage. `seconds` of connection; null where an older name does not say. */
export interface HeardMinute {
  readonly server: Server;
  readonly minute: Minute;
  readonly seconds: number | null;
}

/** open: not over yet; waiting: over, but files are missing and patience lasts until `deadlineMs`; ready: to be made. */
export type HourState =
  | { readonly is: 'open' }
  | { readonly is: 'waiting'; readonly deadlineMs: number }
  | { readonly is: 'ready'; readonly isComplete: boolean };

export interface Patience {
  readonly nowMs: number;
  readonly patienceMs: number;
  readonly servers: readonly Server[];
}

/** Has each server a file for each minute of the hour? */
export function isComplete(heard: readonly HeardMinute[], hour: Hour, servers: readonly Server[]): boolean {
  return servers.every((server) => missingMinutes(heard, hour, server) === 0);
}

export function hourState(heard: readonly HeardMinute[], hour: Hour, patience: Patience): HourState {
  const deadlineMs = endOfHour(hour) + patience.patienceMs;
  if (patience.nowMs < endOfHour(hour)) return { is: 'open' };
  if (isComplete(heard, hour, patience.servers)) return { is: 'ready', isComplete: true };
  return patience.nowMs < deadlineMs ? { is: 'waiting', deadlineMs } : { is: 'ready', isComplete: false };
}

function missingMinutes(heard: readonly HeardMinute[], hour: Hour, server: Server): number {
  const present = new Set(heard.filter((file) => file.server === server).map((file) => file.minute));
  return minutesOfHour(hour).filter((minute) => !present.has(minute)).length;
}

/** Minutes without a file, and seconds without connection: null where an older file's are unknown. */
export interface Coverage {
  readonly missing: number;
  readonly gap: number | null;
}

/** What one server did not hear of an hour. A missing minute counts 60 s; several files of a minute add up to at most 60. */
export function coverageOf(heard: readonly HeardMinute[], hour: Hour, server: Server): Coverage {
  const gaps = minutesOfHour(hour).map((minute) => minuteGap(heard, server, minute));
  return { missing: missingMinutes(heard, hour, server), gap: sumOf(gaps) };
}

/** The sum over minutes of the smaller gap; with one server its gap. null where it depends on an unknown one. */
export function jointGap(heard: readonly HeardMinute[], hour: Hour, servers: readonly Server[]): number | null {
  const gaps = minutesOfHour(hour).map((minute) => {
    const each = servers.map((server) => minuteGap(heard, server, minute));
    if (each.includes(0)) return 0;
    return each.includes(null) ? null : Math.min(...(each as number[]));
  });
  return sumOf(gaps);
}

function minuteGap(heard: readonly HeardMinute[], server: Server, minute: Minute): number | null {
  const files = heard.filter((file) => file.server === server && file.minute === minute);
  if (files.some((file) => file.seconds === null)) return null;
  return (
    60 -
    Math.min(
      60,
      files.reduce((sum, file) => sum + (file.seconds ?? 0), 0),
    )
  );
}

function sumOf(gaps: readonly (number | null)[]): number | null {
  return gaps.reduce((sum, gap) => (sum === null || gap === null ? null : sum + gap), 0);
}
