// A payload of the stream as a tweet. Takes the parsed JSON of one line, as X sends it (both spellings of its field names)
// or flattened by an older collector; leaves the cells of its row, or the reason why it cannot be read.
import { csvField, csvFields } from './csv.ts';
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

/** A tweet's row. `cells`: one text a column of tweets.csv; `broughtAuthor`: the payload held the user whose ID is author_id. */
export interface TweetRow {
  readonly cells: readonly string[];
  readonly authorId: string;
  readonly createdAt: string;
  readonly broughtAuthor: boolean;
}

/** true/false, numbers in digits, empty for absent; what should be no object but is one is kept as JSON. */
function cell(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

function textOf(tweet: Fields): string {
  const note = fieldsOf(tweet.note_tweet ?? tweet.note_post);
  return cell(note.text ?? tweet.text).replace(/\r\n|\r|\n/g, ' ');
}

function firstReference(tweet: Fields): Fields {
  const references = tweet.referenced_tweets ?? tweet.referenced_posts;
  return Array.isArray(references) && isFields(references[0]) ? references[0] : { type: 'original' };
}

function authorOf({ tweet, envelope }: Payload, authorId: string): Fields | undefined {
  if (authorId === '') return undefined;
  const users: unknown = fieldsOf(envelope.includes).users;
  const candidates: unknown[] = Array.isArray(users) ? users : [];
  const isAuthor = (user: unknown): user is Fields => isFields(user) && cell(user.id) === authorId;
  return candidates.find(isAuthor) ?? (isAuthor(tweet.author) ? tweet.author : undefined);
}

const noAuthorCells = authorColumns.map(() => '');

function authorCells(author: Fields | undefined): readonly string[] {
  if (author === undefined) return noAuthorCells;
  const metrics = fieldsOf(author.public_metrics);
  return [
    cell(author.created_at),
    cell(author.location),
    cell(author.name),
    cell(author.username),
    cell(author.verified),
    cell(author.protected),
    cell(metrics.followers_count),
    cell(metrics.following_count),
    cell(metrics.tweet_count ?? metrics.post_count),
    cell(metrics.listed_count),
  ];
}

/** The row of a tweet, by the rules of the design's tweets.csv. Where both spellings of a field stand, the older one is read. */
export function tweetRow(payload: Payload): TweetRow {
  const { id, tweet, envelope } = payload;
  const authorId = cell(tweet.author_id);
  const createdAt = cell(tweet.created_at);
  const author = authorOf(payload, authorId);
  const reference = firstReference(tweet);
  const heard = fieldsOf(envelope.__twarc ?? tweet.__twarc);
  const cells = [
    id,
    cell(tweet.conversation_id),
    authorId,
    createdAt,
    cell(heard.retrieved_at),
    cell(tweet.source),
    cell(tweet.lang),
    textOf(tweet),
    cell(reference.type),
    cell(reference.id),
    ...authorCells(author),
  ];
  return { cells, authorId, createdAt, broughtAuthor: author !== undefined };
}

const langCell = tweetColumns.indexOf('lang');
const firstAuthorCell = tweetColumns.length - authorColumns.length;

/** The row's lines in tweets.csv and users.csv; in the latter all but the ID is empty where the tweet brought no author. */
export function csvLines({ cells, authorId, broughtAuthor }: TweetRow): { tweet: string; user: string } {
  const author = csvFields(cells, firstAuthorCell, cells.length);
  const lang = broughtAuthor ? csvField(cells[langCell] ?? '') : '';
  return {
    tweet: `${csvFields(cells, 0, firstAuthorCell)},${author}\n`,
    user: `${csvField(authorId)},${lang},${author}\n`,
  };
}

const apiTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/** Epoch ms of a time as the API writes it; -Infinity for anything else, so that it is older than every real one. */
export function createdMs(createdAt: string): number {
  const epochMs = apiTime.test(createdAt) ? Date.parse(createdAt) : Number.NaN;
  return Number.isNaN(epochMs) ? Number.NEGATIVE_INFINITY : epochMs;
}
