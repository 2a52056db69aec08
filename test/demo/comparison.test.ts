import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compare, type Interval, isFaultless, type Listener } from '../../src/demo/comparison.ts';
import type { LedgerEvent, LedgerLine, LedgerRecord } from '../../src/emulate/ledger.ts';

const test = suite('demo: comparison');
const line = (id: string, at: number, { what = 'sure', connection = 1 }: Partial<LedgerLine> = {}): LedgerLine => ({
  what,
  at,
  connection,
  label: `server${connection}`,
  id,
  bytes: 100,
  sha256: '0123456789abcdef',
});
const event = (what: LedgerEvent['what'], at: number, connection: number): LedgerEvent => ({
  what,
  at,
  connection,
  label: `server${connection}`,
  cause: '',
});
const listenersWith = (first: readonly Interval[], second: readonly Interval[]): Listener[] => [
  { label: 'server1', gaps: first },
  { label: 'server2', gaps: second },
];
const none = listenersWith([], []);
/** Both servers were gone for a minute, a long time after their first connect. */
const bothGone = [1, 2].flatMap((server) => [
  event('opened', -600_000, server),
  event('reset', 0, server),
  event('opened', 60_000, server),
]);

test('what was sent and stands once is as it should be', () => {
  const result = compare([line('1', 0), line('2', 500), line('1', 0, { connection: 2 })], none, ['1', '2']);
  assert.ok(isFaultless(result));
  assert.equal([result.sent, result.stored, result.excused], [2, 2, 0]);
});

test('a sure line that is not stored is missing, also where another copy was unsure', () => {
  assert.equal(compare([line('1', 0), line('1', 0, { what: 'unsure', connection: 2 })], none, []).missing, ['1']);
});

test('an unsure line may be there or not', () => {
  assert.ok(isFaultless(compare([line('1', 0, { what: 'unsure' }), line('2', 0)], none, ['2'])));
  assert.ok(isFaultless(compare([line('1', 0, { what: 'unsure' })], none, ['1'])));
});

test('a gap excuses only where both servers share the second', () => {
  const gap = (fromMs: number, toMs: number): Interval[] => [{ fromMs, toMs }];
  const sent = (at: number): LedgerRecord[] => [...bothGone, line('1', at), line('2', 90_000)];
  assert.equal(compare(sent(5500), listenersWith(gap(5000, 9000), []), ['2']).missing, ['1']);
  assert.equal(compare(sent(5500), listenersWith(gap(5000, 9000), gap(0, 5200)), ['2']).missing, []);
  assert.equal(compare(sent(6500), listenersWith(gap(5000, 9000), gap(0, 5200)), ['2']).missing, ['1']);
  assert.is(compare(sent(5500), listenersWith(gap(5000, 9000), gap(0, 5200)), ['2']).excused, 1);
});

test('a gap that the emulator does not know of excuses nothing, and is a fault itself', () => {
  const lies = [{ fromMs: 200_000, toMs: 300_000 }];
  const result = compare([...bothGone, line('1', 250_000), line('2', 90_000)], listenersWith(lies, lies), ['2']);
  assert.equal([result.missing, result.unexplainedGapSeconds], [['1'], 200]);
  assert.not.ok(isFaultless(result));
});

test('nothing sent and nothing stored proves nothing', () => {
  assert.not.ok(isFaultless(compare([], none, [])));
});

test('an ID that stands twice, and one that nobody sent, are faults', () => {
  const result = compare([line('1', 0)], none, ['1', '1', '7']);
  assert.equal([result.doubled, result.invented], [['1'], ['7']]);
  assert.not.ok(isFaultless(result));
});

test('events of connections and lines without an ID are not counted', () => {
  assert.is(compare([event('opened', 0, 1), line('', 0)], none, []).sent, 0);
});

test.run();
