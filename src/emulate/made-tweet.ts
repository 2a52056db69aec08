// Made-up tweets: one payload of the stream, by its place in it. Takes a seed, a place and a time; leaves the same
// tweet for the same three, written with the fields that a client asked for. Every odd shape of real ones occurs.
import { snowflakeAt } from '../domain/snowflake.ts';
import { Dice } from './dice.ts';
import { authorId, drawAuthor, userJson, username } from './made-author.ts';
import type { Selection } from './selection.ts';
import { writing } from './words.ts';

/** What is thrown of a tweet before anybody asks for fields. */
interface Draft {
  readonly id: string;
  readonly createdMs: number;
  readonly author: number;
  readonly lang: string;
  readonly text: string;
  readonly references: readonly Reference[];
  readonly conversationId: string;
  readonly editIds: readonly string[];
  /** The account is gone: no author comes along, a partial error does. */
  readonly isAuthorGone: boolean;
  /** The tweet referred to is gone. */
  readonly isReferenceGone: boolean;
  /** Field names that say post where the older ones say tweet. */
  readonly newNames: boolean;
  /** `includes` before `data`: keys may come in any order. */
  readonly includesFirst: boolean;
}

interface Reference {
  readonly type: 'retweeted' | 'quoted' | 'replied_to';
  readonly id: string;
  readonly author: number;
}

export interface MadeTweet {
  readonly id: string;
  readonly json: string;
}

const longestText = 280;
const problems = 'https://api.twitter.com/2/problems';

/** The tweet at a place (0, 1, 2 …) of the stream that is due at that time (epoch ms). One in 2,000 is an earlier one once more. */
export function draftTweet(seed: number, place: number, dueMs: number): Draft {
  const dice = new Dice(seed, place);
  const createdMs = drawCreation(dice, dueMs);
  const author = drawAuthor(dice);
  const references = drawReferences(dice, createdMs);
  const { lang, text } = writing(dice, dice.chance(0.03) ? 60 + dice.below(300) : 4 + dice.below(24));
  const id = snowflakeAt(createdMs, place);
  const [first] = references;
  return {
    id,
    createdMs,
    author,
    lang,
    text: first?.type === 'retweeted' ? `RT @${username(first.author)}: ${text}` : text,
    references,
    conversationId: first?.type === 'replied_to' ? first.id : id,
    editIds: dice.chance(0.01) ? [snowflakeAt(createdMs - 60_000, place), id] : [id],
    isAuthorGone: dice.chance(0.005),
    isReferenceGone: dice.chance(0.03),
    newNames: dice.chance(0.1),
    includesFirst: dice.chance(0.01),
  };
}

/** Written one to three seconds before it is due, one in a hundred up to a minute, in the ten milliseconds that the sample holds. */
function drawCreation(dice: Dice, dueMs: number): number {
  const lateMs = dice.chance(0.01) ? 3_000 + dice.below(57_000) : 1_000 + dice.below(2_000);
  return Math.floor((dueMs - lateMs) / 1000) * 1000 + 657 + dice.below(10);
}

function drawReferences(dice: Dice, createdMs: number): Reference[] {
  const reference = (type: Reference['type']): Reference => ({
    type,
    id: snowflakeAt(createdMs - 1_000 - dice.below(86_400_000), dice.below(2 ** 22)),
    author: drawAuthor(dice),
  });
  const draw = dice.next();
  if (draw < 0.42) return [reference('retweeted')];
  if (draw < 0.5) return [reference('quoted')];
  if (draw < 0.68) return [reference('replied_to')];
  return draw < 0.7 ? [reference('replied_to'), reference('quoted')] : [];
}

/** The payload as JSON on one line, without its line end. */
export function writeTweet(draft: Draft, selection: Selection): MadeTweet {
  const data = `"data":${tweetJson(draft, selection)}`;
  const includes = includesJson(draft, selection);
  const errors = errorsOf(draft, selection);
  const parts = draft.includesFirst ? [includes, data] : [data, includes];
  if (errors.length > 0) parts.push(`"errors":${JSON.stringify(errors)}`);
  return { id: draft.id, json: `{${parts.filter((part) => part !== '').join(',')}}` };
}

