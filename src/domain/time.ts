// Time, spelled in one place: UTC minutes, and the wall-clock hours and days of a time zone.
// Takes epoch numbers and IANA zone names; leaves minutes, hours and the names that folders and files carry.

/** Whole UTC minutes since the epoch. */
export type Minute = number;

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** 60 consecutive UTC minutes that form one wall-clock hour: `day` as 2026-03-10, `label` as 14, or 02+0200 where a day has that hour twice. */
export interface Hour {
  readonly start: Minute;
  readonly day: string;
  readonly label: string;
}

export const minuteOf = (epochMs: number): Minute => Math.floor(epochMs / minuteMs);
export const startOfMinute = (minute: Minute): number => minute * minuteMs;
export const endOfMinute = (minute: Minute): number => (minute + 1) * minuteMs;
/** Epoch ms at which the hour is over. */
export const endOfHour = (hour: Hour): number => (hour.start + 60) * minuteMs;
/** The 60 minutes of an hour, in order. */
export const minutesOfHour = (hour: Hour): Minute[] => Array.from({ length: 60 }, (_, index) => hour.start + index);
/** The name people and the command line use: 2026-03-10T14. */
export const hourName = (hour: Hour): string => `${hour.day}T${hour.label}`;
/** How files of an hour begin: 2026-03-10_14. */
export const hourFilePrefix = (hour: Hour): string => `${hour.day}_${hour.label}`;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  return format;
}

const offsets = new Map<string, number>();

/** Minutes by which the zone's clock is ahead of UTC at that time. Throws RangeError for an unknown zone. Exported for tests. */
export function zoneOffset(zone: string, epochMs: number): number {
  // No zone changes its clock but at a quarter of an hour; asking Intl costs 10 µs, and listings ask thousands of times.
  const quarter = Math.floor(epochMs / (15 * minuteMs));
  const key = `${zone} ${quarter}`;
  let offset = offsets.get(key);
  if (offset === undefined) {
    offset = askOffset(zone, quarter * 15 * minuteMs);
    if (offsets.size > 10_000) offsets.clear();
    offsets.set(key, offset);
  }
  return offset;
}

function askOffset(zone: string, epochMs: number): number {
  const name =
    formatOf(zone)
      .formatToParts(epochMs)
      .find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::\d\d)?)?$/.exec(name);
  if (!match?.[1]) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

const two = (value: number): string => String(value).padStart(2, '0');

/** +0200, -0330. */
function offsetName(offsetMinutes: number): string {
  const size = Math.abs(offsetMinutes);
  return `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

/** Day and hour that a clock in the zone shows: 2026-03-10, 14. */
function wallClock(minute: Minute, offsetMinutes: number): { day: string; clockHour: string } {
  const text = new Date((minute + offsetMinutes) * minuteMs).toISOString();
  return { day: text.slice(0, 10), clockHour: text.slice(11, 13) };
}

/** The hour that a minute belongs to. */
export function hourOf(minute: Minute, zone: string): Hour {
  const offset = zoneOffset(zone, startOfMinute(minute));
  const start = Math.floor((minute + offset) / 60) * 60 - offset;
  const { day, clockHour } = wallClock(start, offset);
  // Clocks change by one hour nearly everywhere and by two in one place (Antarctica/Troll): an hour has its twin within three.
  const isRepeated = [-180, -120, -60, 60, 120, 180].some((distance) => {
    const otherOffset = zoneOffset(zone, startOfMinute(start + distance));
    // Only a clock that was set meanwhile shows the same hour twice; to compare costs far more than to ask.
    if (otherOffset === offset) return false;
    const other = wallClock(start + distance, otherOffset);
    return other.day === day && other.clockHour === clockHour;
  });
  return { start, day, label: isRepeated ? clockHour + offsetName(offset) : clockHour };
}

export const nextHour = (hour: Hour, zone: string): Hour => hourOf(hour.start + 60, zone);
export const hourBefore = (hour: Hour, zone: string): Hour => hourOf(hour.start - 1, zone);

const hoursByDay = new Map<string, readonly Hour[]>();

/** The hours of a day (23, 24 or 25, rarely others), in order of time. `day` as 2026-03-10. */
export function hoursOfDay(day: string, zone: string): readonly Hour[] {
  const key = `${zone} ${day}`;
  let hours = hoursByDay.get(key);
  if (hours === undefined) {
    hours = findHours(day, zone);
    if (hoursByDay.size > 1000) hoursByDay.clear();
    hoursByDay.set(key, hours);
  }
  return hours;
}

function findHours(day: string, zone: string): Hour[] {
  const noon = minuteOf(Date.parse(`${day}T12:00:00Z`));
  const hours: Hour[] = [];
  for (let hour = hourOf(noon - 30 * 60, zone); hour.start < noon + 30 * 60; hour = nextHour(hour, zone)) {
    if (hour.day === day) hours.push(hour);
  }
  return hours;
}

/** The hour of a name such as 2026-03-10T14 or 2026-10-25T02+0200; undefined where the zone has no such hour. */
export function hourOfName(name: string, zone: string): Hour | undefined {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d(?:[+-]\d{4})?)$/.exec(name);
  if (!match?.[1] || Number.isNaN(Date.parse(match[1]))) return undefined;
  return hoursOfDay(match[1], zone).find((hour) => hour.label === match[2]);
}

/** The UTC minutes at which a clock in the zone shows that time (none in a skipped hour, two in a repeated one), in order. */
export function minutesAtWallClock(day: string, clock: string, zone: string): Minute[] {
  const shown = Date.parse(`${day}T${clock}Z`);
  if (Number.isNaN(shown)) return [];
  const offsets = new Set([-dayMs, 0, dayMs].map((distance) => zoneOffset(zone, shown + distance)));
  return [...offsets]
    .filter((offset) => zoneOffset(zone, shown - offset * minuteMs) === offset)
    .map((offset) => minuteOf(shown) - offset)
    .sort((a, b) => a - b);
}

/** 2026-03-10T13:05Z. */
export const minuteName = (minute: Minute): string => `${new Date(startOfMinute(minute)).toISOString().slice(0, 16)}Z`;

/**
 * Says why a zone cannot be used, or undefined where it can. Refused are unknown names and zones whose clock moves by part
 * of an hour (Australia/Lord_Howe): their hours would not be 60 minutes. Looked at: 2020 to 2045, week by week.
 */
export function zoneProblem(zone: string): string | undefined {
  try {
    formatOf(zone);
  } catch {
    return 'no time zone of that name is known; use an IANA name such as UTC, CET or Europe/Berlin';
  }
  const parts = new Set<number>();
  for (let at = Date.UTC(2020, 0, 1); at < Date.UTC(2045, 0, 1); at += 7 * dayMs)
    parts.add(((zoneOffset(zone, at) % 60) + 60) % 60);
  return parts.size > 1
    ? 'its clock moves by part of an hour, so that its hours are not 60 minutes; use another zone, or UTC'
    : undefined;
}
