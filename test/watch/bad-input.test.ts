// What bad input gets: set aside and told, or kept verbatim and counted, and never in the way of the rest.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { longestLineBytes } from '../../src/domain/tweet.ts';
import type { Disk } from '../../src/outside/disk.ts';
import { pass } from '../../src/watch/pass.ts';
import { openShop } from '../../src/watch/shop.ts';
import { runWatch } from '../../src/watch/watch.ts';
import { stoppingDisk } from '../support/stopping-disk.ts';
import { until } from '../support/until.ts';
import { crew, endCrew, once, outputPath, receiptOf, start } from '../support/watched-day.ts';
import { bytesBelow, comparable, payloadLine, place, unpacked, writeHour, writeMinute } from '../support/watching.ts';
import type { Place } from '../support/watching.ts';

const test = suite('bad input');
const asideWords = (tree: string): string[] =>
  [...bytesBelow(join(tree, 'aside'))].filter(([path]) => path.endsWith('.txt')).map(([, bytes]) => bytes.toString());

/** A whole hour of two servers, and the path of one file in it that holds a tweet. */
function wholeHour(): { here: Place; path: string } {
  const here = place();
  writeHour(here.own, start, { 1: [payloadLine(1)] });
  writeHour(here.partner, start, { 1: [payloadLine(2)] });
  const name = [...bytesBelow(here.partner).keys()].find((path) => path.includes('T13-01Z')) ?? '';
  return { here, path: join(here.partner, name) };
}

const damages: [string, (path: string) => void][] = [
  ['truncated', (path) => truncateSync(path, 40)],
  ['emptied', (path) => truncateSync(path, 0)],
  ['of other content', (path) => writeFileSync(path, `${payloadLine(3)}\n`)],
  ['renamed to another count of lines', (path) => renameSync(path, path.replace('_1_60s_', '_2_60s_'))],
];

for (const [damage, apply] of damages) {
  test(`a minute file ${damage} is set aside, never merged, and told; its hour goes on without it`, async () => {
    const { here, path } = wholeHour();
    apply(path);
    const done = await once(here);
    assert.is(done.setAside, 1);
    assert.match(asideWords(here.partner)[0] ?? '', /its name says [12] lines and digest/);
    assert.equal(
      here.alerts.map((alert) => alert.cause),
      ['file-set-aside', 'hour-incomplete'],
    );
    assert.is(await unpacked(outputPath(here, '13', 'IDs.txt.xz')), '1\n');
    assert.is(receiptOf(here).gaps.missing_2, 1);
  });
}

test('a .jsonl of no known name is set aside; what is being written, hidden or of another kind is left alone', async () => {
  const { here, path } = wholeHour();
  const folder = dirname(path);
  for (const name of ['notes.jsonl', '.hidden.jsonl', '2026-03-10T13-05Z.part', 'README'])
    writeFileSync(join(folder, name), 'x');
  assert.is((await once(here)).setAside, 1);
  assert.ok(existsSync(join(here.partner, 'aside/notes.jsonl')));
  assert.ok(['.hidden.jsonl', '2026-03-10T13-05Z.part', 'README'].every((name) => existsSync(join(folder, name))));
});

test('a second copy of a file in another folder of the same tree is set aside', async () => {
  const { here, path } = wholeHour();
  const other = join(here.partner, '2026-03-11/02');
  mkdirSync(other, { recursive: true });
  writeFileSync(join(other, path.slice(path.lastIndexOf('/') + 1)), readFileSync(path));
  assert.is((await once(here)).setAside, 1);
  assert.is(receiptOf(here).complete, true);
});

test('two files of one minute are one minute, their seconds added up to at most 60', async () => {
  const here = place();
  writeHour(here.own, start);
  for (let minute = 1; minute < 60; minute++) writeMinute(here.partner, start + minute, { lines: [] });
  writeMinute(here.partner, start, { lines: [payloadLine(1)], seconds: 20 });
  writeMinute(here.partner, start, { lines: [payloadLine(1), payloadLine(2)], seconds: 30 });
  await once(here);
  const { counts, gaps, complete } = receiptOf(here);
  assert.equal([complete, gaps.missing_2, gaps.gap_2, counts.total, counts.duplicates_within], [true, 0, 10, 2, 1]);
});