/** Put together field by field: one `JSON.stringify` of the whole takes twice the time. */
function tweetJson(draft: Draft, { tweet: wanted }: Selection): string {
  const { newNames, id, references, text } = draft;
  const isLong = text.length > longestText;
  let json = `{"id":"${id}"`;
  if (wanted.has('author_id')) json += `,"author_id":"${authorId(draft.author)}"`;
  if (wanted.has('conversation_id')) json += `,"conversation_id":"${draft.conversationId}"`;
  if (wanted.has('created_at')) json += `,"created_at":"${secondOf(draft.createdMs)}"`;
  json += `,"edit_history_${newNames ? 'post' : 'tweet'}_ids":${JSON.stringify(draft.editIds)}`;
  if (wanted.has('lang')) json += `,"lang":"${draft.lang}"`;
  if (isLong && wanted.has('note_tweet')) json += `,"note_${newNames ? 'post' : 'tweet'}":${JSON.stringify({ text })}`;
  if (wanted.has('possibly_sensitive')) json += ',"possibly_sensitive":false';
  if (wanted.has('public_metrics')) {
    json += ',"public_metrics":{"retweet_count":0,"reply_count":0,"like_count":0,"quote_count":0}';
  }
  if (references.length > 0 && wanted.has('referenced_tweets')) {
    const list = references.map((reference) => `{"type":"${reference.type}","id":"${reference.id}"}`);
    json += `,"referenced_${newNames ? 'posts' : 'tweets'}":[${list.join(',')}]`;
  }
  return `${json},"text":${JSON.stringify(isLong ? `${cutText(text)}…` : text)}}`;
}

const seconds = new Map<number, string>();

/** The second of a time as the API writes it. Tweets of one moment share few seconds. */
function secondOf(epochMs: number): string {
  const ms = epochMs - (epochMs % 1000);
  const known = seconds.get(ms);
  if (known !== undefined) return known;
  if (seconds.size > 200) seconds.clear();
  const text = new Date(ms).toISOString();
  seconds.set(ms, text);
  return text;
}

/** The beginning that the API shows of a long text; never half of a character. */
function cutText(text: string): string {
  return text.slice(0, longestText - 1).replace(/[\uD800-\uDBFF]$/, '');
}

function includesJson(draft: Draft, selection: Selection): string {
  const { expansions } = selection;
  const when = { atMs: draft.createdMs, newNames: draft.newNames };
  const found = draft.isReferenceGone ? [] : draft.references;
  const users = expansions.has('referenced_tweets.id.author_id') ? found.map(({ author }) => author) : [];
  if (expansions.has('author_id') && !draft.isAuthorGone) users.push(draft.author);
  const parts: string[] = [];
  if (users.length > 0) {
    parts.push(`"users":[${[...new Set(users)].map((author) => userJson(author, selection, when)).join(',')}]`);
  }
  if (expansions.has('referenced_tweets.id') && found.length > 0) {
    const list = found.map(({ id }) => ({ id, text: draft.text, edit_history_tweet_ids: [id] }));
    parts.push(`"${draft.newNames ? 'posts' : 'tweets'}":${JSON.stringify(list)}`);
  }
  return parts.length > 0 ? `"includes":{${parts.join(',')}}` : '';
}

function errorsOf(draft: Draft, { expansions }: Selection): object[] {
  const gone = (resource: 'user' | 'tweet', parameter: string, id: string): object => ({
    value: id,
    detail: `No ${resource} with ${parameter} ${id} is there.`,
    title: 'Not Found Error',
    resource_type: resource,
    parameter,
    resource_id: id,
    type: `${problems}/resource-not-found`,
  });
  const errors: object[] = [];
  if (draft.isAuthorGone && expansions.has('author_id')) errors.push(gone('user', 'author_id', authorId(draft.author)));
  if (draft.isReferenceGone && expansions.has('referenced_tweets.id')) {
    for (const { id } of draft.references) errors.push(gone('tweet', 'referenced_tweets.id', id));
  }
  return errors;
}

/** A tweet whose JSON has that many bytes (200 at least). */
export function hugeTweet(bytes: number, atMs: number): MadeTweet {
  const id = snowflakeAt(atMs, bytes);
  const start = `{"data":{"id":"${id}","edit_history_tweet_ids":["${id}"],"text":"`;
  return { id, json: `${start}${'x'.repeat(Math.max(0, bytes - start.length - 3))}"}}` };
}
