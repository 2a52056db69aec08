// What remains after shipments: sources kept for a while, hour folders that are empty, leftovers of broken attempts.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { emptyDigest, minuteFileName } from '../../src/domain/minute-file.ts';
import { minuteMs } from '../../src/domain/time.ts';
import { Closing } from '../../src/ingest/closing.ts';
import { type Clock, fastClock } from '../../src/outside/clock.ts';
import { type Disk, hasCode, systemDisk } from '../../src/outside/disk.ts';
import { shipOnce } from '../../src/ship/once.ts';
import { removeEmptyHours } from '../../src/ship/retention.ts';
import { sendingName } from '../../src/ship/sending-name.ts';
import { commandsUnder } from '../support/documented-commands.ts';
import { startEmbeddedServer } from '../support/embedded-far-server.ts';
import { manualClock } from '../support/manual-clock.ts';
import { filesBelow, filledSpool, firstMinute, shipConfig, shipWorld, startShip } from '../support/ship-scene.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const test = suite('what remains after shipments');
const at = (time: string): number => Date.parse(`${time}Z`);
const standing = (time: string): Clock => manualClock(at(time));
/** What lies in a spool, without what ship keeps there for itself. */
const left = (spool: string): string[] => filesBelow(spool).filter((path) => !path.startsWith('.'));

test('with keep a shipped source stays for that long, through restarts, and then goes with its folders', async () => {
  await using server = await startEmbeddedServer();
  const { spool, files } = filledSpool(3);
  const config = shipConfig({ spool, server, more: { keep: '24h' } });
  const kept = files.map((path) => `shipped/2026-03-10/15/${path.split('/')[2]}`);
  await shipOnce(config, shipWorld(standing('2026-03-10T15:20')));
  assert.equal(filesBelow(server.inboxFolder), files);
  assert.equal(left(spool), kept);
  // Each is a process of its own: nothing is remembered but what lies on the disk. Counted from the end of the hour of the shipment.
  for (const time of ['2026-03-10T15:30', '2026-03-11T15:20', '2026-03-11T15:59:59']) {
    await shipOnce(config, shipWorld(standing(time)));
    assert.equal(left(spool), kept, time);
  }
  await shipOnce(config, shipWorld(standing('2026-03-11T16:00')));
  assert.equal(left(spool), []);
  assert.equal(readdirSync(join(spool, 'shipped')), []);
  assert.equal(filesBelow(server.inboxFolder), files, 'and is not shipped again');
});

test('what was kept is shipped again to a server 1 that lost it, once it lies in the spool again, as the documents say', async () => {
  const { spool, files } = filledSpool(3);
  const ship = async (time: string): Promise<string[]> => {
    await using server = await startEmbeddedServer();
    await shipOnce(shipConfig({ spool, server, more: { keep: '2d' } }), shipWorld(standing(time)));
    return filesBelow(server.inboxFolder).map((path) => basename(path));
  };
  const names = files.map((path) => basename(path));
  assert.equal(await ship('2026-03-10T15:20'), names);
  const command = commandsUnder('packaging/docs/operating.md', 'Server 1 is lost').find((line) =>
    line.includes('shipped'),
  );
  const words = (command ?? '').replace('sudo -u streamvault ', '').replaceAll('/var/lib/streamvault/spool', spool);
  execFileSync('bash', ['-ec', words]);
  assert.equal(await ship('2026-03-11T09:20'), names);
  assert.is(left(spool).length, 2 * names.length, 'both shipments are kept, each for its time');
});

test('the service removes kept sources in their time, and no sooner', async () => {
  await using server = await startEmbeddedServer();
  const { spool, files } = filledSpool(2);
  const clock = fastClock({ startMs: at('2026-03-10T15:58'), speed: 1000 });
  const config = shipConfig({ spool, server, more: { keep: '10m' } });
  await using _service = startShip(config, shipWorld(clock));
  await until('they are kept', () => left(spool).filter((path) => path.startsWith('shipped/')).length === files.length);
  await until('they are gone', () => left(spool).length === 0);
  assert.ok(clock.now() >= at('2026-03-10T16:10'), new Date(clock.now()).toISOString());
});

test('without keep nothing but the source is needed, and it goes at once', async () => {
  await using server = await startEmbeddedServer();
  const { spool } = filledSpool(1);
  await shipOnce(shipConfig({ spool, server }), shipWorld(standing('2026-03-10T15:20')));
  assert.equal(left(spool), []);
  assert.is(existsSync(join(spool, 'shipped')), false);
});

/** An empty hour folder in which nothing was made or removed since that time. */
function emptyHour(spool: string, folder: string, since: string): string {
  const path = join(spool, folder);
  mkdirSync(path, { recursive: true });
  utimesSync(path, at(since) / 1000, at(since) / 1000);
  return path;
}

test('empty hour folders go once their hour is over for an hour, and their day with the last of them', async () => {
  const spool = temporaryFolder();
  emptyHour(spool, '2026-03-09/23', '2026-03-10T00:05');
  const old = emptyHour(spool, '2026-03-10/12', '2026-03-10T13:05');
  const recent = emptyHour(spool, '2026-03-10/13', '2026-03-10T13:59');
  await removeEmptyHours(systemDisk, spool, at('2026-03-10T14:59'));
  assert.equal([existsSync(join(spool, '2026-03-09')), existsSync(old), existsSync(recent)], [false, false, true]);
  await removeEmptyHours(systemDisk, spool, at('2026-03-10T15:00'));
  assert.equal(readdirSync(spool), []);
});

