// One hour held against its receipt, on values alone: what each contradiction is called.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { idTableOf } from '../../src/domain/id-table.ts';
import type { Receipt, ReceiptCounts } from '../../src/domain/receipt.ts';
import { highOfId, lowOfId } from '../../src/domain/tweet-id.ts';
import type { OutputKind } from '../../src/domain/vault.ts';
import { borderProblems, hourProblems } from '../../src/verify/hour.ts';
import type { Reading } from '../../src/verify/worker.ts';

const test = suite('one hour verified');
const kinds = ['IDs', 'tweets', 'users'] as const;

/** A file as it was read, with these IDs in it. */
const reading = (ids: readonly string[], more: Partial<Reading> = {}): Reading => ({
  bytes: 100,
  sha256: 'proven',
  contentSha256: '',
  rows: 2,
  high: Float64Array.from(ids, highOfId),
  low: Float64Array.from(ids, lowOfId),
  ...more,
});

/** An hour in which server 1 heard two tweets and server 2 the second of them and a third, which the hour before holds. */
const counts: Partial<ReceiptCounts> = {
  server_1: 2,
  server_2: 2,
  both: 1,
  only_1: 1,
  only_2: 1,
  total: 2,
  duplicates_across: 1,
  'held-by-next': 0,
};

const receipt = (more: Partial<ReceiptCounts> = {}, missing?: OutputKind): Receipt =>
  ({
    counts: { ...counts, ...more },
    outputs: kinds
      .filter((kind) => kind !== missing)
      .map((kind) => ({ kind, file: `${kind}.xz`, bytes: 100, rows: 2, sha256: 'proven' })),
  }) as unknown as Receipt;

const readings = (more: Partial<Record<OutputKind, Reading>> = {}): Map<OutputKind, Reading> =>
  new Map(
    Object.entries({ IDs: reading(['5', '7']), tweets: reading(['5', '7']), users: reading([]), ...more }),
  ) as Map<OutputKind, Reading>;

test('an hour whose files and counts agree has no problem', () => {
  assert.equal(hourProblems(receipt(), readings()), []);
});

test('a file is wrong by its trouble, its digest, or its rows; by its length where that differs', () => {
  const problem = (users: Partial<Reading>): string[] =>
    hourProblems(receipt(), readings({ users: reading([], users) }));
  assert.equal(problem({ trouble: 'it is cut off' }), ['users.xz: it is cut off']);
  assert.equal(problem({ sha256: 'x' }), ['users.xz: its 100 bytes are others than those that the receipt proves']);
  assert.equal(problem({ sha256: 'x', bytes: 9 }), ['users.xz: its 9 bytes are not the 100 that the receipt proves']);
  assert.equal(problem({ rows: 3 }), ['users.xz: it has 3 rows, the receipt says 2']);
  assert.equal(hourProblems(receipt({}, 'users'), readings()), ['the receipt names no users output']);
});

test('a receipt whose counts do not add up is wrong, whatever the files hold', () => {
  assert.equal(hourProblems(receipt({ duplicates_across: 2 }), readings()), [
    'the receipt accounts for 4 of the 3 IDs that were heard',
  ]);
  assert.equal(
    hourProblems(receipt({ duplicates_across: 0 }), readings()),
    ['the receipt accounts for 2 of the 3 IDs that were heard'],
    'one was lost',
  );
  assert.equal(hourProblems(receipt({ total: 1, 'held-by-next': 1 }), readings()), [
    'the receipt counts 1 tweets, and 2 IDs',
  ]);
  const alone = { server_2: null, both: null, only_1: null, only_2: null, duplicates_across: 0 };
  assert.equal(hourProblems(receipt(alone), readings()), [], 'with one server all that it heard');
});

test('IDs that are not those of the rows, and an ID that stands twice, are found', () => {
  assert.equal(hourProblems(receipt(), readings({ tweets: reading(['7', '5']) })), [
    'the IDs are not those of the rows',
  ]);
  const twice = reading(['5', '5']);
  assert.equal(hourProblems(receipt(), readings({ IDs: twice, tweets: twice })), ['1 IDs stand twice']);
});

test('an ID that a neighbouring hour stores as well is found', () => {
  const table = (...ids: string[]) => idTableOf(reading(ids));
  assert.equal(borderProblems(table('1', '5'), table('5', '7'), 'before'), ['1 IDs stand in the hour before as well']);
  assert.equal(borderProblems(table('1', '2'), table('5', '7'), 'after'), []);
});

test.run();
