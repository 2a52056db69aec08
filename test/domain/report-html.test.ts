import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { summarizeDay } from '../../src/domain/day-summary.ts';
import { reportHtml } from '../../src/domain/report-html.ts';
import { comparisonWords, hourRemarks, shareWords, summaryLines, verdictOf } from '../../src/domain/report-words.ts';
import { hoursOfDay } from '../../src/domain/time.ts';
import { sceneReceipts } from '../support/vault-scene.ts';

const test = suite('report in words and HTML');
const day = '2026-10-25';
const zone = 'Europe/Berlin';
const labels = hoursOfDay(day, zone).map(({ label }) => label);

const receipts = sceneReceipts(
  { day, zone },
  Object.fromEntries(
    labels.slice(0, 24).map((label, index) => [
      label,
      {
        ids: 150_000 + index * 100,
        ...(label === '05' && { generation: 2 }),
        ...(label === '09' && {
          complete: false,
          gaps: { missing_2: 7, gap_2: 420, gap_1: 31, joint_gap: 31 },
          counts: { server_2: 130_000, both: 130_000, only_1: 20_900 },
        }),
      },
    ]),
  ),
);
const summary = summarizeDay(day, { receipts, zone, expected: hoursOfDay(day, zone) });

test('a day is summed up with its coverage, and the hours that want a look', () => {
  assert.is(summary.hours.length, 24);
  assert.equal([summary.incomplete, summary.remade, summary.unmade], [['09'], ['05'], ['23']]);
  assert.is(summary.jointGap, 31);
  assert.is(Math.round((summary.coverage2 ?? 0) * 1e5), Math.round((1 - 420 / (24 * 3600)) * 1e5));
});

test('the first sentence says what was lost', () => {
  assert.is(verdictOf(summary), 'At most 31 s of this day were heard by nobody. The hour 23 is not finished yet.');
  assert.is(verdictOf({ ...summary, jointGap: 0, unmade: [] }), 'Every second was heard by at least one server.');
  assert.is(verdictOf({ ...summary, hours: [] }), 'No hour of this day is finished.');
  assert.is(verdictOf({ ...summary, jointGap: null, unmade: [] }), 'What nobody heard is not known for all hours.');
});

test('shares are never rounded up to all, and days compare in percent', () => {
  assert.is(shareWords(1), '100 %');
  assert.is(shareWords(0.99999), '99.9 %');
  assert.is(shareWords(null), 'not known');
  assert.is(comparisonWords(110, [100]), '10 % more than the day before');
  assert.is(comparisonWords(90, [80, 120]), '10 % fewer than the mean of the 2 days before');
  assert.is(comparisonWords(90, []), undefined);
  assert.is(comparisonWords(90, [0]), undefined);
});

test('the lines of the mail name coverage, incomplete and remade hours', () => {
  assert.equal(summaryLines(summary, [3_000_000]).slice(1), [
    '3,627,600 tweets, 20.9 % more than the day before.',
    'Connected: server 1 99.9 %, server 2 99.5 % of the time.',
    'Without all minute files: 09.',
    'Made again: 05.',
  ]);
});

test('what was not as it should be in an hour is said in words', () => {
  const [first, ...others] = summary.hours;
  assert.equal(first && hourRemarks(first), []);
  const ninth = others.find(({ hour }) => hour === '09');
  assert.equal(ninth && hourRemarks(ninth), [
    'server 1 away 31 s',
    'server 2 away 7 min (7 minutes without a file)',
    'heard by nobody: 31 s',
    'incomplete',
  ]);
  const fifth = others.find(({ hour }) => hour === '05');
  assert.equal(fifth && hourRemarks({ ...fifth, gap1: null, jointGap: null, missing1: 1, unreadable: 1200 }), [
    'server 1 away for an unknown time (1 minute without a file)',
    'gaps not known',
    'made 2 times',
    '1,200 unreadable',
  ]);
});

const tagsOf = (html: string, tag: string): [number, number] => [
  html.match(new RegExp(`<${tag}[ >]`, 'g'))?.length ?? 0,
  html.match(new RegExp(`</${tag}>`, 'g'))?.length ?? 0,
];

test('the HTML has a bar an hour, a server and a day, of table cells, and nothing that is fetched or run', () => {
  const told = ['[x] <b>stream</b> & co'];
  const html = reportHtml({ summary, before: [summary], madeSince: ['2026-10-23T14'], told });
  assert.is(html.match(/bgcolor="#2f6690"/g)?.length, 24 + 2 + 2 + 1, 'hours, servers, days, and the legend');
  assert.not.match(html, /<img|<script|<link|<style|<svg|<canvas|url\(|https?:|src=|class=/i);
  assert.match(html, '02+0200');
  assert.match(html, 'Alerts of the day');
  assert.match(html, '[x] &lt;b&gt;stream&lt;/b&gt; &amp; co');
  assert.match(html, '2026-10-23T14');
  for (const tag of ['table', 'tr', 'td', 'th', 'p', 'span']) {
    const [opened, closed] = tagsOf(html, tag);
    assert.is(opened, closed, tag);
  }
});

test('the parts of each bar come to its whole, and a little is seen as well', () => {
  const html = reportHtml({ summary, before: [], madeSince: [], told: [] });
  const bars = [...html.matchAll(/<table width="100%"[^>]*width:100%;"><tr>(<td width="\d+%" height.*?)<\/tr>/g)];
  assert.is(bars.length, 24 + 2);
  for (const [, cells = ''] of bars) {
    const widths = [...cells.matchAll(/width="(\d+)%"/g)].map(([, width]) => Number(width));
    assert.is(
      widths.reduce((sum, width) => sum + width, 0),
      100,
      cells,
    );
    assert.ok(widths.every((width) => width >= 1));
  }
});

test('with one server there is nothing of a second one', () => {
  const alone = receipts.map((receipt) => ({
    ...receipt,
    servers: [1 as const],
    gaps: { ...receipt.gaps, missing_2: null, gap_2: null },
    counts: { ...receipt.counts, server_2: null, both: null, only_1: null, only_2: null },
  }));
  const one = summarizeDay(day, { receipts: alone, zone, expected: [] });
  const html = reportHtml({ summary: one, before: [], madeSince: [], told: [] });
  assert.not.match(html, /server 2/);
  assert.not.match(summaryLines(one, []).join(), 'server 2');
});

test('a day without any hour is told as well', () => {
  const empty = summarizeDay(day, { receipts: [], zone, expected: hoursOfDay(day, zone) });
  assert.match(reportHtml({ summary: empty, before: [], madeSince: [], told: [] }), 'No hour of this day is finished.');
});

test.run();
