// A line of the stream as bytes: which lines are payloads, and the note of receipt spliced into them (design: Minute file).
// Takes the bytes of one line without its line end; leaves a shape, or the bytes of the note. Nothing is parsed in order to be stored.

/** Why a line lies in `<spool>/aside/` instead of a minute file: the closed list. */
export const asideReasons = ['cut-off', 'not-an-object', 'system-message', 'too-long'] as const;
export type AsideReason = (typeof asideReasons)[number];

/** What each reason means, for the note that lies beside the lines. */
export const asideMeanings: Readonly<Record<AsideReason, string>> = {
  'cut-off': 'Lines whose end never came: the connection, or this program, ended before it.',
  'not-an-object': 'Lines that do not begin with { and end with }: not a payload of the stream.',
  'system-message': 'What the API said about the stream itself: errors without data.',
  'too-long': 'The beginnings of lines that were longer than any payload can be.',
};

/** What a line is: kept in the minute file, set aside for a reason, or a keep-alive that is dropped. */
export type LineShape = 'payload' | 'keep-alive' | Exclude<AsideReason, 'cut-off' | 'too-long'>;

const openBrace = 0x7b;
const closeBrace = 0x7d;
const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const usualBeginning = Buffer.from('{"data":');
const errorsKey = Buffer.from('"errors"');

/**
 * The shape of a line: bytes `start` to `end` (excluded), without the line end. Only one that does not begin with `{"data":` and speaks
 * of errors is parsed.
 */
export function shapeOf(bytes: Buffer, start = 0, end = bytes.length): LineShape {
  if (end <= start) return 'keep-alive';
  if (end - start < 2 || bytes[start] !== openBrace || bytes[end - 1] !== closeBrace) return 'not-an-object';
  if (beginsAsUsual(bytes, start, end)) return 'payload';
  const line = bytes.subarray(start, end);
  return line.includes(errorsKey) && readSystemMessage(line) !== undefined ? 'system-message' : 'payload';
}

function beginsAsUsual(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < usualBeginning.length) return false;
  for (let index = 1; index < usualBeginning.length; index++) {
    if (bytes[start + index] !== usualBeginning[index]) return false;
  }
  return true;
}

/** A problem as the API words it (RFC 7807 with its own fields), in a system message or in the body of a refusal. */
export interface Problem {
  readonly title?: string;
  readonly type?: string;
  readonly detail?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly disconnect_type?: string;
  readonly connection_issue?: string;
}

/** The problems of a system message: an object with `errors` and without `data`; undefined for every other line. */
export function readSystemMessage(line: Buffer): Problem[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || 'data' in value || !('errors' in value)) return undefined;
  const errors = Array.isArray(value.errors) ? value.errors : [value.errors];
  return errors.filter((error): error is Problem => typeof error === 'object' && error !== null);
}

/** Does this problem say that the server is ending the stream? By title or the end of `type`: the host in `type` varies. */
export function isDisconnect(problem: Problem): boolean {
  return (
    problem.title === 'operational-disconnect' ||
    (problem.type ?? '').endsWith('/operational-disconnect') ||
    problem.disconnect_type !== undefined
  );
}

export interface Receipt {
  /** The address asked, without secrets. */
  readonly url: string;
  /** Program and version: "streamvault 1.0.0". */
  readonly version: string;
  readonly retrievedAtMs: number;
}

/** The bytes that take the place of a payload's last brace: `,"__twarc":{…}}` (the convention of twarc2). */
export function receiptNote({ url, version, retrievedAtMs }: Receipt): Buffer {
  const note = { url, version, retrieved_at: new Date(retrievedAtMs).toISOString() };
  return Buffer.from(`,"__twarc":${JSON.stringify(note)}}\n`);
}

/** Plain ASCII without escapes, so that its bytes are valid UTF-8 and JSON by their looks alone. */
const noteShape = /,"__twarc":\{"url":"[ !#-[\]-~]*","version":"[ !#-[\]-~]*","retrieved_at":"[ !#-[\]-~]*"\}\}$/;
const noteEnd = Buffer.from('"}}');
/** As toISOString writes a time. */
const timeBytes = 24;
/** The note recognised last, up to its time: all lines of a server share that, so that few must be held against the shape. */
let usualNote = Buffer.alloc(0);
/** A longer one is not recognised: twice what this tool writes. */
const longestNoteBytes = 256;

/**
 * Where the receipt's note begins in a line as this tool writes it; -1 in any other. Two lines that are equal before such notes are
 * both JSON or neither is, and say the same but for the note: what comes before it ends in the outermost object.
 */
export function noteStart(line: Buffer): number {
  const likely = line.length - usualNote.length - timeBytes - noteEnd.length;
  if (likely >= 0 && isUsualNote(line, likely)) return likely;
  const from = Math.max(0, line.length - longestNoteBytes);
  const start = line.toString('latin1', from).search(noteShape);
  if (start < 0) return -1;
  const timeStart = line.length - noteEnd.length - timeBytes;
  const isTimeLong = line[timeStart - 2] === colon && line[timeStart - 1] === quote;
  if (isTimeLong) usualNote = Buffer.from(line.subarray(from + start, timeStart));
  return from + start;
}

/** Is there, to the line's end, the note recognised last with any time of the same length? */
function isUsualNote(line: Buffer, start: number): boolean {
  const time = start + usualNote.length;
  const end = time + timeBytes;
  if (usualNote.length === 0) return false;
  for (let at = 0; at < noteEnd.length; at++) if (line[end + at] !== noteEnd[at]) return false;
  for (let at = end - 1; at >= time; at--) if (!isPlain(line[at] as number)) return false;
  for (let at = 0; at < usualNote.length; at++) if (line[start + at] !== usualNote[at]) return false;
  return true;
}

/** ASCII that stands for itself within quotes. */
const isPlain = (byte: number): boolean => byte >= 0x20 && byte <= 0x7e && byte !== quote && byte !== backslash;

/** Has this payload, bytes `start` to `end` (excluded), no key, so that the note needs no comma before it? */
export function isEmptyObject(bytes: Buffer, start = 0, end = bytes.length): boolean {
  if (bytes[start + 1] === quote) return false;
  for (let index = start + 1; index < end - 1; index++) {
    const byte = bytes[index];
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
}
