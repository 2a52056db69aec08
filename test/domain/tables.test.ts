// The compact structures of an hour: IDs, authors, rows as bytes, lines out of pieces.
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AuthorTable } from '../../src/domain/author-table.ts';
import { BlockCutter, blockEnds, blockSetting, dwindlingBlocks } from '../../src/domain/blocks.ts';
import { orderOfIds } from '../../src/domain/id-order.ts';
import { IdTable } from '../../src/domain/id-table.ts';
import { LineSplitter } from '../../src/domain/line-splitter.ts';
import { highOfId, idOfPair, lowOfId } from '../../src/domain/tweet-id.ts';
import { seed } from '../support/seed.ts';

const test = suite('tables');
const id = fc.bigInt({ min: 0n, max: 99_999_999_999_999_999_999n }).map(String);

test('an ID of up to 20 digits is the same after the way through a pair', () => {
  fc.assert(
    fc.property(id, (text) => assert.is(idOfPair(highOfId(text), lowOfId(text)), text)),
    { seed },
  );
});

test('the ID table finds what was added, and nothing else', () => {
  fc.assert(
    fc.property(fc.uniqueArray(id, { maxLength: 200 }), id, (ids, other) => {
      const table = new IdTable();
      for (const text of ids) table.add(highOfId(text), lowOfId(text));
      const found = ids.map((text) => table.find(highOfId(text), lowOfId(text)));
      assert.equal(found, [...ids.keys()]);
      if (!ids.includes(other)) assert.is(table.find(highOfId(other), lowOfId(other)), -1);
    }),
    { seed },
  );
});

test('IDs are ordered by their number, equal ones by place', () => {
  const near = fc.nat(300).map((above) => String(20_313_543_817_266_462_000n + BigInt(above)));
  fc.assert(
    fc.property(fc.array(fc.oneof(id, near, fc.nat(5).map(String)), { maxLength: 60 }), (ids) => {
      const order = orderOfIds(Float64Array.from(ids, highOfId), Float64Array.from(ids, lowOfId), ids.length);
      const expected = [...ids.keys()].sort((a, b) => Number(BigInt(ids[a] ?? '') - BigInt(ids[b] ?? '')) || a - b);
      assert.equal([...order], expected);
    }),
    { seed },
  );
});

test('the ID table grows to a hundred thousand neighbouring IDs', () => {
  const table = new IdTable();
  const count = 100_000;
  for (let index = 0; index < count; index++) table.add(123_456_789, index);
  assert.is(table.size, count);
  assert.ok(
    Array.from({ length: count }, (_, index) => table.find(123_456_789, index)).every(
      (found, index) => found === index,
    ),
  );
});

test('the author table keeps the newest tweet that brought the author, in order of numeric ID', () => {
  const table = new AuthorTable();
  const see = (author: string, tweet: number, { created = tweet, brought = true } = {}): void => {
    const isNumber = /^\d+$/.test(author);
    const row = Buffer.from(`${author},${tweet}\n`);
    table.add({
      high: isNumber ? highOfId(author) : Number.NaN,
      low: isNumber ? lowOfId(author) : 0,
      brought,
      createdMs: created,
      tweetHigh: 0,
      tweetLow: tweet,
      row,
    });
  };
  for (let round = 0; round < 9_000; round++) see(String(round % 3), round);
  see('2', 77, { created: 1e9, brought: false });
  see('10', 1, { created: 5, brought: false });
  see('10', 2, { created: 4 });
  see('10', 3, { created: 4 });
  see('odd', 1);
  const { bytes, ends } = table.sorted();
  assert.is(Buffer.from(bytes).toString(), '0,8997\n1,8998\n2,8999\n10,3\nodd,1\n');
  assert.equal([...ends], [7, 14, 21, 26, 32]);
});

