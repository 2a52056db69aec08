// Hours made by a program that is not ours, in both kinds of names, give the truth that it prints.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { watchOnce } from '../../src/watch/watch.ts';
import { givenDataTest, hourMaker } from '../support/given-data.ts';
import { linesByXz, proveDay, readers, rowsByPython } from '../support/outside-reader.ts';
import { place } from '../support/watching.ts';

const test = suite('made hours');

interface Truth {
  readonly server1: number;
  readonly server2: number;
  readonly total: number;
  readonly diff: number;
}

/** Makes an hour with these options, lets the watch merge it, and leaves the report's row beside the truth. */
async function mergedHour(...options: string[]): Promise<{ truth: Truth; row: string[]; day: string }> {
  const here = place();
  const words = [hourMaker, '--out', here.root, '--per-minute', '60', ...options];
  const truth = JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as Truth;
  await watchOnce(here.config(), here.world());
  const day = join(here.vault, '2026-03-10');
  const [, row = ''] = readFileSync(join(day, '2026-03-10_report.txt'), 'utf8').split('\n');
  return { truth, row: row.split('\t'), day };
}

const numbers = (row: readonly string[]): unknown => ({
  server1: Number(row[1]),
  server2: Number(row[2]),
  total: Number(row[3]),
  diff: Number(row[4]),
});
const told = ({ server1, server2, total, diff }: Truth): unknown => ({ server1, server2, total, diff });

for (const names of ['new', 'older']) {
  givenDataTest(
    test,
    { data: hourMaker, peers: readers },
    `an hour in ${names} names gives its printed truth`,
    async () => {
      const { truth, row, day } = await mergedHour('--names', names, '--fields', 'all');
      assert.equal(numbers(row), told(truth));
      assert.equal(row.slice(6, 8), ['0', '0']);
      proveDay(day);
      assert.is(linesByXz(join(day, '2026-03-10_13_IDs.txt.xz')).length, truth.total);
      assert.is(rowsByPython(join(day, '2026-03-10_13_tweets.csv.xz')).length, truth.total + 1);
    },
  );

  givenDataTest(
    test,
    { data: hourMaker, peers: [] },
    `missing files in ${names} names are counted, and cost only what both miss`,
    async () => {
      const { truth, row } = await mergedHour('--names', names, '--missing', '2:10-19,1:5,1:10', '--loss', '0');
      assert.equal(numbers(row), told(truth));
      assert.equal(row.slice(6, 8), ['2', '10']);
    },
  );
}

test.run();
