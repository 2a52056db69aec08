import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { snowflakeMs } from '../../src/domain/snowflake.ts';
import { draftTweet, hugeTweet, writeTweet } from '../../src/emulate/made-tweet.ts';
import { readSelection, type Selection, selectionOf } from '../../src/emulate/selection.ts';

const test = suite('made-tweet');
const start = Date.parse('2026-03-10T13:00:00Z');
const dueMs = (place: number): number => start + place * 23;
const bare = selectionOf([], [], []);
const usual = selectionOf(
  ['author_id', 'conversation_id', 'created_at', 'lang', 'referenced_tweets', 'note_tweet'],
  ['created_at', 'location', 'protected', 'public_metrics', 'verified'],
  ['author_id', 'referenced_tweets.id'],
);

interface Payload {
  data: Record<string, unknown> & { id: string; text: string; author_id?: string; created_at?: string };
  includes?: {
    users?: { id: string; public_metrics?: Record<string, number> }[];
    tweets?: unknown[];
    posts?: unknown[];
  };
  errors?: { title: string }[];
}

const made = (place: number, selection: Selection): Payload =>
  JSON.parse(writeTweet(draftTweet(5, place, dueMs(place)), selection).json) as Payload;
const many = Array.from({ length: 6_000 }, (_, place) => made(place, usual));
const share = (matches: (payload: Payload) => unknown): number => many.filter(matches).length / many.length;

test('the same seed and place give the same tweet, another seed another one', () => {
  const write = (seed: number): string => writeTweet(draftTweet(seed, 77, dueMs(77)), usual).json;
  assert.is(write(5), write(5));
  assert.is.not(write(5), write(6));
});

test('every ID is its own, a snowflake of a moment shortly before it is due', () => {
  assert.is(new Set(many.map(({ data }) => data.id)).size, many.length);
  for (const [place, { data }] of many.entries()) {
    const lateMs = dueMs(place) - snowflakeMs(data.id);
    assert.ok(lateMs > 0 && lateMs < 62_000, `${place}: ${lateMs}`);
    assert.is(Date.parse(data.created_at ?? ''), Math.floor(snowflakeMs(data.id) / 1000) * 1000);
  }
});

test('what is not asked for is left out, what always comes comes', () => {
  for (let place = 0; place < 300; place++) {
    const { data, includes, errors } = made(place, bare);
    assert.equal(
      Object.keys(data).filter((name) => !name.startsWith('edit_history')),
      ['id', 'text'],
    );
    assert.is(includes, undefined);
    assert.is(errors, undefined);
  }
  const one = made(1, selectionOf(['lang'], ['verified'], ['author_id']));
  assert.equal(Object.keys(one.data).sort(), ['edit_history_tweet_ids', 'id', 'lang', 'text']);
  assert.equal(Object.keys(one.includes?.users?.[0] ?? {}).sort(), ['id', 'name', 'username', 'verified']);
});

test('all odd shapes of real tweets occur', () => {
  const text = (pattern: RegExp): number => share(({ data }) => pattern.test(data.text));
  for (const pattern of [
    /\p{Script=Han}/u,
    /\p{Script=Arabic}/u,
    /\p{Script=Thai}/u,
    /\p{Emoji_Presentation}/u,
    /\u200d/,
    /\n/,
    /\r/,
    /\u2028/,
    /"/,
    /^RT @/,
  ]) {
    assert.ok(text(pattern) > 0, String(pattern));
  }
  assert.ok(share(({ data }) => data['note_tweet'] ?? data['note_post']) > 0.01, 'long texts');
  assert.ok(share(({ data }) => data['referenced_posts']) > 0.02, 'new names');
  assert.ok(share(({ includes }) => includes?.posts) > 0.02, 'new names in includes');
  assert.ok(
    share(({ includes }) => includes?.users?.some((user) => 'post_count' in (user.public_metrics ?? {}))) > 0.02,
  );
  assert.ok(
    share(({ data, includes }) => !includes?.users?.some(({ id }) => id === data.author_id)) > 0.001,
    'no author',
  );
  assert.ok(share(({ errors }) => errors) > 0.01, 'partial errors');
  assert.ok(
    share(({ data }) => (data['edit_history_tweet_ids'] as string[] | undefined)?.length === 2) > 0.003,
    'edits',
  );
  assert.ok(share((payload) => Object.keys(payload)[0] === 'includes') > 0.003, 'another order of keys');
});

test('a long text is cut at 280 characters, never within one, and stands whole in the note', () => {
  const notes = many.filter(({ data }) => data['note_tweet']);
  for (const { data } of notes) {
    const whole = (data['note_tweet'] as { text: string }).text;
    assert.ok(whole.length > 280 && whole.startsWith(data.text.slice(0, -1)));
    assert.ok(data.text.length <= 280 && data.text.isWellFormed());
  }
});

test('the counts of an author grow with the time at which his tweets were written', () => {
  const seen = new Map<string, number>();
  const inOrder = [...many].sort((a, b) => Date.parse(a.data.created_at ?? '') - Date.parse(b.data.created_at ?? ''));
  for (const { includes } of inOrder) {
    const [user] = includes?.users ?? [];
    const count = user?.public_metrics?.['tweet_count'];
    if (user === undefined || count === undefined) continue;
    assert.ok(count >= (seen.get(user.id) ?? 0));
    seen.set(user.id, count);
  }
});

test('a huge tweet has the size that was ordered', () => {
  const { id, json } = hugeTweet(1_000_000, start);
  assert.is(json.length, 1_000_000);
  assert.is((JSON.parse(json) as Payload).data.id, id);
});

test('an unknown field is named', () => {
  assert.equal(readSelection(new URLSearchParams('tweet.fields=lang,colour')), {
    parameter: 'tweet.fields',
    value: 'colour',
  });
});

test.run();
