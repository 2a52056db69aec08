// Receipts as the watch writes them are what their documented schema says, and the domain reads them back.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import schema from '../../src/domain/receipt-schema.json' with { type: 'json' };
import { parseReceipt, receiptText } from '../../src/domain/receipt.ts';
import { watchOnce } from '../../src/watch/watch.ts';
import { writeOddHours } from '../support/odd-hours.ts';
import { seed } from '../support/seed.ts';
import { bytesBelow, minuteAt, place } from '../support/watching.ts';

const test = suite('receipt');
const isValid = new Ajv({ allErrors: true }).compile(schema);

for (const isAlone of [false, true]) {
  test(`receipts of odd hours (${isAlone ? 'one server' : 'two servers'}) fit the schema`, async () => {
    const here = place({ now: '2026-03-20T00:00:00Z', isAlone });
    const trees = { own: here.own, ...(!isAlone && { partner: here.partner }) };
    writeOddHours({ ...trees, start: minuteAt('2026-03-10T13:00Z'), hours: 3, seed, olderZone: 'UTC' });
    await watchOnce(here.config(), here.world());
    const names = [...bytesBelow(here.vault).keys()].filter((path) => path.endsWith('_receipt.json'));
    assert.is(names.length, 3);
    for (const name of names) {
      const text = readFileSync(join(here.vault, name), 'utf8');
      assert.ok(isValid(JSON.parse(text)), JSON.stringify(isValid.errors));
      const receipt = parseReceipt(text);
      assert.ok(receipt);
      assert.is(receiptText(receipt), text);
    }
  });
}

test('another document is no receipt', () => {
  for (const text of ['', '{}', '[]', 'null', '{"receipt":1}', '{"receipt":2,"generation":1}']) {
    assert.is(parseReceipt(text), undefined);
    assert.not.ok(text.startsWith('{') && isValid(JSON.parse(text)));
  }
});

test('a receipt cannot name a file elsewhere', () => {
  const receipt = {
    receipt: 1,
    generation: 1,
    start: '2026-03-10T13:00Z',
    inputs: [],
    left_out: [],
    outputs: [{ file: '../x.txt.xz' }],
  };
  assert.is(parseReceipt(JSON.stringify(receipt)), undefined);
});

test.run();
