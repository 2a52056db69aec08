// Borders between hours: an ID stands once, whatever came late and wherever the raw files lie by then.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hourOfName } from '../../src/domain/time.ts';
import { openShop } from '../../src/watch/shop.ts';
import { pass } from '../../src/watch/pass.ts';
import { watchOnce } from '../../src/watch/watch.ts';
import { stoppingDisk } from '../support/stopping-disk.ts';
import { crew, endCrew, idsOf, once, payloadLines, receiptOf, start } from '../support/watched-day.ts';
import { bytesBelow, comparable, place, writeHour, writeMinute } from '../support/watching.ts';
import type { Place } from '../support/watching.ts';

const test = suite('borders');
const keeping = 'raw = "keep"\n';

/** Three whole hours, of which the vault keeps the second one's raw files; the second holds 7. */
async function threeKeptHours(): Promise<Place> {
  const here = place({ now: '2026-03-10T16:00:10Z' });
  for (const hour of [0, 1, 2])
    for (const tree of [here.own, here.partner])
      writeHour(tree, start + hour * 60, { 7: payloadLines(hour, hour === 1 ? 7 : 50) });
  await once(here, keeping);
  assert.is([...bytesBelow(here.own).keys()].filter((path) => path.startsWith('2026-03-10/14')).length, 0);
  return here;
}

test('a late file takes an ID from the next hour, also where its raw files lie in the vault', async () => {
  const here = await threeKeptHours();
  writeMinute(here.partner, start + 20, { lines: payloadLines(7), seconds: 0 });
  await once(here, keeping);
  assert.equal([await idsOf(here, '13'), await idsOf(here, '14')], ['0\n50\n7\n', '1\n']);
  assert.is(receiptOf(here, '14').generation, 2);
});

test('an hour made again by hand gives the next one its border', async () => {
  const here = await threeKeptHours();
  writeMinute(here.partner, start + 20, { lines: payloadLines(7), seconds: 0 });
  const hour = hourOfName('2026-03-10T13', 'UTC');
  assert.ok(hour);
  const done = await watchOnce(here.config(keeping), here.world(), { hour, crew });
  assert.equal(
    done.committed.map((made) => [made.hour, made.generation]),
    [
      ['2026-03-10T13', 2],
      ['2026-03-10T14', 2],
    ],
  );
  assert.is(await idsOf(here, '14'), '1\n');
});

test('a death between the two commits of a border is made good by the next pass', async () => {
  const calm = await threeKeptHours();
  writeMinute(calm.partner, start + 20, { lines: payloadLines(7), seconds: 0 });
  await once(calm, keeping);
  const here = await threeKeptHours();
  writeMinute(here.partner, start + 20, { lines: payloadLines(7), seconds: 0 });
  const hour = hourOfName('2026-03-10T13', 'UTC');
  assert.ok(hour);
  const { disk, steps } = stoppingDisk();
  const stopping = {
    ...disk,
    async rename(from: string, to: string): Promise<void> {
      await disk.rename(from, to);
      if (to.endsWith('_13_receipt.json')) throw new Error('killed');
    },
  };
  await watchOnce(here.config(keeping), here.world({ disk: stopping }), { hour, crew }).catch(() => {});
  assert.ok(steps.length > 0);
  assert.is(receiptOf(here, '13').generation, 2);
  await once(here, keeping);
  assert.equal(comparable(here.vault), comparable(calm.vault));
});

test('what a late file brings and its hour leaves out, the next hour leaves out too', async () => {
  const here = place({ now: '2026-03-10T16:20:00Z' });
  writeHour(here.own, start, { 59: payloadLines(1) });
  writeHour(here.partner, start);
  writeHour(here.own, start + 60);
  for (let minute = 0; minute < 58; minute++) writeMinute(here.partner, start + 60 + minute, { lines: [] });
  writeHour(here.own, start + 120, { 0: payloadLines(1, 5) });
  writeHour(here.partner, start + 120);
  await once(here);
  assert.is(await idsOf(here, '15'), '1\n5\n');
  writeMinute(here.partner, start + 60 + 58, { lines: payloadLines(1) });
  await once(here);
  assert.equal(receiptOf(here, '14').left_out, ['1']);
  assert.equal([await idsOf(here, '13'), await idsOf(here, '15')], ['1\n', '5\n']);
  assert.is(receiptOf(here, '15').counts.duplicates_across, 1);
});

test('raw files stay while a neighbour has late files that wait', async () => {
  const here = place({ now: '2026-03-10T16:00:10Z' });
  for (const tree of [here.own, here.partner]) {
    writeHour(tree, start, { 0: payloadLines(1) });
    writeHour(tree, start + 60, { 0: payloadLines(7, 8) });
  }
  await using shop = openShop(here.config(), here.world(), { isOnce: false, crew });
  await pass(shop);
  for (const tree of [here.own, here.partner]) writeHour(tree, start + 120);
  writeMinute(here.partner, start + 30, { lines: payloadLines(7), seconds: 0 });
  await pass(shop);
  assert.is(receiptOf(here, '15').complete, true);
  assert.is(receiptOf(here, '13').generation, 1);
  await here.clock.pass(300_000);
  await pass(shop);
  assert.equal([await idsOf(here, '13'), await idsOf(here, '14')], ['1\n7\n', '8\n']);
  assert.is(receiptOf(here, '13').counts['held-by-next'], 0);
  await pass(shop);
  assert.is([...bytesBelow(here.own).keys()].filter((path) => path.startsWith('2026-03-10/14')).length, 0);
});

test.after(endCrew);
test.run();
