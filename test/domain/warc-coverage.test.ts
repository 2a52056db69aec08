// Which WARC files cover which hour, as text and back, and in a sentence.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type CoveringFile,
  coverageRows,
  coverageSentence,
  coverageText,
  parseCoverage,
  withKnown,
} from '../../src/domain/warc-coverage.ts';

const test = suite('warc coverage');
const day = '2026-03-10';

const covering = (file: string, from: string, until: string): CoveringFile => ({
  file,
  from,
  until,
  bytes: 10,
  sha256: 'ab'.repeat(32),
});

const files = [
  covering('b', '2026-03-10T13:59:59Z', '2026-03-10T15:00:00Z'),
  covering('a', '2026-03-10T13:00:00Z', '2026-03-10T13:59:58Z'),
  covering('other day', '2026-03-11T23:00:00Z', '2026-03-11T23:30:00Z'),
];

test('a file stands in every hour in which something was received into it, by the hours of the zone', () => {
  const rows = (zone: string): string[] => coverageRows(files, day, zone).map(({ hour, file }) => `${hour} ${file}`);
  assert.equal(rows('UTC'), ['13 a', '13 b', '14 b', '15 b']);
  assert.equal(rows('CET'), ['14 a', '14 b', '15 b', '16 b']);
  assert.is(coverageText(coverageRows(files, '2026-03-09', 'UTC')), '');
});

test('what the text names is read back, each file once; other lines are passed over', () => {
  const text = coverageText(coverageRows(files, day, 'UTC'));
  assert.equal(parseCoverage(text), [files[1], files[0]]);
  assert.equal(parseCoverage(`${text}13\tcut off\t2026`), [files[1], files[0]]);
  assert.equal(parseCoverage(''), []);
});

test('what is known of a file stays, whatever is said of it later', () => {
  const [known = files[0] as CoveringFile] = files;
  const other = { ...known, sha256: 'cd'.repeat(32) };
  assert.equal(withKnown([known], [other, ...files.slice(1)]), files);
});

test('the sentence names the hours that no file covers', () => {
  const rows = coverageRows(files, day, 'UTC');
  assert.is(coverageSentence(rows, ['13', '14', '15']), '2 WARC files cover every finished hour.');
  assert.is(coverageSentence(rows, ['12', '13', '16']), '2 WARC files cover all finished hours but 12, 16.');
  assert.is(coverageSentence(rows.slice(0, 1), ['13']), '1 WARC file covers every finished hour.');
  assert.is(coverageSentence([], ['13']), undefined);
});

test.run();
