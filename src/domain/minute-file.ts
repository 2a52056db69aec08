// The minute file's name, which is its own proof: UTC minute, lines, connected seconds, digest of the content.
// Takes and leaves names only; whoever needs a minute file's name or folder reads and writes it here.
import { createHash } from 'node:crypto';
import { type Minute, minuteName, minuteOf } from './time.ts';

/** What a closed minute file's name says. `connectedSeconds` 0 to 60; `digest` the first 16 hex digits of the content's SHA-256. */
export interface MinuteFile {
  readonly minute: Minute;
  readonly lines: number;
  readonly connectedSeconds: number;
  readonly digest: string;
}

const stamp = (minute: Minute): string => minuteName(minute).replace(':', '-');

/** 2026-03-10T13-05Z_2993_60s_9f86d081884c7d65.jsonl */
export function minuteFileName({ minute, lines, connectedSeconds, digest }: MinuteFile): string {
  return `${stamp(minute)}_${lines}_${connectedSeconds}s_${digest}.jsonl`;
}

const closedName = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)Z_(0|[1-9]\d{0,14})_(0|[1-9]|[1-5]\d|60)s_([0-9a-f]{16})\.jsonl$/;

/** Reads a closed minute file's name; undefined for every other name, also for one that minuteFileName would not have written. */
export function parseMinuteFileName(name: string): MinuteFile | undefined {
  const match = closedName.exec(name);
  if (!match?.[5]) return undefined;
  const epochMs = Date.parse(`${match[1]}:${match[2]}:00Z`);
  if (Number.isNaN(epochMs)) return undefined;
  const file = {
    minute: minuteOf(epochMs),
    lines: Number(match[3]),
    connectedSeconds: Number(match[4]),
    digest: match[5],
  };
  return minuteFileName(file) === name ? file : undefined;
}

/** The folder of a minute below the spool or inbox: 2026-03-10/13 (UTC). */
export function minuteFolder(minute: Minute): string {
  const text = minuteName(minute);
  return `${text.slice(0, 10)}/${text.slice(11, 13)}`;
}

/** The name of a minute that is still being written: 2026-03-10T13-05Z.part */
export const partName = (minute: Minute): string => `${stamp(minute)}.part`;

/** Reads the name of a minute that is still being written; undefined for every other name. */
export function parsePartName(name: string): Minute | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)Z\.part$/.exec(name);
  const epochMs = match === null ? Number.NaN : Date.parse(`${match[1]}:${match[2]}:00Z`);
  return Number.isNaN(epochMs) ? undefined : minuteOf(epochMs);
}

/** The digest that the name of a file with this content carries. */
export const contentDigest = (content: Uint8Array): string =>
  digestInName(createHash('sha256').update(content).digest('hex'));

/** The part of a SHA-256, in hex, that stands in a name. */
export const digestInName = (sha256: string): string => sha256.slice(0, 16);

/** The digest of no bytes, which every empty minute file carries. */
export const emptyDigest = contentDigest(new Uint8Array());

/** Day folders and hour folders of a spool or inbox; everything else (aside, hidden names) is never descended into. */
export const isDayFolder = (name: string): boolean => /^\d{4}-\d\d-\d\d$/.test(name);
export const isHourFolder = (name: string): boolean => /^([01]\d|2[0-3])$/.test(name);

/** A file of the older system, by its name: the wall-clock start of its minute in that system's zone. */
export interface OlderMinuteFile {
  readonly day: string;
  /** 13:05:00 */
  readonly clock: string;
}

/** Reads `sampled_stream_2022-03-01_13:05:00_to_2022-03-01_13:06:00.jsonl`; undefined for every other name. */
export function parseOlderFileName(name: string): OlderMinuteFile | undefined {
  const match = /^sampled_stream_(\d{4}-\d\d-\d\d)_(\d\d:\d\d:\d\d)_to_\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d\.jsonl$/.exec(
    name,
  );
  if (!match?.[2] || Number.isNaN(Date.parse(`${match[1]}T${match[2]}Z`))) return undefined;
  return { day: match[1] ?? '', clock: match[2] };
}