test('two tweets of the same ID and other content: the earlier minute stays, then server 1', async () => {
  const here = place();
  const text = (words: string): string => payloadLine(1, { text: words });
  writeHour(here.own, start, { 5: [text('own, later')], 9: [payloadLine(2, { text: 'own' })] });
  writeHour(here.partner, start, { 4: [text('partner, earlier')], 9: [payloadLine(2, { text: 'partner' })] });
  await once(here);
  const rows = (await unpacked(outputPath(here, '13', 'tweets.csv.xz'))).split('\n').slice(1, 3);
  assert.match(rows[0] ?? '', /"partner, earlier"/);
  assert.match(rows[1] ?? '', /,own,/);
});

test('every reason for an unreadable line is counted, and the line kept as it was', async () => {
  const here = place();
  const long = `{"data":{"id":"1","text":"${'x'.repeat(longestLineBytes)}"}}`;
  const lines = ['no json', '[]', '{}', '{"data":{}}', '{"data":{"id":7}}', long, payloadLine(5)];
  writeHour(here.own, start, { 3: lines });
  writeHour(here.partner, start);
  await once(here);
  assert.equal(receiptOf(here).counts.unreadable, {
    'not-json': 1,
    'not-an-object': 1,
    'no-data': 1,
    'no-id': 1,
    'bad-id': 1,
    'too-long': 1,
  });
  assert.ok((await unpacked(outputPath(here, '13', 'unreadable.jsonl.xz'))) === `${lines.slice(0, 6).join('\n')}\n`);
  assert.is(await unpacked(outputPath(here, '13', 'IDs.txt.xz')), '5\n');
});

test('a file that vanishes between the look and the reading does no harm', async () => {
  const { here, path } = wholeHour();
  const world = here.world();
  let isGone = false;
  const disk = {
    ...world.disk,
    async list(folder: string) {
      const entries = await world.disk.list(folder);
      if (folder === dirname(path) && !isGone) {
        isGone = true;
        rmSync(path);
      }
      return entries;
    },
  };
  await using shop = openShop(here.config(), { ...world, disk }, { isOnce: true, crew });
  await pass(shop);
  assert.not.ok(existsSync(outputPath(here, '13', 'receipt.json')));
  await pass(shop);
  assert.equal([receiptOf(here).complete, receiptOf(here).gaps.missing_2], [false, 1]);
});

for (const step of [14, 24, 27])
  test(`a disk that is full at step ${step} is told, and the hour is made as soon as there is room`, async () => {
    const calm = wholeHour().here;
    await once(calm);
    const { here } = wholeHour();
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    let isFull = true;
    const filling = stoppingDisk(step, full).disk;
    const room = here.world().disk;
    const disk: Disk = {
      ...filling,
      write: (path, bytes) => (isFull ? filling : room).write(path, bytes),
      open: (path) => (isFull ? filling : room).open(path),
      rename: (from, to) => (isFull ? filling : room).rename(from, to),
      remove: (path) => (isFull ? filling : room).remove(path),
      makeFolder: (path) => (isFull ? filling : room).makeFolder(path),
    };
    const stop = new AbortController();
    const running = runWatch(here.config(), here.world({ disk, signal: stop.signal }));
    await until('the full disk is told', () => here.alerts.some((alert) => alert.cause === 'disk-full'));
    assert.not.ok(existsSync(outputPath(here, '13', 'receipt.json')));
    isFull = false;
    await until('it waits to try again', () => here.clock.sleeping > 0);
    await here.clock.pass(10_000);
    await until('the hour is made', () => existsSync(join(here.vault, '2026-03-10/SHA256SUMS')));
    stop.abort();
    await running;
    assert.equal(comparable(here.vault), comparable(calm.vault));
    assert.not.ok(existsSync(join(here.own, 'aside')));
  });

test.after(endCrew);
test.run();
