// What a segment will be, decided and written down before its first byte: names that are given once make sealing repeatable.
// Takes and leaves plain values; the names of all files of the archive are spelled here.
import { spoolDescriptionEnding } from './being-received.ts';

/** How the connection ended, once it has. */
export interface ConnectionEnd {
  /** The server closed it in order. */
  readonly isOrderly: boolean;
  /** Why the answer is not whole, unless its own framing says that it is. */
  readonly reason: 'disconnect' | 'unspecified' | 'time' | 'length';
}

/** Of an answer whose rest was not archived. */
export const unknownEnd: ConnectionEnd = { isOrderly: false, reason: 'unspecified' };

export interface SegmentPlan {
  readonly format: 1;
  /** The final name of its file. */
  readonly fileName: string;
  readonly warcinfoId: string;
  readonly recordId: string;
  readonly metadataId: string;
  /** Of the first segment: its own ID there. */
  readonly originId: string;
  readonly segment: number;
  /** Bytes in the segments before it. */
  readonly bytesBefore: number;
  /** Epoch ms of its first byte. */
  readonly startedMs: number;
  /** Epoch ms of the capture, the same in all its segments. */
  readonly capturedMs: number;
  readonly uri: string;
  readonly address: string;
  /** What the archive belongs to and where it came from. */
  readonly about: readonly (readonly [string, string])[];
  /** Only in the first segment. */
  readonly request?: { readonly id: string; readonly head: string; readonly redacted: readonly string[] };
  /** Only in the last segment of a connection that has ended. */
  readonly end?: ConnectionEnd;
}

export interface NameParts {
  readonly prefix: string;
  readonly startedMs: number;
  readonly serial: number;
  readonly host: string;
}

/** `<prefix>-<17 digits of UTC time>-<5 digits>-<host>.warc.gz` (WARC 1.1, Annex C, with milliseconds). */
export function warcFileName({ prefix, startedMs, serial, host }: NameParts): string {
  const time = new Date(startedMs).toISOString().replaceAll(/\D/g, '');
  return `${prefix}-${time}-${String(serial).padStart(5, '0')}-${host}${warcEnding}`;
}

export const warcEnding = '.warc.gz';
/** A file that is being sealed. */
export const openName = (fileName: string): string => `${fileName}.open`;

export const spoolEnding = '.spool';
const stem = (fileName: string): string => fileName.slice(0, -warcEnding.length);
/** The bytes of an open segment, as they came. */
export const spoolName = (fileName: string): string => `${stem(fileName)}${spoolEnding}`;
/** When they came: a line of `received:` for each second. */
export const arrivalsName = (fileName: string): string => `${stem(fileName)}.spool.times`;
export const descriptionName = (fileName: string): string => `${stem(fileName)}${spoolDescriptionEnding}`;

/** Reads a plan as it was written; undefined for anything that is none. */
export function parsePlan(text: string): SegmentPlan | undefined {
  try {
    const value = JSON.parse(text) as Partial<SegmentPlan> | null;
    const isPlan = value?.format === 1 && typeof value.fileName === 'string' && typeof value.recordId === 'string';
    return isPlan ? (value as SegmentPlan) : undefined;
  } catch {
    return undefined;
  }
}
