// What the watch does next, as a pure function of what was seen and the time. Takes sightings of hours; leaves the hours to
// make in order, what is late, and whose raw files may go. No disk, no clock.
import { hourState, type HourState, isComplete, type Server } from '../domain/hour.ts';
import { heardOf, type Receipt } from '../domain/receipt.ts';
import { endOfHour, type Hour, hourBefore, type Minute, minuteMs, nextHour } from '../domain/time.ts';
import { heardBy, identityOf, type InputFile, listedIn } from './input-file.ts';

/** What decides besides the files. */
export interface Rules {
  readonly nowMs: number;
  readonly patienceMs: number;
  readonly lateWindowMs: number;
  readonly servers: readonly Server[];
  readonly zone: string;
  /** One pass only: late files are not waited for. */
  readonly isOnce: boolean;
}

/** An hour with files and without a receipt, with the nearest made hours around it; `isAfterForeign`: another tool made the one before. */
export interface UnmadeHour {
  readonly hour: Hour;
  readonly files: readonly InputFile[];
  readonly madeBefore: Minute | undefined;
  readonly madeAfter: Minute | undefined;
  readonly isAfterForeign: boolean;
}

/** An hour to work on. Only the last of a plan may be not ready: nothing later is touched before it. */
export interface Making {
  readonly hour: Hour;
  readonly files: readonly InputFile[];
  readonly state: HourState;
}

/**
 * The hours to make, in order of time: each after the hour before it, or where that has no files and its patience is over. Hours
 * without any file between two made ones are made empty.
 */
export function planMaking(unmade: readonly UnmadeHour[], rules: Rules): Making[] {
  const plan: Making[] = [];
  const sorted = [...unmade].sort((a, b) => a.hour.start - b.hour.start);
  for (const [index, seen] of sorted.entries()) {
    const fillers = fillersBefore(seen, plan.at(-1)?.hour.start, rules);
    if (fillers === undefined) break;
    plan.push(...fillers.map((hour) => empty(hour, rules)));
    const heard = seen.files.map(heardBy);
    const state = hourState(heard, seen.hour, rules);
    plan.push({ hour: seen.hour, files: seen.files, state });
    if (state.is !== 'ready') break;
    const later = sorted[index + 1]?.hour.start ?? Number.POSITIVE_INFINITY;
    if (seen.madeAfter !== undefined && seen.madeAfter < later) {
      plan.push(...hoursBetween(seen.hour.start, seen.madeAfter, rules.zone).map((hour) => empty(hour, rules)));
    }
  }
  return plan;
}

const empty = (hour: Hour, rules: Rules): Making => ({ hour, files: [], state: hourState([], hour, rules) });

/** Hours to make empty before this one; undefined where one of them may still get files. */
function fillersBefore(seen: UnmadeHour, planned: Minute | undefined, rules: Rules): Hour[] | undefined {
  const before = hourBefore(seen.hour, rules.zone);
  const made = Math.max(seen.madeBefore ?? Number.NEGATIVE_INFINITY, planned ?? Number.NEGATIVE_INFINITY);
  if (made === before.start || seen.isAfterForeign) return [];
  const isOver = rules.nowMs >= endOfHour(before) + rules.patienceMs;
  if (!isOver) return undefined;
  return made === Number.NEGATIVE_INFINITY ? [] : hoursBetween(made, seen.hour.start, rules.zone);
}

/** A service that was away for longer leaves days without a folder instead of thousands of empty hours. */
const longestFilledMinutes = 100 * 24 * 60;

/**
 * The hours after the one that starts there, before the other. None where they lie too far apart: one file of another age, by
 * mistake or malice, must not have the vault filled with empty hours from then to now.
 */
function hoursBetween(after: Minute, before: Minute, zone: string): Hour[] {
  const hours: Hour[] = [];
  if (before - after > longestFilledMinutes) return hours;
  for (
    let hour = nextHour({ start: after, day: '', label: '' }, zone);
    hour.start < before;
    hour = nextHour(hour, zone)
  ) {
    hours.push(hour);
  }
  return hours;
}

/** A made hour that still has files in the trees, or whose raw files the vault keeps. */
export interface MadeHour {
  readonly hour: Hour;
  readonly receipt: Receipt;
  /** In the trees. */
  readonly files: readonly InputFile[];
  /** Every input of the receipt lies in a tree or is kept by the vault, so that the hour can be made again. Asked only for late files. */
  readonly canBeRemade: boolean;
  /** When the last file that the receipt does not list was first seen. */
  readonly lastSeenMs: number;
}

/** late: files to wait for or to remake with; tooLate: to be set aside, and why. */
export type Lateness =
  | { readonly is: 'none' }
  | { readonly is: 'waiting'; readonly files: readonly InputFile[]; readonly dueMs: number }
  | { readonly is: 'due'; readonly files: readonly InputFile[] }
  | { readonly is: 'too-late'; readonly files: readonly InputFile[]; readonly why: string };

const quietMs = 5 * minuteMs;

/** A made hour is made again as soon as its missing files are complete, or five minutes after the last late one. */
export function latenessOf(made: MadeHour, rules: Rules): Lateness {
  const listed = listedIn(made.receipt);
  const files = made.files.filter((file) => !listed.has(identityOf(file)));
  if (files.length === 0) return { is: 'none' };
  if (isWindowOver(made.hour, rules))
    return { is: 'too-late', files, why: 'it came after the late window of its hour' };
  if (!made.canBeRemade) {
    return {
      is: 'too-late',
      files,
      why: 'its hour is complete and its other minute files are gone, so that it cannot be made again',
    };
  }
  const heard = [...heardOf(made.receipt.inputs), ...files.map(heardBy)];
  const isNowWhole = !made.receipt.complete && isComplete(heard, made.hour, rules.servers);
  const dueMs = made.lastSeenMs + quietMs;
  // Seen by a clock that was ahead and was set back: it would be waited for until then, and set aside as too late before.
  const isSeenAhead = made.lastSeenMs > rules.nowMs + quietMs;
  const isDue = rules.isOnce || isNowWhole || rules.nowMs >= dueMs || isSeenAhead;
  return isDue ? { is: 'due', files } : { is: 'waiting', files, dueMs };
}

const isWindowOver = (hour: Hour, rules: Rules): boolean => rules.nowMs >= endOfHour(hour) + rules.lateWindowMs;

/** What lies around a made hour. `isQuiet`: neither it nor a neighbour has files that wait to be added. */
export interface Around {
  readonly neighbours: readonly (Receipt | undefined)[];
  readonly isQuiet: boolean;
}

/** May the raw files of an hour go? When it and both neighbours are complete and quiet, or the late window is over. */
export function mayGo(made: MadeHour, { neighbours, isQuiet }: Around, rules: Rules): boolean {
  const isWhole = made.receipt.complete && neighbours.every((receipt) => receipt?.complete === true);
  return (isWhole && isQuiet) || isWindowOver(made.hour, rules);
}
