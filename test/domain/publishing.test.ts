import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addedIds, givenIds, mayGive, mayGiveAtMs, uploadsOfDay, wantedOfDay } from '../../src/domain/publishing.ts';
import { dayMs } from '../../src/domain/time.ts';

const test = suite('publishing');
const day = '2026-10-25';

test('wanted are the IDs of hours with a receipt, and the report of a day that is over', () => {
  const sums = new Map(
    [
      `${day}_02+0100_IDs.txt.xz`,
      `${day}_02+0100_receipt.json`,
      `${day}_02+0100_tweets.csv.xz`,
      `${day}_03_IDs.txt.xz`,
      `${day}_report.txt`,
      'raw/03/server-1/x.jsonl.xz',
    ].map((name) => [name, name.length.toString()]),
  );
  assert.equal([...wantedOfDay(day, sums, false).keys()], [`${day}_02+0100_IDs.txt.xz`]);
  assert.equal([...wantedOfDay(day, sums, true).keys()], [`${day}_02+0100_IDs.txt.xz`, `${day}_report.txt`]);
});

test('to be uploaded is what is new, what changed, and what may or may not have arrived', () => {
  const wanted = new Map([
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
    ['d', '4'],
  ]);
  const published = {
    a: { sha256: '1', given: [] },
    b: { sha256: 'other', given: [] },
    c: { sha256: '3', given: [], pending: { atMs: 0, ids: 1 } },
  };
  assert.equal(uploadsOfDay(day, wanted, published), [
    { day, name: 'b', sha256: '2', isNew: false },
    { day, name: 'c', sha256: '3', isNew: false },
    { day, name: 'd', sha256: '4', isNew: true },
  ]);
});

test('IDs count for 30 days, and a file made again for what it has more', () => {
  const given = [
    { atMs: 0, ids: 5 },
    { atMs: dayMs, ids: 7 },
  ];
  assert.is(givenIds(given, 30 * dayMs - 1), 12);
  assert.is(givenIds(given, 30 * dayMs), 7);
  assert.is(addedIds({ sha256: '', given }, 15), 3);
  assert.is(addedIds({ sha256: '', given }, 11), 0);
  assert.is(addedIds(undefined, 11), 11);
});

test('the limit holds exactly, and only an approval lifts it', () => {
  const limit = { monthlyIds: 1_500_000, approval: undefined };
  assert.ok(mayGive(500_000, 1_000_000, limit));
  assert.not.ok(mayGive(500_001, 1_000_000, limit));
  assert.ok(mayGive(0, 2_000_000, limit));
  assert.ok(mayGive(500_001, 1_000_000, { ...limit, approval: 'X' }));
});

test('when it may go on is when enough of the old ones are 30 days back', () => {
  const given = [
    { atMs: 0, ids: 400 },
    { atMs: dayMs, ids: 400 },
    { atMs: 2 * dayMs, ids: 200 },
  ];
  const at = (added: number): number | undefined => mayGiveAtMs(added, given, { nowMs: 3 * dayMs, monthlyIds: 1000 });
  assert.is(at(0), 3 * dayMs);
  assert.is(at(400), 30 * dayMs);
  assert.is(at(401), 31 * dayMs);
  assert.is(at(1000), 32 * dayMs);
  assert.is(at(1001), undefined);
});

test.run();
