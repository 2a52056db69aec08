// A line of an answer as a tweet: API v2 (`{data, includes}`), or v1.1 as older archives hold it. Decided from its bytes.
// Takes a line; leaves what kind it is, and of a tweet its ID and time where they are asked for.
import { shapeOf } from '../domain/payload.ts';
import { snowflakeMs } from '../domain/snowflake.ts';
import { isTweetId } from '../domain/tweet-id.ts';

/** `message`: JSON that is no tweet (a notice, a limit, errors without data). */
export type LineKind = 'tweet' | 'message' | 'unreadable';

const usualBeginning = Buffer.from('{"data":{');

export function kindOf(line: Buffer): LineKind {
  const shape = shapeOf(line);
  if (shape === 'system-message') return 'message';
  if (shape === 'not-an-object') return parse(line) === undefined ? 'unreadable' : 'message';
  if (line.subarray(0, usualBeginning.length).equals(usualBeginning)) return 'tweet';
  const value = parse(line);
  if (value === undefined) return 'unreadable';
  return idOf(value) === undefined ? 'message' : 'tweet';
}

/** Is the text a whole JSON value? Asked of a line whose end never came. */
export const isWholeJson = (line: Buffer): boolean => parse(line) !== undefined;

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function tweetOf(value: unknown): Fields | undefined {
  if (!isObject(value)) return undefined;
  return isObject(value['data']) ? value['data'] : value;
}

function idOf(value: unknown): string | undefined {
  const tweet = tweetOf(value);
  const id = tweet?.['id_str'] ?? tweet?.['id'];
  return typeof id === 'string' && isTweetId(id) ? id : undefined;
}

export interface TweetFacts {
  readonly id: string;
  /** Epoch ms at which it was written; undefined where neither its ID nor a field says. */
  readonly writtenMs: number | undefined;
}

/** Reads a tweet's ID and time; undefined where the line holds none. */
export function tweetFacts(line: Buffer): TweetFacts | undefined {
  const value = parse(line);
  const id = idOf(value);
  if (id === undefined) return undefined;
  return { id, writtenMs: idMs(id) ?? createdMs(tweetOf(value)?.['created_at']) };
}

/** IDs from before November 2010 hold no time. */
const firstSnowflake = 29_700_859_247n;

const idMs = (id: string): number | undefined => (BigInt(id) < firstSnowflake ? undefined : snowflakeMs(id));

function createdMs(text: unknown): number | undefined {
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
