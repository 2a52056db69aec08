// Late files, remakes, borders between hours, retention, and what belongs to another source.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hourMs, hourOfName } from '../../src/domain/time.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { openShop } from '../../src/watch/shop.ts';
import { pass } from '../../src/watch/pass.ts';
import { watchOnce } from '../../src/watch/watch.ts';
import { crew, day, endCrew, idsOf, once, outputPath, payloadLines, receiptOf, start } from '../support/watched-day.ts';
import { bytesBelow, comparable, place, writeHour, writeMinute } from '../support/watching.ts';
import type { Place } from '../support/watching.ts';

const test = suite('late files');

/** An hour that lacks the partner's last minutes, made when its patience was over. */
async function incompleteHour(): Promise<Place> {
  const here = place({ now: '2026-03-10T14:20:00Z' });
  writeHour(here.own, start, { 0: payloadLines(1) });
  for (let minute = 0; minute < 58; minute++) writeMinute(here.partner, start + minute, { lines: [] });
  await once(here);
  return here;
}

test('a late file makes the next generation; report and sums follow', async () => {
  const here = await incompleteHour();
  writeMinute(here.partner, start + 58, { lines: payloadLines(2) });
  const done = await once(here);
  assert.equal(done.committed, [{ hour: '2026-03-10T13', generation: 2, tweets: 2 }]);
  assert.is(await idsOf(here, '13'), '1\n2\n');
  assert.match(
    readFileSync(join(here.vault, day, `${day}_report.txt`), 'utf8'),
    /\n13\t1\t1\t2\t2\t100\.00%\t0\t1\t0\t60\t0\t0\n/,
  );
});

test('the service waits five minutes after the last late file, but not once all are there', async () => {
  const here = await incompleteHour();
  await using shop = openShop(here.config(), here.world(), { isOnce: false, crew });
  writeMinute(here.partner, start + 58, { lines: payloadLines(2) });
  await pass(shop);
  await here.clock.pass(299_000);
  await pass(shop);
  assert.is(receiptOf(here, '13').generation, 1);
  await here.clock.pass(1_000);
  await pass(shop);
  assert.is(receiptOf(here, '13').generation, 2);
  writeMinute(here.partner, start + 59, { lines: [] });
  await pass(shop);
  assert.is(receiptOf(here, '13').generation, 3);
  assert.is(receiptOf(here, '13').complete, true);
});

test('an hour that is due does not wait until all that came late is added', async () => {
  const here = place({ now: '2026-03-10T14:20:00Z' });
  const behind = [start - 60, start];
  for (const first of behind) {
    writeHour(here.own, first, { 0: payloadLines(first) });
    for (let minute = 0; minute < 59; minute++) writeMinute(here.partner, first + minute, { lines: [] });
  }
  await once(here);
  for (const first of behind) writeMinute(here.partner, first + 59, { lines: payloadLines(first + 1) });
  for (const tree of [here.own, here.partner]) writeHour(tree, start + 60);
  await here.clock.pass(hourMs);
  // Each hour takes a minute and a second.
  const rename: Disk['rename'] = async (from, to) => {
    await systemDisk.rename(from, to);
    if (to.endsWith('_receipt.json')) await here.clock.pass(61_000);
  };
  await using shop = openShop(here.config(), here.world({ disk: { ...systemDisk, rename } }), { isOnce: false, crew });
  const made = async (): Promise<string[]> => {
    await pass(shop);
    return shop.done.committed.splice(0).map(({ hour, generation }) => `${hour.slice(-2)} ${generation}`);
  };
  assert.equal(await made(), ['12 2', '14 1']);
  assert.equal(await made(), ['13 2']);
});

test('a late empty file changes receipt and report only', async () => {
  const here = await incompleteHour();
  const outputs = (): unknown => [...bytesBelow(here.vault)].filter(([path]) => path.endsWith('.xz'));
  const first = outputs();
  writeMinute(here.partner, start + 58, { lines: [] });
  await once(here);
  assert.equal(outputs(), first);
  assert.is(receiptOf(here, '13').gaps.missing_2, 1);
});

