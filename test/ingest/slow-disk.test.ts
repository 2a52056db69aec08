// A disk that takes bytes at once and needs long for each sync: what was read out of the socket never waits for one.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { minuteOf } from '../../src/domain/time.ts';
import type { Disk } from '../../src/outside/disk.ts';
import { diskRefusal } from '../support/disk-refusal.ts';
import { holdSyncs } from '../support/held-syncs.ts';
import { immediateDisk } from '../support/immediate-disk.ts';
import { manualClock } from '../support/manual-clock.ts';
import { streamServer, type StreamServer } from '../support/stream-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import {
  afterKill,
  at,
  briefly,
  type Journey,
  journey,
  keepAlive,
  msToStop,
  payloadsOf,
  readMinutes,
  rememberedMs,
} from './journey.ts';
import { readGaps } from './ledger-check.ts';

const test = suite('ingest on a disk that syncs slowly');
const tweet = (id: number): string => JSON.stringify({ data: { id: String(id) } });
const parts = (spool: string): string[] =>
  readdirSync(spool, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.part'))
    .sort();
const holds = (spool: string, part: string, id: number): boolean =>
  existsSync(join(spool, part)) && readFileSync(join(spool, part), 'utf8').includes(tweet(id).slice(0, -1));

for (const [what, began, first, second] of [
  ['minute', '13:00:00', '2026-03-10/13/2026-03-10T13-00Z.part', '2026-03-10/13/2026-03-10T13-01Z.part'],
  ['hour', '13:59:00', '2026-03-10/13/2026-03-10T13-59Z.part', '2026-03-10/14/2026-03-10T14-00Z.part'],
] as const) {
  test(`while one minute still closes, lines of the next ${what} are with the kernel: a kill then loses none of them`, async () => {
    await using server = await streamServer();
    const syncs = holdSyncs();
    const made = journey({ api: server.url, clock: manualClock(at(began)) });
    try {
      await made.connect();
      await server.send(`${tweet(1)}\r\n`);
      await until('the first line', () => holds(made.spool, first, 1));
      await keepAlive(made, server, 50);
      await until('most of it to be remembered', async () => {
        await server.send('\r\n');
        await made.clock.pass(100);
        return rememberedMs(made.spool) > at(began) + 48_000;
      });
      syncs.hold();
      await server.send(`${tweet(2)}\r\n`);
      await until('the second line', () => holds(made.spool, first, 2));
      await keepAlive(made, server, 10);
      await until('a close that waits for the disk', () => syncs.held > 0);
      await server.send(`${tweet(3)}\r\n`);
      await until('the third line', () => holds(made.spool, second, 3));
      assert.equal(parts(made.spool), [first, second]);
      assert.equal(briefly(made.spool), []);
      // What a SIGKILL leaves now, started again elsewhere.
      const killed = afterKill(made);
      syncs.letGo();
      await keepAlive(made, server, 1);
      await until('the first minute to close', () => readMinutes(made.spool).length === 1);
      await made.stop();
      assert.equal(payloadsOf(readMinutes(made.spool)), [tweet(1), tweet(2), tweet(3)]);
      assert.is(readMinutes(made.spool)[0]?.connectedSeconds, 60);
      const again = journey({ api: server.url, folder: killed, clock: manualClock(made.clock.now() + 5_000) });
      await again.connect();
      await again.stop();
      assert.equal(payloadsOf(readMinutes(again.spool)), [tweet(1), tweet(2), tweet(3)]);
      assert.equal(parts(again.spool), []);
      const [seconds1, seconds2] = readMinutes(again.spool).map(({ connectedSeconds }) => connectedSeconds);
      assert.ok(seconds1 !== undefined && seconds1 > 47 && seconds1 < 60, 'as far as was remembered');
      assert.is(seconds2, 0);
    } finally {
      syncs.restore();
    }
  });
}

test('after a long death lines are with the kernel while the dead minutes are still made; a kill then leaves none of them out', async () => {
  await using server = await streamServer();
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'spool'));
  const state = {
    minute: minuteOf(at('12:30:00')),
    isClosed: false,
    coverage: { certainMs: at('12:30:10'), broken: [] },
    patience: { connectsAt: [] },
  };
  writeFileSync(join(folder, 'spool', '.ingest.state'), `${JSON.stringify(state)}\n`);
  const syncs = holdSyncs();
  syncs.hold((path) => path.endsWith('2026-03-10/12'));
  const made = journey({ api: server.url, folder });
  const part = '2026-03-10/13/2026-03-10T13-00Z.part';
  try {
    await made.connect();
    await server.send(`${tweet(1)}\r\n`);
    await until('the line', () => holds(made.spool, part, 1));
    assert.ok(readMinutes(made.spool).length < 2, JSON.stringify(briefly(made.spool)));
    const killed = afterKill(made);
    syncs.letGo();
    const stopped = made.stop();
    await stopped;
    const again = journey({ api: server.url, folder: killed, clock: manualClock(at('13:00:20')) });
    await again.connect();
    await again.stop();
    const dead = Array.from({ length: 30 }, (_, index) => `12:${30 + index} 0 0`);
    for (const { spool } of [made, again]) assert.equal(briefly(spool), [...dead, '13:00 1 0']);
  } finally {
    syncs.restore();
  }
});