test('lines are the same however the bytes are cut, and a long one comes in parts', () => {
  const text = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\r'), maxLength: 20 }), { maxLength: 20 });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 7 }), fc.boolean(), (lines, size, isEnded) => {
      const bytes = Buffer.from(lines.join('\n') + (isEnded && lines.length > 0 ? '\n' : ''));
      const found: string[] = [];
      let long = '';
      const splitter = new LineSplitter(
        {
          line: (line) => void found.push(line.toString()),
          longPart(part, isLast) {
            long += part.toString();
            if (isLast) found.push(`long ${long}`);
            if (isLast) long = '';
          },
        },
        10,
      );
      for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
      splitter.finish();
      const whole = bytes.toString().split('\n');
      if (whole.at(-1) === '') whole.pop();
      assert.equal(
        found,
        whole.map((line) => (line.length > 10 ? `long ${line}` : line)),
      );
      assert.is(splitter.lines, whole.length);
    }),
    { seed },
  );
});

test('rows that are there at once make an even number of blocks, each smaller than the one before, none divided', () => {
  const sizes = (rows: number, header = 0): number[] => {
    const bytes = new Uint8Array(rows * 100);
    const ends = Float64Array.from({ length: rows }, (_, row) => (row + 1) * 100);
    return [...dwindlingBlocks(new Uint8Array(header), { bytes, ends })].map((b) => b.length);
  };
  assert.equal(sizes(0), []);
  assert.equal(sizes(0, 7), [7]);
  assert.equal(sizes(10_000, 7), [1_000_007]);
  assert.equal(sizes(20_000, 50), [1_250_050, 750_000]);
  assert.equal(sizes(10_000), [1_000_000]);
  assert.equal(sizes(20_000), [1_250_000, 750_000]);
  assert.equal(sizes(120_000), [3_750_000, 3_250_000, 2_750_000, 2_250_000]);
  assert.equal(sizes(120_001), [3_750_100, 3_250_000, 2_750_000, 2_250_000]);
  assert.is(
    sizes(1_180_000).reduce((sum, size) => sum + size, 0),
    118_000_000,
  );
});

test('the last minute of an hour is a block of its own; 6 searches as 5; the presets that exist for their dictionaries keep them', () => {
  assert.ok(blockEnds.tweets.minutes.has(59) && blockEnds.tweets.minutes.has(60) && blockEnds.IDs.minutes.has(60));
  assert.equal(
    ([0, 5, 6, 7, 9] as const).map((preset) => blockSetting('users', preset)),
    [
      { preset: 0, dictionaryBytes: 2 ** 20 },
      { preset: 5, dictionaryBytes: 2 ** 20 },
      { preset: 5, dictionaryBytes: 2 ** 20 },
      { preset: 7, dictionaryBytes: Infinity },
      { preset: 9, dictionaryBytes: Infinity },
    ],
  );
});

test('blocks never divide a row, and end at their limit', () => {
  const blocks: string[] = [];
  const cutter = new BlockCutter(10, (block) => blocks.push(Buffer.from(block).toString()));
  for (const row of ['aaaa\n', 'bbbb\n', 'cc\n', 'a row of more than ten\n', 'd\n']) cutter.add(Buffer.from(row));
  cutter.addLine(Buffer.from('(e)'), 1, 2);
  cutter.cut();
  cutter.cut();
  assert.equal(blocks, ['aaaa\nbbbb\n', 'cc\n', 'a row of more than ten\n', 'd\ne\n']);
});

test('rows added in one piece make the same blocks as rows added one by one', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 30 });
  fc.assert(
    fc.property(lengths, fc.nat(), (drawn, divisor) => {
      const bytes = Uint8Array.from(drawn.flatMap((length, row) => Array.from({ length }, () => row)));
      const ends = Float64Array.from(drawn, (_, row) =>
        drawn.slice(0, row + 1).reduce((sum, length) => sum + length, 0),
      );
      const together: string[] = [];
      const single: string[] = [];
      const take = (to: string[]) => (block: Uint8Array) => void to.push(block.join());
      const [one, other] = [new BlockCutter(20, take(together)), new BlockCutter(20, take(single))];
      const middle = divisor % (drawn.length + 1);
      one.addRows({ bytes, ends }, 0, middle);
      one.addRows({ bytes, ends }, middle, drawn.length);
      for (const [row, end] of ends.entries()) other.add(bytes.subarray(row === 0 ? 0 : ends[row - 1], end));
      one.cut();
      other.cut();
      assert.equal(together, single);
    }),
    { seed },
  );
});

test.run();