test('a file that the receipt lists is no late file, whenever it is shipped again', async () => {
  const here = place({ now: '2026-03-10T16:00:10Z' });
  for (const hour of [0, 1, 2])
    for (const tree of [here.own, here.partner]) writeHour(tree, start + hour * 60, { 0: payloadLines(hour) });
  await once(here);
  assert.is([...bytesBelow(here.own).keys()].filter((path) => path.startsWith('2026-03-10/14')).length, 0);
  const again = writeMinute(here.partner, start + 60, { lines: payloadLines(1) });
  assert.equal((await once(here)).committed, []);
  assert.not.ok(existsSync(again));
  assert.equal([...bytesBelow(join(here.partner, 'aside')).keys()], []);
});

test('after the late window a file is set aside and told', async () => {
  const here = await incompleteHour();
  await here.clock.pass(8 * 86_400_000);
  writeMinute(here.partner, start + 58, { lines: payloadLines(2) });
  assert.is((await once(here)).setAside, 1);
  const [name, why] = [...bytesBelow(join(here.partner, 'aside'))].map(([path, bytes]) =>
    path.endsWith('.txt') ? bytes.toString() : path,
  );
  assert.match(name ?? '', /^2026-03-10T13-58Z_1_60s_/);
  assert.match(why ?? '', /after the late window/);
  assert.ok(here.alerts.some((alert) => alert.cause === 'file-set-aside'));
});

test('raw files go when the hour and both neighbours are complete, and only then', async () => {
  const here = place({ now: '2026-03-10T16:00:10Z' });
  for (const hour of [0, 1, 2]) for (const tree of [here.own, here.partner]) writeHour(tree, start + hour * 60);
  await once(here);
  const hours = new Set([...bytesBelow(here.own).keys()].map((path) => path.slice(0, 13)));
  assert.equal([...hours], ['2026-03-10/13', '2026-03-10/15']);
});

test('a raw file whose name does not say what the receipt counted is not removed but set aside, and told', async () => {
  const here = place({ now: '2026-03-10T15:00:10Z' });
  for (const hour of [0, 1])
    for (const tree of [here.own, here.partner]) writeHour(tree, start + hour * 60, { 7: payloadLines(hour) });
  await once(here);
  const receipt = receiptOf(here, '14');
  const file = [...bytesBelow(here.partner).keys()].find((path) => path.includes('T14-07Z'));
  const inputs = receipt.inputs.map((input) => {
    if (input.server !== 2 || !input.file.includes('T14-07Z')) return input;
    // Other than the name's sixteen digits in the last of them alone.
    const digit = input.sha256[15] === '0' ? '1' : '0';
    return { ...input, sha256: input.sha256.slice(0, 15) + digit + input.sha256.slice(16) };
  });
  writeFileSync(outputPath(here, '14', 'receipt.json'), JSON.stringify({ ...receipt, inputs }));
  for (const tree of [here.own, here.partner]) writeHour(tree, start + 120);
  await here.clock.pass(hourMs);
  assert.is((await once(here)).setAside, 1);
  const left = [...bytesBelow(here.own).keys(), ...bytesBelow(here.partner).keys()];
  assert.equal(
    left.filter((path) => path.includes('T14-')).map((path) => path.replace('.txt', '')),
    [`aside/${file?.split('/').at(-1)}`, `aside/${file?.split('/').at(-1)}`],
  );
  assert.ok(here.alerts.some((alert) => alert.cause === 'file-set-aside'));
});

test('raw = "keep" moves minute files into the vault, from where an hour can be made again', async () => {
  const here = place({ now: '2026-03-10T16:00:10Z' });
  for (const hour of [0, 1, 2])
    for (const tree of [here.own, here.partner]) writeHour(tree, start + hour * 60, { 7: payloadLines(hour) });
  await once(here, 'raw = "keep"\n');
  const kept = [...bytesBelow(here.vault).keys()].filter((path) => path.includes('/raw/'));
  assert.is(kept.length, 120);
  assert.match(kept[0] ?? '', /^2026-03-10\/raw\/14\/server-1\/2026-03-10T14-00Z_0_60s_[0-9a-f]{16}\.jsonl\.xz$/);
  const first = comparable(here.vault);
  const hour = hourOfName('2026-03-10T14', 'UTC');
  assert.ok(hour);
  const done = await watchOnce(here.config('raw = "keep"\n'), here.world(), { hour, crew });
  assert.equal(done.committed, [{ hour: '2026-03-10T14', generation: 2, tweets: 1 }]);
  assert.equal(comparable(here.vault), first);
});

