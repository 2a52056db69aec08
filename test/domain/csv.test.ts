import { createArrayCsvStringifier } from 'csv-writer';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CsvScanner } from '../../src/domain/csv-scan.ts';
import { csvRow } from '../../src/domain/csv.ts';
import { parsedCsv } from '../support/parsed-csv.ts';
import { seed } from '../support/seed.ts';

const test = suite('csv');

test('cells are quoted only where they must be', () => {
  assert.is(csvRow(['a', '', 'b c', ' d']), 'a,,b c, d\n');
  assert.is(csvRow(['a,b', 'say "x"', 'two\nlines']), '"a,b","say ""x""","two\nlines"\n');
});

test('a lone CR is quoted, and does not cause others to be', () => {
  assert.is(csvRow(['a', 'b\rc', 'd,e', '']), 'a,"b\rc","d,e",\n');
});

test('but for a lone CR, rows are what csv-writer makes of them', () => {
  const theirs = createArrayCsvStringifier({});
  const cell = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ') }));
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1 }), (drawn) => {
      const cells = drawn.map((text) => text.replaceAll('\r', ''));
      assert.is(csvRow(cells), theirs.stringifyRecords([cells]));
    }),
    { seed },
  );
});

test('whatever the cells hold, another parser reads them back', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', '日') });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell)), (rows) => {
      assert.equal(parsedCsv(rows.map(csvRow).join('')), rows);
    }),
    { seed },
  );
});

test('the scanner counts rows and takes first cells, however the bytes are cut', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r') });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), cell, cell)), fc.integer({ min: 1, max: 9 }), (rows, size) => {
      const firsts: string[] = [];
      const scanner = new CsvScanner((first) => firsts.push(first));
      const bytes = Buffer.from(rows.map((row) => csvRow(row.map(String))).join(''));
      for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size));
      assert.equal([scanner.rows, firsts, scanner.isWhole], [rows.length, rows.map(([first]) => String(first)), true]);
    }),
    { seed },
  );
});

test.run();
