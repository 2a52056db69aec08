// What is remembered of a record: enough to find it again, to put segments together and to judge them.
// Takes heads; leaves plain values, small, so that a year of files can be held.
import { type RecordHead, allOf, bareUri, field } from './fields.ts';
import type { Place } from './records.ts';

/** Was the block's digest right? `unchecked`: an algorithm that is not known here. */
export type DigestCheck = 'right' | 'wrong' | 'unchecked' | 'absent';

export interface Entry extends Place {
  readonly path: string;
  /** Lower case: response, continuation, request, metadata, warcinfo, … */
  readonly type: string;
  /** Without angle brackets; a record without one is known by its place. */
  readonly id: string;
  /** As written. */
  readonly date: string;
  readonly uri: string;
  readonly contentType: string;
  readonly contentLength: number;
  readonly segmentNumber?: number;
  readonly originId?: string;
  readonly totalLength?: number;
  readonly truncated?: string;
  readonly payloadDigest?: string;
  readonly concurrentTo: readonly string[];
  readonly refersTo?: string;
  readonly digestCheck: DigestCheck;
  /** Digest of the block as it was read, to tell copies from each other. */
  readonly blockDigest: string;
  /** The block had its whole length and lies in no damaged member. */
  readonly isWhole: boolean;
}

export type EntryFields = Omit<Entry, 'path' | 'digestCheck' | 'blockDigest' | 'isWhole' | keyof Place>;

/** What a record's head says, as far as it is remembered. `known` names a record that has no ID of its own. */
export function entryFields(head: RecordHead, contentLength: number, known: string): EntryFields {
  const number = (name: string): number | undefined => {
    const value = field(head, name);
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  const id = (name: string): string | undefined => {
    const value = field(head, name);
    return value === undefined ? undefined : bareUri(value);
  };
  return {
    type: (field(head, 'WARC-Type') ?? '').toLowerCase(),
    id: id('WARC-Record-ID') ?? known,
    date: field(head, 'WARC-Date') ?? '',
    uri: bareUri(field(head, 'WARC-Target-URI') ?? ''),
    contentType: (field(head, 'Content-Type') ?? '').toLowerCase().replaceAll(/\s/g, ''),
    contentLength,
    concurrentTo: allOf(head, 'WARC-Concurrent-To').map(bareUri),
    ...present({
      segmentNumber: number('WARC-Segment-Number'),
      originId: id('WARC-Segment-Origin-ID'),
      totalLength: number('WARC-Segment-Total-Length'),
      truncated: field(head, 'WARC-Truncated'),
      payloadDigest: field(head, 'WARC-Payload-Digest'),
      refersTo: id('WARC-Refers-To'),
    }),
  };
}

type Present<T> = { [Key in keyof T]?: NonNullable<T[Key]> };

function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}

/** May this record's bytes be believed? A right digest proves them, whatever happened around them. */
export const isSound = ({ digestCheck, isWhole }: Entry): boolean =>
  digestCheck === 'right' || (digestCheck !== 'wrong' && isWhole);

/** Does the record hold an HTTP answer, or part of one? */
export const isAnswer = ({ type, contentType, uri }: Entry): boolean =>
  type === 'continuation' ||
  (type === 'response' &&
    (contentType.startsWith('application/http') || (contentType === '' && /^https?:/i.test(uri))));
