import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createdMs, readPayload, tweetColumns, tweetRows, userColumns } from '../../src/domain/tweet.ts';
import type { Payload } from '../../src/domain/tweet.ts';
import { parsedCsv } from '../support/parsed-csv.ts';

const test = suite('tweet');

function payload(value: unknown): Payload {
  const found = readPayload(value);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

/** The named cells of the row of a tweet. */
function cells(data: Record<string, unknown>, rest: Record<string, unknown> = {}): Record<string, string> {
  const rows = parsedCsv(tweetRows(payload({ data: { id: '1', ...data }, ...rest })).tweet);
  assert.equal([rows.length, rows[0]?.length], [1, tweetColumns.length]);
  return Object.fromEntries(tweetColumns.map((column, index) => [column, rows[0]?.[index] ?? '']));
}

const unreadable: [string, unknown][] = [
  ['not-an-object', []],
  ['not-an-object', null],
  ['not-an-object', 'text'],
  ['no-data', {}],
  ['no-data', { data: null }],
  ['no-data', { data: [{ id: '1' }] }],
  ['no-data', { errors: [] }],
  ['no-id', { data: {} }],
  ['no-id', { author: { id: '1' } }],
  ['bad-id', { data: { id: 1 } }],
  ['bad-id', { data: { id: null } }],
  ['bad-id', { data: { id: '' } }],
  ['bad-id', { data: { id: '1 ' } }],
  ['bad-id', { data: { id: '१' } }],
  ['bad-id', { id: '123456789012345678901' }],
];

for (const [reason, value] of unreadable) {
  test(`${JSON.stringify(value)} is ${reason}`, () => assert.is(readPayload(value), reason));
}

test('a flattened line of an older collector is read like a payload', () => {
  const author = { id: '7', name: 'N' };
  const rows = tweetRows(
    payload({
      id: '1',
      author_id: '7',
      author,
      referenced_tweets: [{ type: 'original', id: null }],
      __twarc: { retrieved_at: 'R' },
    }),
  );
  const same = tweetRows(
    payload({ data: { id: '1', author_id: '7' }, includes: { users: [author] }, __twarc: { retrieved_at: 'R' } }),
  );
  assert.equal(rows, same);
});

test('each line end in the text becomes one space', () => {
  assert.is(cells({ text: 'a\r\nb\rc\nd\n\re' }).text, 'a b c d  e');
});

test('the text of a long post is its full text, in either spelling', () => {
  assert.is(cells({ text: 'cut…', note_tweet: { text: 'whole' } }).text, 'whole');
  assert.is(cells({ text: 'cut…', note_post: { text: 'whole' } }).text, 'whole');
  assert.is(cells({ text: 'all', note_tweet: {} }).text, 'all');
});

test('the first reference counts, in either spelling; none is original', () => {
  const reference = { type: 'quoted', id: '5' };
  for (const key of ['referenced_tweets', 'referenced_posts']) {
    const row = cells({ [key]: [reference, { type: 'replied_to', id: '6' }] });
    assert.equal([row.reference_type, row.referenced_tweet_id], ['quoted', '5']);
  }
  for (const none of [undefined, null, []]) {
    const row = cells({ referenced_tweets: none });
    assert.equal([row.reference_type, row.referenced_tweet_id], ['original', '']);
  }
});

test('the author is the included user of that ID; another one is nobody', () => {
  const users = [
    { id: '8', name: 'other' },
    { id: '7', name: 'author', verified: false, public_metrics: { post_count: 3, followers_count: 0 } },
  ];
  const row = cells({ author_id: '7' }, { includes: { users } });
  assert.equal(
    [
      row['author.name'],
      row['author.verified'],
      row['author.public_metrics.tweet_count'],
      row['author.public_metrics.followers_count'],
    ],
    ['author', 'false', '3', '0'],
  );
  assert.is(cells({ author_id: '9' }, { includes: { users } })['author.name'], '');
  assert.is(cells({}, { includes: { users: [{ name: 'no ID' }] } })['author.name'], '');
});

test('an author whom no tweet brought is a row of the ID alone', () => {
  const { user } = tweetRows(payload({ data: { id: '1', author_id: '7', lang: 'de' } }));
  assert.is(user, `7${','.repeat(userColumns.length - 1)}\n`);
});

test('cells that must be are quoted, whatever kind of value they hold', () => {
  const odd = 'a, "b"\nc';
  const author = { id: '7', name: odd, location: { city: odd }, public_metrics: { followers_count: odd } };
  const { tweet, user } = tweetRows(
    payload({ data: { id: '1', author_id: '7', lang: odd, source: ['x', 'y'] }, includes: { users: [author] } }),
  );
  const [row = [], userRow = []] = parsedCsv(tweet + user);
  const named = (
    names: readonly string[],
    cell: readonly string[],
    wanted: readonly string[],
  ): (string | undefined)[] => wanted.map((name) => cell[names.indexOf(name)]);
  const shared = ['lang', 'author.name', 'author.location', 'author.public_metrics.followers_count'];
  const values = [odd, odd, JSON.stringify({ city: odd }), odd];
  assert.equal(named(tweetColumns, row, ['source', ...shared]), ['["x","y"]', ...values]);
  assert.equal(named(userColumns, userRow, shared), values);
});

test('times of a second that was told before are read as any other', () => {
  const times = [
    '13:00:00.000Z',
    '13:00:00.999Z',
    '13:00:00.25Z',
    '13:00:00Z',
    '13:00:01.001Z',
    '13:00:00.001Z',
    '24:00:00.000Z',
  ];
  for (const time of [...times, ...times.toReversed()].map((text) => `2026-03-10T${text}`))
    assert.is(createdMs(time), Date.parse(time), time);
  for (const time of ['13:00:00.00xZ', '13:00:00.0001', '13:00:00.+01Z', '13:00:00.001 ', '24:00:00.001Z'])
    assert.is(createdMs(`2026-03-10T${time}`), Number.NEGATIVE_INFINITY, time);
});

test('a time that the API would not write is older than all', () => {
  assert.is(createdMs('2026-03-10T13:00:00.000Z'), Date.parse('2026-03-10T13:00:00Z'));
  for (const time of ['', 'yesterday', '2026-03-10', '2026-13-10T13:00:00Z'])
    assert.is(createdMs(time), Number.NEGATIVE_INFINITY);
});

test.run();
