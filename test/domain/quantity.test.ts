import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/domain/quantity.ts';

const test = suite('quantity');

test('durations carry their unit', () => {
  const rows: [string, number | undefined][] = [
    ['15m', 900_000],
    ['90s', 90_000],
    ['250ms', 250],
    ['8d', 691_200_000],
    ['1.5h', 5_400_000],
    ['15', undefined],
    ['m', undefined],
    ['-5m', undefined],
    ['5 minutes', undefined],
    ['1toString', undefined],
    ['', undefined],
  ];
  for (const [text, value] of rows) assert.is(parseDuration(text), value, text);
});

test('sizes carry their unit', () => {
  const rows: [string, number | undefined][] = [
    ['5MiB', 5_242_880],
    ['1GB', 1e9],
    ['512 B', 512],
    ['1.5kB', 1500],
    ['5', undefined],
    ['5mb', undefined],
  ];
  for (const [text, value] of rows) assert.is(parseSize(text), value, text);
});

test('durations and sizes are written for people', () => {
  assert.equal([300, 9500, 185_000, 7_800_000, 356_400_000, 3_600_000].map(formatDuration), [
    '0.3 s',
    '9.5 s',
    '3 min 5 s',
    '2 h 10 min',
    '4 d 3 h',
    '1 h',
  ]);
  assert.equal([740, 1500, 138_000_000, 1_240_000_000].map(formatSize), ['740 B', '1.5 kB', '138 MB', '1.2 GB']);
});

test.run();
