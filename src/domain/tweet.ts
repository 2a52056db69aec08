// A payload of the stream as a tweet. Takes the parsed JSON of one line, as X sends it (both spellings of its field names)
// or flattened by an older collector; leaves its rows, or the reason why it cannot be read.
import { csvField } from './csv.ts';
import { isTweetId } from './tweet-id.ts';

/** Why a line cannot be read: a closed list, in the order in which receipts name them. */
export const unreadableReasons = [
  'not-utf8',
  'not-json',
  'not-an-object',
  'no-data',
  'no-id',
  'bad-id',
  'too-long',
] as const;

export type UnreadableReason = (typeof unreadableReasons)[number];

/** A line longer than this is not parsed: the largest real payloads are a hundredth of it. */
export const longestLineBytes = 8 * 2 ** 20;

type Fields = Readonly<Record<string, unknown>>;

/** A payload known to be a tweet with an ID; what else it says is read only where its row is wanted. */
export interface Payload {
  readonly id: string;
  readonly tweet: Fields;
  readonly envelope: Fields;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Tells a tweet from what is none. A line without `data` is taken as a flattened tweet where it has an ID or an author of its own. */
export function readPayload(value: unknown): Payload | UnreadableReason {
  if (!isFields(value)) return 'not-an-object';
  const isFlattened = value.data === undefined && (value.id !== undefined || value.author !== undefined);
  const tweet = isFlattened ? value : value.data;
  if (!isFields(tweet)) return 'no-data';
  const { id } = tweet;
  if (id === undefined) return 'no-id';
  return typeof id === 'string' && isTweetId(id) ? { id, tweet, envelope: value } : 'bad-id';
}

/** Columns of tweets.csv, in order. */
export const tweetColumns = [
  'id',
  'conversation_id',
  'author_id',
  'created_at',
  'retrieved_at',
  'source',
  'lang',
  'text',
  'reference_type',
  'referenced_tweet_id',
  'author.created_at',
  'author.location',
  'author.name',
  'author.username',
  'author.verified',
  'author.protected',
  'author.public_metrics.followers_count',
  'author.public_metrics.following_count',
  'author.public_metrics.tweet_count',
  'author.public_metrics.listed_count',
] as const;

const authorColumns = tweetColumns.filter((column) => column.startsWith('author.'));

/** Columns of users.csv, in order. */
export const userColumns = ['author_id', 'lang', ...authorColumns] as const;

/** true/false, numbers in digits, empty for absent; what should be no object but is one is kept as JSON. */
function cell(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A cell as it stands in a row. */
function field(value: unknown): string {
  // Nothing in these is ever quoted, and half of a row's cells are of them.
  if (value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return csvField(cell(value));
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

const lineEnd = /\r\n|\r|\n/;
const lineEnds = new RegExp(lineEnd, 'g');

function textOf(tweet: Fields): string {
  const note = fieldsOf(tweet.note_tweet ?? tweet.note_post);
  const text = cell(note.text ?? tweet.text);
  return lineEnd.test(text) ? text.replace(lineEnds, ' ') : text;
}

function firstReference(tweet: Fields): Fields {
  const references = tweet.referenced_tweets ?? tweet.referenced_posts;
  return Array.isArray(references) && isFields(references[0]) ? references[0] : { type: 'original' };
}

const isAuthor = (user: unknown, authorId: string): user is Fields => isFields(user) && cell(user.id) === authorId;

function authorOf({ tweet, envelope }: Payload, authorId: string): Fields | undefined {
  if (authorId === '') return undefined;
  const users: unknown = fieldsOf(envelope.includes).users;
  const candidates: unknown[] = Array.isArray(users) ? users : [];
  for (const user of candidates) if (isAuthor(user, authorId)) return user;
  return isAuthor(tweet.author, authorId) ? tweet.author : undefined;
}

const noAuthorFields = ','.repeat(authorColumns.length - 1);

/** The last ten cells of both files' rows. */
function authorFields(author: Fields | undefined): string {
  if (author === undefined) return noAuthorFields;
  const metrics = fieldsOf(author.public_metrics);
  const person = `${field(author.created_at)},${field(author.location)},${field(author.name)},${field(author.username)}`;
  const marks = `${field(author.verified)},${field(author.protected)}`;
  const reach = `${field(metrics.followers_count)},${field(metrics.following_count)}`;
  return `${person},${marks},${reach},${field(metrics.tweet_count ?? metrics.post_count)},${field(metrics.listed_count)}`;
}

/** A tweet's rows, with their line ends. `broughtAuthor`: the payload held the user whose ID is author_id. */
export interface TweetRows {
  readonly tweet: string;
  /** Of users.csv; all but the ID is empty where the tweet brought no author. */
  readonly user: string;
  readonly authorId: string;
  readonly createdAt: string;
  readonly broughtAuthor: boolean;
}

/**
 * The rows of a tweet, by the rules of the design's tweets.csv and users.csv. Where both spellings of a field stand, the older one is read.
 * Written straight from the payload: by way of a list of cells a minute took 5 % longer.
 */
export function tweetRows(payload: Payload): TweetRows {
  const { id, tweet, envelope } = payload;
  const authorId = cell(tweet.author_id);
  const createdAt = cell(tweet.created_at);
  const author = authorOf(payload, authorId);
  const reference = firstReference(tweet);
  const retrievedAt = field(fieldsOf(envelope.__twarc ?? tweet.__twarc).retrieved_at);
  const lang = field(tweet.lang);
  const ofAuthor = authorFields(author);
  const who = `${id},${field(tweet.conversation_id)},${csvField(authorId)},${csvField(createdAt)},${retrievedAt}`;
  const what = `${field(tweet.source)},${lang},${csvField(textOf(tweet))},${field(reference.type)},${field(reference.id)}`;
  return {
    tweet: `${who},${what},${ofAuthor}\n`,
    user: `${csvField(authorId)},${author === undefined ? '' : lang},${ofAuthor}\n`,
    authorId,
    createdAt,
    broughtAuthor: author !== undefined,
  };
}

const apiTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/** The last second told, up to its point: most tweets were created in the same second as the one before. */
let knownSecond = { text: '', epochMs: Number.NEGATIVE_INFINITY };

/** Epoch ms of a time as the API writes it; -Infinity for anything else, so that it is older than every real one. */
export function createdMs(createdAt: string): number {
  const { text, epochMs: secondMs } = knownSecond;
  const sinceSecond = createdAt.startsWith(text) ? millisecondsAt(createdAt, text.length) : -1;
  if (sinceSecond >= 0) return secondMs + sinceSecond;
  const epochMs = apiTime.test(createdAt) ? Date.parse(createdAt) : Number.NaN;
  if (Number.isNaN(epochMs)) return Number.NEGATIVE_INFINITY;
  if (new Date(epochMs).toISOString() === createdAt) {
    knownSecond = { text: createdAt.slice(0, -4), epochMs: Math.floor(epochMs / 1000) * 1000 };
  }
  return epochMs;
}

/** Three digits and Z at the end of a time; -1 for anything else. */
function millisecondsAt(time: string, start: number): number {
  if (time.length !== start + 4 || time.charCodeAt(start + 3) !== 0x5a) return -1;
  let milliseconds = 0;
  for (let at = start; at < start + 3; at++) {
    const digit = time.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    milliseconds = milliseconds * 10 + digit;
  }
  return milliseconds;
}