test('an hour folder in use stays: with an open minute, a waiting file, a stranger, or just made', async () => {
  const spool = temporaryFolder();
  const now = at('2026-03-10T20:00');
  const names = ['2026-03-10T10-30Z.part', '2026-03-10T11-30Z_0_60s_e3b0c44298fc1c14.jsonl', 'notes.txt'];
  const paths = names.map((name, index) => {
    const path = emptyHour(spool, `2026-03-10/1${index}`, '2026-03-10T13:00');
    writeFileSync(join(path, name), '');
    utimesSync(path, at('2026-03-10T13:00') / 1000, at('2026-03-10T13:00') / 1000);
    return path;
  });
  // At its start ingest makes the folders of past minutes, a moment before it writes into them.
  paths.push(emptyHour(spool, '2026-03-10/13', '2026-03-10T19:51'));
  await removeEmptyHours(systemDisk, spool, now);
  assert.equal(
    paths.map((path) => existsSync(path)),
    [true, true, true, true],
  );
  await removeEmptyHours(systemDisk, spool, now + 10 * minuteMs);
  assert.is(existsSync(paths[3] ?? ''), false);
});

/** Ingest's own work on an hour that is long over, each step repeated after an error as ingest repeats it. Leaves how many it took. */
async function closeMinuteOfThePast(spool: string, disk: Disk): Promise<number> {
  const closing = new Closing({ minute: firstMinute, connectedSeconds: 0, part: undefined });
  for (let attempts = 1; ; attempts++) {
    try {
      await closing.carryOut({ root: spool, disk }, undefined);
      return attempts;
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}
const closedName = minuteFileName({ minute: firstMinute, lines: 0, connectedSeconds: 0, digest: emptyDigest });

/** Tidyings as late as may be, right after ingest has made its folder; no more than two take it away. */
function tidiedBetween(spool: string, now: number): { disk: Disk; removals(): number } {
  let removals = 0;
  return {
    removals: () => removals,
    disk: {
      ...systemDisk,
      async makeFolder(path) {
        await systemDisk.makeFolder(path);
        if (removals >= 2) return;
        await removeEmptyHours(systemDisk, spool, now);
        if (!existsSync(path)) removals++;
      },
    },
  };
}

test('a folder that ingest makes anew is not taken from under it', async () => {
  const spool = temporaryFolder();
  const { disk, removals } = tidiedBetween(spool, Date.now());
  assert.is(await closeMinuteOfThePast(spool, disk), 1);
  assert.is(removals(), 0);
  assert.equal(filesBelow(spool), [`2026-03-10/13/${closedName}`]);
});

test('even where a clock that is ahead lets the folder go between two steps of ingest, the minute comes to stand', async () => {
  const spool = temporaryFolder();
  const { disk, removals } = tidiedBetween(spool, Date.now() + 60 * minuteMs);
  await closeMinuteOfThePast(spool, disk);
  assert.is(removals(), 1);
  assert.equal(filesBelow(spool), [`2026-03-10/13/${closedName}`]);
});

test('tidying without a pause beside ingest without a pause loses no minute', async () => {
  const spool = temporaryFolder();
  const over = new AbortController();
  const tidy = async (): Promise<void> => {
    while (!over.signal.aborted) await removeEmptyHours(systemDisk, spool, Date.now() + 60 * minuteMs);
  };
  const tidying = tidy();
  for (let index = 0; index < 60; index++) {
    // An hour of its own each.
    const closing = new Closing({ minute: firstMinute + index * 60, connectedSeconds: 0, part: undefined });
    const close = (): Promise<unknown> =>
      closing.carryOut({ root: spool, disk: systemDisk }, undefined).catch((error: unknown) => {
        if (!hasCode(error, 'ENOENT')) throw error;
        return close();
      });
    await close();
  }
  over.abort();
  await tidying;
  assert.is(left(spool).length, 60);
});

test('what a broken attempt left at the far side goes after a day, with a folder that only it had kept', async () => {
  await using server = await startEmbeddedServer();
  const { spool } = filledSpool(0);
  const { spool: other, files } = filledSpool(1, () => 10, firstMinute + 60);
  const config = shipConfig({ spool, server });
  await shipOnce(shipConfig({ spool: other, server }), shipWorld(standing('2026-03-10T15:20')));
  const lost = [firstMinute, firstMinute + 60].map((minute, index) => {
    const name = minuteFileName({ minute, lines: 1, connectedSeconds: 60, digest: '0123456789abcdef' });
    const path = join(
      server.inboxFolder,
      '2026-03-10',
      `1${3 + index}`,
      sendingName(name, at('2026-03-10T15:20'), 'ab'),
    );
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'half');
    return path;
  });
  await shipOnce(config, shipWorld(standing('2026-03-11T15:19')));
  assert.ok(lost.every((path) => existsSync(path)));
  await shipOnce(config, shipWorld(standing('2026-03-11T15:20')));
  assert.equal(filesBelow(server.inboxFolder), files);
  assert.equal(readdirSync(join(server.inboxFolder, '2026-03-10')), ['14']);
});

test.run();
