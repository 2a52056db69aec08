// What waits for the archive, and for how long: minute files behind a disk that works, lags, refuses, or never comes back.
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { withArchive } from '../../src/warc/keep-archive.ts';
import { narrowDisk } from '../../src/warc/narrow-disk.ts';
import { settle } from '../support/manual-clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testWorld } from '../support/test-world.ts';
import { until } from '../support/until.ts';
import { streamLines, wireBytes } from './answers.ts';
import { archiving, sealed } from './archiving.ts';
import { readAll } from './reading.ts';

const test = suite('warc lead');
const answer = await wireBytes(streamLines(60));

/** A disk whose appends to spools wait until they are let go, or refuse. */
function holding(): { disk: Disk; hold: () => void; letGo: () => void; refuse: () => void } {
  let gate = Promise.withResolvers<void>();
  let isRefusing = false;
  gate.resolve();
  const disk: Disk = {
    ...systemDisk,
    async open(path) {
      const file = await systemDisk.open(path);
      if (!path.endsWith('.spool')) return file;
      return {
        ...file,
        async append(bytes) {
          await gate.promise;
          if (isRefusing) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
          await file.append(bytes);
        },
      };
    },
  };
  return {
    disk,
    hold: () => (gate = Promise.withResolvers<void>()),
    letGo() {
      isRefusing = false;
      gate.resolve();
    },
    refuse() {
      isRefusing = true;
      gate.resolve();
    },
  };
}

/** Has it come already? */
function watched(promise: Promise<void> | undefined): { isOver: boolean } {
  const state = { isOver: promise === undefined };
  void promise?.then(() => (state.isOver = true));
  return state;
}

test('who writes behind the archive waits until the kernel has its bytes', async () => {
  const { disk, hold, letGo } = holding();
  const open = await archiving({ disk });
  assert.is(open.archive.ahead(), undefined);
  const sink = open.begin();
  hold();
  sink.bytes(answer);
  const wait = watched(open.archive.ahead());
  await settle(20);
  await open.world.clock.pass(900);
  assert.is(wait.isOver, false);
  letGo();
  await until('the wait to end', () => wait.isOver);
  assert.is(open.archive.ahead(), undefined);
  sink.end(true);
  await sealed(open, 1);
  assert.equal(open.world.raised, []);
  await open.archive.close();
});

test('a disk that lags holds nobody up for more than a second, and again only once it has caught up; both are told', async () => {
  const { disk, hold, letGo } = holding();
  const open = await archiving({ disk });
  const sink = open.begin();
  hold();
  sink.bytes(answer.subarray(0, 3000));
  const wait = watched(open.archive.ahead());
  await settle(20);
  await open.world.clock.pass(1_250);
  assert.is(wait.isOver, true);
  assert.match(open.world.raised.at(-1)?.sentence ?? '', 'is slow');
  sink.bytes(answer.subarray(3000));
  assert.is(open.archive.ahead(), undefined, 'a disk that lags is not waited for');
  letGo();
  await until('the archive to have caught up', () => {
    void open.archive.ahead();
    return open.world.raised.at(-1)?.is === 'ended';
  });
  hold();
  sink.bytes(Buffer.from('x'));
  assert.ok(open.archive.ahead(), 'it is waited for again');
  letGo();
  sink.end(false);
  await sealed(open, 1);
  const paths = open.finished().map((name) => join(open.folder, name));
  assert.is((await readAll(paths)).lines.length, 60);
  await open.archive.close();
});

test('a disk that refuses holds nobody up', async () => {
  const { disk, hold, letGo, refuse } = holding();
  const open = await archiving({ disk });
  const sink = open.begin();
  hold();
  sink.bytes(answer);
  const wait = watched(open.archive.ahead());
  await settle();
  refuse();
  await until('the wait to end', () => wait.isOver);
  assert.is(open.archive.ahead(), undefined);
  assert.match(open.world.raised.at(-1)?.sentence ?? '', 'cannot be written');
  letGo();
  sink.end(true);
  await sealed(open, 1);
  await open.archive.close();
});

test('a disk that never answers keeps ingest neither from beginning nor from ending', async () => {
  const world = { ...testWorld(), disk: { ...systemDisk, makeFolder: () => new Promise<void>(() => {}) } };
  let hasBegun = false;
  const setting = { folder: '/nowhere', prefix: 'p', host: 'h', about: [] };
  const over = withArchive(setting, world, async ({ ahead }) => {
    hasBegun = true;
    assert.is(ahead(), undefined);
  });
  await world.clock.pass(4_900);
  assert.is(hasBegun, false);
  await world.clock.pass(200);
  assert.is(hasBegun, true);
  assert.match(world.raised.at(-1)?.sentence ?? '', 'does not answer');
  await world.clock.pass(1_000);
  await over;
});

test('an archive whose disk stops answering closes all the same', async () => {
  const { disk, hold, letGo } = holding();
  const open = await archiving({ disk });
  const sink = open.begin();
  hold();
  sink.bytes(answer);
  await settle(20);
  const closing = open.archive.close();
  let isClosed = false;
  void closing.then(() => (isClosed = true));
  await until('the end', async () => {
    await open.world.clock.pass(500);
    return isClosed;
  });
  assert.ok(open.world.clock.monotonic() <= 6_000, `${open.world.clock.monotonic()} ms`);
  letGo();
});

test('no more operations than allowed run at once, and each has its turn', async () => {
  let running = 0;
  let most = 0;
  const disk: Disk = {
    ...systemDisk,
    async facts(path) {
      most = Math.max(most, ++running);
      await settle(2);
      running--;
      if (path === '/9') throw new Error('refused');
      return { bytes: Number(path.slice(1)), changedMs: 0, modifiedMs: 0 };
    },
  };
  const narrow = narrowDisk(disk, 2);
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => narrow.facts(`/${n}`)));
  assert.is(most, 2);
  assert.equal(
    results.map((result) => (result.status === 'fulfilled' ? result.value?.bytes : -1)),
    Array.from({ length: 20 }, (_, n) => (n === 9 ? -1 : n)),
  );
  const path = join(temporaryFolder(), 'file');
  const file = await narrow.open(path);
  await file.append(Buffer.alloc(600_000, 'a'));
  await file.close();
  const pieces: Buffer[] = [];
  for await (const piece of narrow.chunks(path)) pieces.push(piece);
  assert.ok(Buffer.concat(pieces).equals(Buffer.alloc(600_000, 'a')));
});

test.run();
