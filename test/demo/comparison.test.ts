import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compare, type Interval, isFaultless } from '../../src/demo/comparison.ts';
import type { LedgerLine } from '../../src/emulate/ledger.ts';

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
const none: Interval[][] = [[], []];

test('what was sent and stands once is as it should be', () => {
  const result = compare([line('1', 0), line('2', 500), line('1', 0, { connection: 2 })], none, ['1', '2']);
  assert.ok(isFaultless(result));
  assert.equal([result.sent, result.stored, result.excused], [2, 2, 0]);
});

test('a sure line that is not stored is missing, also where another copy was unsure', () => {
  assert.equal(compare([line('1', 0), line('1', 0, { what: 'unsure', connection: 2 })], none, []).missing, ['1']);
});

test('an unsure line may be there or not', () => {
  assert.ok(isFaultless(compare([line('1', 0, { what: 'unsure' })], none, [])));
  assert.ok(isFaultless(compare([line('1', 0, { what: 'unsure' })], none, ['1'])));
});

test('a gap excuses only where both servers share the second', () => {
  const gap = (fromMs: number, toMs: number): Interval[] => [{ fromMs, toMs }];
  assert.equal(compare([line('1', 5500)], [gap(5000, 9000), []], []).missing, ['1']);
  assert.equal(compare([line('1', 5500)], [gap(5000, 9000), gap(0, 5200)], []).missing, []);
  assert.equal(compare([line('1', 6500)], [gap(5000, 9000), gap(0, 5200)], []).missing, ['1']);
  assert.is(compare([line('1', 5500)], [gap(5000, 9000), gap(0, 5200)], []).excused, 1);
});

test('an ID that stands twice, and one that nobody sent, are faults', () => {
  const result = compare([line('1', 0)], none, ['1', '1', '7']);
  assert.equal([result.doubled, result.invented], [['1'], ['7']]);
  assert.not.ok(isFaultless(result));
});

test('events of connections and lines without an ID are not counted', () => {
  const opened = { what: 'opened', at: 0, connection: 1, label: '', cause: '' } as const;
  assert.is(compare([opened, line('', 0)], none, []).sent, 0);
});

test.run();
