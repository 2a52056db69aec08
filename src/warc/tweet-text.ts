// A tweet's line as it is printed: as it came, with where it came from spliced in, or over several lines for people.
// Takes bytes; leaves bytes. Numbers keep every digit: IDs exceed what a double holds.
import { basename } from 'node:path';
import { isEmptyObject } from '../domain/payload.ts';
import type { FoundTweet } from './tweets.ts';

/** Where a tweet stood: file, record, segment, and the time between which its end was received. */
function provenanceOf({ piece: { segment, received }, logical }: FoundTweet): Readonly<Record<string, unknown>> {
  const time = (ms: number | undefined): string | null =>
    ms === undefined || Number.isNaN(ms) ? null : new Date(ms).toISOString();
  return {
    warc: basename(segment.path),
    record: segment.id,
    answer: logical.id,
    segment: logical.isSegmented ? (segment.segmentNumber ?? 1) : null,
    received: [time(received.fromMs), time(received.untilMs)],
  };
}

/** The line with `"__warc":{…}` before its last brace. */
export function withProvenance(tweet: FoundTweet): Buffer {
  const { bytes } = tweet;
  const comma = isEmptyObject(bytes) ? '' : ',';
  const note = `${comma}"__warc":${JSON.stringify(provenanceOf(tweet))}}`;
  return Buffer.concat([bytes.subarray(0, -1), Buffer.from(note)]);
}

interface Source {
  readonly source: string;
}

/** JSON over several lines, two spaces a level. A line that is no JSON stays as it is. */
export function pretty(line: Buffer): Buffer {
  const text = line.toString('utf8');
  try {
    const value: unknown = JSON.parse(text, asWritten);
    return Buffer.from(JSON.stringify(value, undefined, 2));
  } catch {
    return line;
  }
}

/** A number as the digits that were written (the reviver's context is ECMA-262's "source text access"). */
const asWritten = ((_key: string, value: unknown, context: Source): unknown =>
  typeof value === 'number' ? rawJson(context.source) : value) as (key: string, value: unknown) => unknown;

const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown };
