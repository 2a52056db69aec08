// Files that cannot be read, that change or vanish under our hands, and files larger than memory: one of them never stops the rest.
// may take 120 s
import { hash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Disk } from '../../src/outside/disk.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { FileChanged, piecesOf } from '../../src/outside/pieces.ts';
import type { World } from '../../src/outside/world.ts';
import { compressXz } from '../../src/outside/xz.ts';
import { gatherCrew } from '../../src/watch/crew.ts';
import { pass } from '../../src/watch/pass.ts';
import { openShop } from '../../src/watch/shop.ts';
import { runWatch, watchOnce } from '../../src/watch/watch.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { crew, day, endCrew, receiptOf, start } from '../support/watched-day.ts';
import {
  bytesBelow,
  comparable,
  minuteAt,
  payloadLine,
  place,
  unpacked,
  writeHour,
  writeMinute,
} from '../support/watching.ts';
import type { Place } from '../support/watching.ts';

const test = suite('trouble');
const isMade = (here: Place, label: string): boolean =>
  existsSync(join(here.vault, day, `${day}_${label}_receipt.json`));
const pathOf = (here: Place, minute: string): string =>
  join(here.partner, [...bytesBelow(here.partner).keys()].find((path) => path.includes(minute)) ?? '');

/** Two whole hours, in the first of which one file cannot be read: a folder lies there, and the listing takes it for a file. */
function unreadableFile(): { here: Place; world: World; ended: string[]; mend(): void } {
  const here = place({ now: '2026-03-10T15:20:00Z' });
  for (const hour of [0, 1])
    for (const tree of [here.own, here.partner]) writeHour(tree, start + hour * 60, { 1: [payloadLine(hour + 1)] });
  const path = pathOf(here, 'T13-30Z');
  renameSync(path, `${path}.away`);
  mkdirSync(path);
  const disk: Disk = {
    ...systemDisk,
    list: async (folder) =>
      (await systemDisk.list(folder)).map((entry) =>
        entry.name === basename(path) ? { ...entry, isFile: true, isFolder: false } : entry,
      ),
  };
  const ended: string[] = [];
  const world = here.world({ disk });
  const alerts = { ...world.alerts, end: (cause: string) => void ended.push(cause) };
  const mend = (): void => {
    rmdirSync(path);
    renameSync(`${path}.away`, path);
  };
  return { here, world: { ...world, alerts }, ended, mend };
}

test('a file that cannot be read is tried again and told; the hours go on without it, and take it in when it can be read', async () => {
  const { here, world, ended, mend } = unreadableFile();
  await using shop = openShop(here.config(), world, { isOnce: false, crew });
  await pass(shop);
  await pass(shop);
  assert.equal([isMade(here, '13'), isMade(here, '14'), here.alerts.length], [false, false, 0]);
  await pass(shop);
  assert.equal([receiptOf(here, '13').gaps.missing_2, receiptOf(here, '14').complete], [1, true]);
  assert.equal(
    here.alerts.map((alert) => alert.cause),
    ['disk-failing', 'hour-incomplete'],
  );
  assert.match(here.alerts[0]?.sentence ?? '', /T13-30Z_.* cannot be read: EISDIR/);
  await here.clock.pass(600_000);
  await pass(shop);
  assert.is(receiptOf(here, '13').generation, 1);
  mend();
  await here.clock.pass(600_000);
  await pass(shop);
  assert.equal([receiptOf(here, '13').complete, receiptOf(here, '13').generation], [true, 2]);
  assert.equal(ended, ['disk-failing']);
});

test('one pass alone goes on without a file that cannot be read, and says so', async () => {
  const { here, world } = unreadableFile();
  await watchOnce(here.config(), world, { crew });
  assert.equal([receiptOf(here, '13').gaps.missing_2, receiptOf(here, '14').complete], [1, true]);
  assert.ok(here.alerts.some((alert) => alert.cause === 'disk-failing'));
});

test('an hour’s folder that cannot be listed does not stop the other hours', async () => {
  const here = place({ now: '2026-03-10T15:20:00Z' });
  for (const hour of [0, 1]) for (const tree of [here.own, here.partner]) writeHour(tree, start + hour * 60);
  const refused = Object.assign(new Error('EACCES: permission denied, scandir'), { code: 'EACCES' });
  const disk: Disk = {
    ...systemDisk,
    list: (folder) => (folder === join(here.partner, day, '13') ? Promise.reject(refused) : systemDisk.list(folder)),
  };
  await watchOnce(here.config(), here.world({ disk }), { crew });
  assert.equal([receiptOf(here, '13').gaps.missing_2, receiptOf(here, '14').complete], [60, true]);
  await watchOnce(here.config(), here.world(), { crew });
  assert.equal([receiptOf(here, '13').complete, receiptOf(here, '13').generation], [true, 2]);
});

test('a late file is not set aside while another file of its hour cannot be read', async () => {
  const { here, world, mend } = unreadableFile();
  mend();
  const path = pathOf(here, 'T13-31Z');
  renameSync(path, `${path}.later`);
  await watchOnce(here.config(), world, { crew });
  renameSync(`${path}.later`, path);
  const other = pathOf(here, 'T13-30Z');
  renameSync(other, `${other}.away`);
  mkdirSync(other);
  await watchOnce(here.config(), world, { crew });
  assert.ok(existsSync(path));
  mend();
  await watchOnce(here.config(), world, { crew });
  assert.equal([receiptOf(here, '13').complete, receiptOf(here, '13').generation], [true, 2]);
});

test('a file that changes while it is read is noticed', () => {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, Buffer.alloc(9 * 2 ** 20));
  const pieces = piecesOf(path);
  pieces.next();
  appendFileSync(path, 'more');
  assert.throws(
    () => [...pieces],
    (error: unknown) => error instanceof FileChanged,
  );
});

test('a folder that is taken away in the middle of a pass does not end the service', async () => {
  const here = place();
  for (const tree of [here.own, here.partner]) writeHour(tree, start);
  const gone = Object.assign(new Error('ENOENT: no such file or directory'), { code: 'ENOENT' });
  let refusals = 4;
  const disk: Disk = {
    ...systemDisk,
    write: (path, bytes) =>
      path.endsWith('receipt.next.json') && refusals-- > 0 ? Promise.reject(gone) : systemDisk.write(path, bytes),
  };
  const stop = new AbortController();
  const running = runWatch(here.config(), here.world({ disk, signal: stop.signal }));
  for (let attempt = 0; attempt < 4; attempt++) {
    await until('it waits to try again', () => here.clock.sleeping > 0);
    if (attempt < 2) assert.equal(here.alerts.length, 0);
    await here.clock.pass(300_000);
  }
  await until('the hour is made', () => isMade(here, '13'));
  stop.abort();
  await running;
  assert.equal([...new Set(here.alerts.map((alert) => alert.cause))], ['disk-failing']);
});

test('no file of data is ever read as a whole: it may be larger than memory', async () => {
  const here = place({ zone: 'CET', now: '2026-10-25T06:00:10Z' });
  const repeated = minuteAt('2026-10-25T00:00Z');
  for (const hour of [0, 1, 2, 3]) for (const tree of [here.own, here.partner]) writeHour(tree, repeated + hour * 60);
  const older = join(here.partner, '2026-10-25/02', 'sampled_stream_2026-10-25_02:10:00_to_2026-10-25_02:11:00.jsonl');
  mkdirSync(dirname(older), { recursive: true });
  writeFileSync(older, `${payloadLine(1)}\n`);
  mkdirSync(join(here.vault, '2026-10-25'), { recursive: true });
  writeFileSync(join(here.vault, '2026-10-25', 'somebody’s.tar'), 'large');
  const read: string[] = [];
  const disk: Disk = { ...systemDisk, read: (path) => (read.push(basename(path)), systemDisk.read(path)) };
  await watchOnce(here.config('raw = "keep"\n'), here.world({ disk }), { crew });
  assert.ok([...bytesBelow(here.vault).keys()].some((path) => path.includes('/raw/')));
  assert.equal(
    [...new Set(read)].filter(
      (name) => !/receipt(\.next)?\.json$|report\.txt$|^SHA256SUMS$|^\.(zone|vault-begun)$/.test(name),
    ),
    [],
  );
});

test('a service that is started anew all the time makes its hours again, five minutes after the last late file', async () => {
  const here = place({ now: '2026-03-10T14:20:00Z' });
  writeHour(here.own, start);
  for (let minute = 0; minute < 58; minute++) writeMinute(here.partner, start + minute, { lines: [] });
  await watchOnce(here.config(), here.world(), { crew });
  const late = writeMinute(here.partner, start + 58, { lines: [payloadLine(1)] });
  const changedMs = here.clock.now();
  const disk: Disk = {
    ...systemDisk,
    facts: async (path) => {
      const facts = await systemDisk.facts(path);
      return path === late && facts ? { ...facts, changedMs } : facts;
    },
  };
  for (const generation of [1, 1, 2]) {
    await using shop = openShop(here.config(), here.world({ disk }), { isOnce: false, crew });
    await pass(shop);
    assert.is(receiptOf(here, '13').generation, generation);
    await here.clock.pass(150_000);
  }
});

/** Three whole hours with `raw = "keep"`, the pass still to come, and a file of the second. */
function keptHours(): { here: Place; source: string; kept: string } {
  const here = place({ now: '2026-03-10T16:00:10Z' });
  for (const hour of [0, 1, 2])
    for (const tree of [here.own, here.partner]) writeHour(tree, start + hour * 60, { 7: [payloadLine(hour)] });
  const source = pathOf(here, 'T14-07Z');
  return { here, source, kept: join(here.vault, day, 'raw/14/server-2', `${basename(source)}.xz`) };
}

const keep = (here: Place, disk: Disk = systemDisk): ReturnType<typeof watchOnce> =>
  watchOnce(here.config('raw = "keep"\n'), here.world({ disk }), { crew });

test('a raw file that changed after it was merged is set aside, never taken for what the receipt counts', async () => {
  const { here, source, kept } = keptHours();
  const disk: Disk = {
    ...systemDisk,
    async rename(from, to) {
      await systemDisk.rename(from, to);
      if (to.endsWith('_15_receipt.json')) writeFileSync(source, 'other content\n');
    },
  };
  await keep(here, disk);
  assert.not.ok(existsSync(kept));
  assert.is(readFileSync(join(here.partner, 'aside', basename(source)), 'utf8'), 'other content\n');
});

test('a raw file that the disk does not give when it is to be kept stays where it is, and is kept once it can be read', async () => {
  const { here, source, kept } = keptHours();
  const disk: Disk = {
    ...systemDisk,
    async rename(from, to) {
      await systemDisk.rename(from, to);
      if (!to.endsWith('_15_receipt.json')) return;
      renameSync(source, `${source}.away`);
      mkdirSync(source);
    },
  };
  await keep(here, disk);
  assert.equal([existsSync(source), existsSync(kept)], [true, false]);
  assert.ok(here.alerts.some(({ cause, sentence }) => cause === 'disk-failing' && sentence.includes(source)));
  rmdirSync(source);
  renameSync(`${source}.away`, source);
  await keep(here);
  assert.equal([existsSync(source), existsSync(kept)], [false, true]);
});

test('what a full disk left of an output is no part of it when the pass is tried again', async () => {
  const { here } = keptHours();
  let isFull = true;
  const disk: Disk = {
    ...systemDisk,
    async open(path, naming) {
      const file = await systemDisk.open(path, naming);
      if (!isFull || !path.endsWith('tweets.csv.xz.next')) return file;
      return {
        ...file,
        async append(bytes) {
          await file.append(bytes.subarray(0, bytes.length / 2));
          throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        },
      };
    },
  };
  await using shop = openShop(here.config(), here.world({ disk }), { isOnce: true, crew });
  const end: unknown = await pass(shop).catch((error: unknown) => error);
  assert.match(String(end), 'no space left');
  isFull = false;
  await pass(shop);
  for (const { file, sha256 } of receiptOf(here, '13').outputs)
    assert.is(hash('sha256', readFileSync(join(here.vault, day, file))), sha256, file);
});

test('a damaged copy in the vault is written anew before its source goes', async () => {
  const { here, source, kept } = keptHours();
  const content = readFileSync(source, 'utf8');
  for (const damage of [Buffer.from('no xz'), await compressXz(Buffer.from('other content'), { preset: 6 })]) {
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept, damage);
    mkdirSync(dirname(source), { recursive: true });
    writeFileSync(source, content);
    await keep(here);
    assert.is(await unpacked(kept), content);
    assert.not.ok(existsSync(source));
  }
});

test('a copy that the disk does not give back as it was written keeps its source where it is', async () => {
  const { here, source } = keptHours();
  let [begun, ended] = [0, 0];
  const disk: Disk = {
    ...systemDisk,
    async rename(from, to) {
      begun++;
      if (/T14-0[4-9]Z/.test(to)) await pause(100);
      await systemDisk.rename(from, to);
      ended++;
    },
    async open(path) {
      const file = await systemDisk.open(path);
      if (!path.includes('T14-07Z')) return file;
      return {
        ...file,
        append: (bytes) => file.append(Uint8Array.from(bytes, (byte, at) => (at === 30 ? byte ^ 1 : byte))),
      };
    },
  };
  const end: unknown = await keep(here, disk).catch((error: unknown) => error);
  assert.match(String(end), /is not what was written into it/);
  assert.is(ended, begun, 'nothing of a pass outlives it, and meets the next one');
  assert.ok(existsSync(source));
  await keep(here);
  assert.not.ok(existsSync(source));
});

test('a damaged raw file in the vault does not stop the other hours, nor lose a late file', async () => {
  const { here, kept } = keptHours();
  await keep(here);
  const sound = readFileSync(kept);
  writeFileSync(kept, 'no xz');
  const late = writeMinute(here.partner, start + 60 + 7, { lines: [payloadLine(70)] });
  for (const tree of [here.own, here.partner]) writeHour(tree, start + 180);
  await here.clock.pass(3_600_000);
  await keep(here);
  assert.equal([isMade(here, '16'), receiptOf(here, '14').generation, existsSync(late)], [true, 1, true]);
  writeFileSync(kept, sound);
  await keep(here);
  assert.is(receiptOf(here, '14').generation, 2);
});

test('one thread, two or four: the same bytes', async () => {
  const text = 'words of a tweet that fill a block '.repeat(30);
  const vaults: Record<string, string>[] = [];
  for (const threads of [1, 2, 4]) {
    const here = place();
    for (const [server, tree] of [here.own, here.partner].entries()) {
      const lines = (minute: number): string[] =>
        Array.from({ length: 1_500 }, (_, row) =>
          payloadLine(minute * 10_000 + row * (server + 1), { text, author_id: String(row) }),
        );
      writeHour(tree, start, Object.fromEntries([0, 1, 2, 3, 4, 30, 58, 59].map((minute) => [minute, lines(minute)])));
    }
    const gathered = gatherCrew(threads);
    await watchOnce(here.config(), here.world(), { crew: gathered });
    await gathered[Symbol.asyncDispose]();
    vaults.push(comparable(here.vault));
    rmSync(here.root, { recursive: true });
  }
  assert.equal(vaults[1], vaults[0]);
  assert.equal(vaults[2], vaults[0]);
});

test.after(endCrew);
test.run();