test('a connection that drops is made again at once, however long the disk needs to remember it', async () => {
  await using server = await streamServer();
  const syncs = holdSyncs();
  const made = journey({ api: server.url });
  try {
    await made.connect();
    await server.send(`${tweet(1)}\r\n`);
    await until('the line', () => holds(made.spool, '2026-03-10/13/2026-03-10T13-00Z.part', 1));
    await keepAlive(made, server, 3);
    syncs.hold();
    await keepAlive(made, server, 3);
    server.exchanges.at(-1)?.response.end();
    await until('its end', () => made.count('stream.ended') === 1);
    const endedMs = made.clock.now();
    // The network's real time is not that clock's, which stands still after two seconds.
    await until('another connection', async () => {
      if (made.clock.now() - endedMs < 2_000) await made.clock.pass(100);
      return made.count('stream.connected') === 2;
    });
  } finally {
    syncs.restore();
    await made.stop();
  }
});

test('a stop waits for no minute that was not heard: the next start makes those that have no file yet', async () => {
  await using server = await streamServer();
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'spool'));
  const state = { minute: minuteOf(at('10:00:00')), coverage: { certainMs: at('10:00:10'), broken: [] } };
  writeFileSync(join(folder, 'spool', '.ingest.state'), `${JSON.stringify(state)}\n`);
  let neededMs = 200;
  const disk: Disk = {
    ...immediateDisk,
    async open(path, naming) {
      if (neededMs > 0 && path.includes('_0_0s_')) await made.clock.sleep(neededMs);
      return immediateDisk.open(path, naming);
    },
  };
  const made = journey({ api: server.url, folder, disk });
  await made.connect();
  await server.send(`${tweet(1)}\r\n`);
  await until('the line', () => holds(made.spool, '2026-03-10/13/2026-03-10T13-00Z.part', 1));
  const tookMs = await msToStop(made, 20);
  assert.ok(tookMs < 5_000, `${tookMs} ms`);
  assert.ok(briefly(made.spool).includes('13:00 1 0'), JSON.stringify(briefly(made.spool)));
  assert.ok(briefly(made.spool).length < 100, 'they were not all made');
  neededMs = 0;
  await made.connect();
  await until('all to be made', () => briefly(made.spool).length === 181);
  await made.stop();
  assert.is(new Set(readMinutes(made.spool).map(({ minute }) => minute)).size, 181);
  assert.equal(
    readGaps(made.spool).map(({ cause }) => cause),
    ['process-dead', 'stopped'],
  );
});

/** A disk that takes lines at once, and gives no minute its name until it is told to. */
function namelessDisk(): Disk & { isRefusing: boolean } {
  const disk = {
    ...immediateDisk,
    isRefusing: true,
    async rename(from: string, to: string) {
      if (disk.isRefusing && to.endsWith('.jsonl')) throw diskRefusal('EIO');
      return immediateDisk.rename(from, to);
    },
  };
  return disk;
}

