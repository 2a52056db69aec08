import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createdMs, csvLines, readPayload, tweetColumns, tweetRow, userColumns } from '../../src/domain/tweet.ts';
import type { Payload } from '../../src/domain/tweet.ts';

const test = suite('tweet');

function payload(value: unknown): Payload {
  const found = readPayload(value);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

/** The named cells of the row of a tweet. */
function cells(data: Record<string, unknown>, rest: Record<string, unknown> = {}): Record<string, string> {
  const row = tweetRow(payload({ data: { id: '1', ...data }, ...rest }));
  return Object.fromEntries(tweetColumns.map((column, index) => [column, row.cells[index] ?? '']));
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
  const row = tweetRow(
    payload({
      id: '1',
      author_id: '7',
      author,
      referenced_tweets: [{ type: 'original', id: null }],
      __twarc: { retrieved_at: 'R' },
    }),
  );
  const same = tweetRow(
    payload({ data: { id: '1', author_id: '7' }, includes: { users: [author] }, __twarc: { retrieved_at: 'R' } }),
  );
  assert.equal(row, same);
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
  const row = tweetRow(payload({ data: { id: '1', author_id: '7', lang: 'de' } }));
  assert.is(csvLines(row).user, `7${','.repeat(userColumns.length - 1)}\n`);
});

test('a time that the API would not write is older than all', () => {
  assert.is(createdMs('2026-03-10T13:00:00.000Z'), Date.parse('2026-03-10T13:00:00Z'));
  for (const time of ['', 'yesterday', '2026-03-10', '2026-13-10T13:00:00Z'])
    assert.is(createdMs(time), Number.NEGATIVE_INFINITY);
});

test.run();