test('an hour whose raw files are gone is not made again, and says why', async () => {
  const here = place({ now: '2026-03-10T16:00:10Z' });
  for (const hour of [0, 1, 2]) for (const tree of [here.own, here.partner]) writeHour(tree, start + hour * 60);
  await once(here);
  const hour = hourOfName('2026-03-10T14', 'UTC');
  assert.ok(hour);
  const error: unknown = await watchOnce(here.config(), here.world(), { hour, crew }).catch(
    (thrown: unknown) => thrown,
  );
  assert.match(String(error), /minute files of its receipt are gone/);
});

test('an ID belongs to the earlier hour, also where it left it out itself', async () => {
  const here = place({ now: '2026-03-10T16:00:10Z' });
  writeHour(here.own, start, { 59: payloadLines(1, 2) });
  writeHour(here.own, start + 60, { 0: payloadLines(1), 30: payloadLines(5) });
  writeHour(here.own, start + 120, { 0: payloadLines(1, 5, 6) });
  for (const hour of [0, 1, 2]) writeHour(here.partner, start + hour * 60);
  await once(here);
  assert.equal([await idsOf(here, '13'), await idsOf(here, '14'), await idsOf(here, '15')], ['1\n2\n', '5\n', '6\n']);
  assert.is(receiptOf(here, '15').counts.duplicates_across, 2);
  assert.equal(receiptOf(here, '14').left_out, ['1']);
});

test('a remake takes an ID from the next hour, which is made again in the same pass', async () => {
  const here = await incompleteHour();
  await here.clock.pass(40 * 60_000 + 10_000);
  for (const tree of [here.own, here.partner]) writeHour(tree, start + 60, { 0: payloadLines(7, 8) });
  await once(here);
  assert.is(await idsOf(here, '14'), '7\n8\n');
  writeMinute(here.partner, start + 58, { lines: payloadLines(7) });
  const done = await once(here);
  assert.equal(
    done.committed.map(({ hour, generation }) => [hour, generation]),
    [
      ['2026-03-10T13', 2],
      ['2026-03-10T14', 2],
    ],
  );
  assert.equal([await idsOf(here, '13'), await idsOf(here, '14')], ['1\n7\n', '8\n']);
});

test('where the next hour’s raw files are gone the ID stays there, and is counted', async () => {
  const here = await incompleteHour();
  await here.clock.pass(40 * 60_000 + 10_000);
  for (const tree of [here.own, here.partner]) writeHour(tree, start + 60, { 0: payloadLines(7, 8) });
  await once(here);
  for (const tree of [here.own, here.partner]) rmSync(join(tree, '2026-03-10/14'), { recursive: true });
  writeMinute(here.partner, start + 58, { lines: payloadLines(7, 9) });
  await once(here);
  assert.equal([await idsOf(here, '13'), await idsOf(here, '14')], ['1\n9\n', '7\n8\n']);
  assert.is(receiptOf(here, '13').counts['held-by-next'], 1);
});

test('an hour without any file between two made ones is made empty, all of it a joint gap', async () => {
  const here = place({ now: '2026-03-10T16:00:10Z' });
  for (const hour of [0, 2]) for (const tree of [here.own, here.partner]) writeHour(tree, start + hour * 60);
  await once(here);
  const empty = receiptOf(here, '14');
  assert.equal(empty.gaps, { missing_1: 60, missing_2: 60, gap_1: 3600, gap_2: 3600, joint_gap: 3600 });
  assert.is(await idsOf(here, '14'), '');
});

test('an hour that another source made is never overwritten', async () => {
  const here = place();
  mkdirSync(join(here.vault, day), { recursive: true });
  const foreign = join(here.vault, day, `${day}_13_IDs.txt.xz`);
  writeFileSync(foreign, 'another tool’s bytes');
  writeHour(here.own, start, { 0: payloadLines(1) });
  const done = await once(here);
  assert.is(readFileSync(foreign, 'utf8'), 'another tool’s bytes');
  assert.equal([done.committed.length, done.setAside], [0, 60]);
  assert.is([...bytesBelow(join(here.own, 'aside')).keys()].length, 120);
});

test('another zone than the vault’s own is refused', async () => {
  const here = await incompleteHour();
  const other = place({ root: here.root, zone: 'CET' });
  const error: unknown = await once(other).catch((thrown: unknown) => thrown);
  assert.match(String(error), /names its days and hours in the zone UTC, the configuration says CET/);
});

test.after(endCrew);
test.run();
