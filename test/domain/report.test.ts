import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { reportText } from '../../src/domain/report.ts';
import { sceneReceipts } from '../support/vault-scene.ts';

const test = suite('the report');

/** The share of tweets that one server alone heard, as the report of an hour with these counts tells it. */
function shareOf(diff: number, total: number): string | undefined {
  const counts = { server_2: total - diff, both: total - diff, only_1: diff };
  const receipts = sceneReceipts({ day: '2026-03-10', zone: 'UTC' }, { '13': { ids: total, counts } });
  return reportText(receipts).split('\n')[1]?.split('\t')[5];
}

test('a share has two decimals, a half goes upwards whatever the quotient makes of it, and no tweets are 0.00%', () => {
  assert.is(shareOf(9, 32), '28.13%');
  assert.is(shareOf(23, 160), '14.38%', '23 / 160 * 100 is a little less than 14.375 to a computer');
  assert.is(shareOf(29, 800), '3.63%');
  assert.is(shareOf(1, 3), '33.33%');
  assert.is(shareOf(2, 3), '66.67%');
  assert.is(shareOf(7, 7), '100.00%');
  assert.is(shareOf(1, 1_000_000), '0.00%');
  assert.is(shareOf(0, 0), '0.00%');
});

test.run();