test('a disk that takes lines and refuses names: minutes stay open, as many as it may have, and close in order once it gives names', async () => {
  await using server = await streamServer();
  const disk = namelessDisk();
  const made = journey({ api: server.url, disk });
  await made.connect();
  for (let minute = 0; minute < 12; minute++) {
    await server.send(`${tweet(minute)}\r\n`);
    const open = `2026-03-10/13/2026-03-10T13-${String(minute).padStart(2, '0')}Z.part`;
    if (minute < 9) await until('the line', () => holds(made.spool, open, minute));
    await keepAlive(made, server, 60);
  }
  assert.is(parts(made.spool).length, 9);
  assert.equal(made.raised, ['disk-failing'], 'told once, and not over while lines are taken');
  assert.ok(made.alerts.has('disk-failing'));
  disk.isRefusing = false;
  await until('all to close', async () => {
    await keepAlive(made, server, 1);
    return readMinutes(made.spool).length === 12;
  });
  await made.stop();
  assert.not.ok(made.alerts.has('disk-failing'));
  const closed = made.events.filter(({ event }) => event === 'minute-file.closed').map((event) => event['minute']);
  assert.equal(closed, closed.toSorted());
  assert.equal(
    briefly(made.spool).slice(0, 12),
    Array.from({ length: 12 }, (_, minute) => `13:${String(minute).padStart(2, '0')} 1 60`),
  );
});

/** A tweet in each of three minutes, whose third has just begun. */
async function hearThreeMinutes(made: Journey, server: StreamServer): Promise<void> {
  await made.connect();
  for (const minute of [0, 1, 2]) {
    if (minute > 0) await keepAlive(made, server, 60);
    await server.send(`${tweet(minute)}\r\n`);
    await until('the line', () => holds(made.spool, `2026-03-10/13/2026-03-10T13-0${minute}Z.part`, minute));
  }
}

test('a stop ends within 5 s where no minute gets its name; the next start closes them all, with every line', async () => {
  await using server = await streamServer();
  const disk = namelessDisk();
  const made = journey({ api: server.url, disk });
  await hearThreeMinutes(made, server);
  const tookMs = await msToStop(made, 50);
  assert.ok(tookMs < 5_000, `${tookMs} ms`);
  assert.is(made.count('line.lost'), 0, 'they stand in files without names');
  disk.isRefusing = false;
  await made.connect();
  await made.stop();
  assert.equal(payloadsOf(readMinutes(made.spool)), [tweet(0), tweet(1), tweet(2)]);
  assert.equal(parts(made.spool), []);
});

test('a kill while minutes wait for their names takes no heard second from them, nor from the open one', async () => {
  await using server = await streamServer();
  const disk = namelessDisk();
  const made = journey({ api: server.url, disk });
  await hearThreeMinutes(made, server);
  await keepAlive(made, server, 20);
  // The minute must not end meanwhile: the disk's real time is not that clock's, and gets enough of it between two steps.
  await until('it to be remembered', async () => {
    await server.send('\r\n');
    await pause(30);
    if (made.clock.now() < at('13:02:55')) await made.clock.pass(100);
    return rememberedMs(made.spool) > at('13:02:18');
  });
  const killed = afterKill(made);
  const knownMs = rememberedMs(join(killed, 'spool'));
  const knownSeconds = Math.floor((knownMs - at('13:02:00')) / 1_000);
  disk.isRefusing = false;
  const stopping = made.stop();
  await made.clock.pass(2_000);
  await stopping;
  const again = journey({ api: server.url, folder: killed, clock: manualClock(at('13:02:58')) });
  await again.connect();
  await again.stop();
  assert.equal(briefly(again.spool), ['13:00 1 60', '13:01 1 60', `13:02 1 ${knownSeconds}`]);
  const gaps = readGaps(again.spool).map(({ fromMs, toMs }) => [fromMs, toMs]);
  assert.equal(gaps.at(-1), [knownMs, at('13:02:58')]);
});

test.run();
