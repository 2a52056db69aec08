import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { namesFor } from '../../src/ingest/empty-minute.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { type Child, startChild } from '../support/child.ts';
import { diskRefusal } from '../support/disk-refusal.ts';
import { ingestFolder } from '../support/ingest-folder.ts';
import { manualClock } from '../support/manual-clock.ts';
import { replaceSyncs } from '../support/replaced-syncs.ts';
import { streamServer, type StreamServer } from '../support/stream-server.ts';
import { until } from '../support/until.ts';
import { afterKill, at, briefly, journey, type Journey, keepAlive, readMinutes, rememberedMs } from './journey.ts';
import { minuteDifferences, readGaps } from './ledger-check.ts';

const test = suite('minutes without lines');
const hourFolder = '2026-03-10/13';
const part = `${hourFolder}/2026-03-10T13-00Z.part`;
const secondsOf = (spool: string): number =>
  readMinutes(spool).reduce((sum, { connectedSeconds }) => sum + connectedSeconds, 0);

test('names for further seconds differ from those that stand and add up, as far as there are any', () => {
  assert.equal(namesFor(0, [0]), [0]);
  assert.equal(namesFor(10, []), [10]);
  assert.equal(namesFor(10, [10]), [9, 1]);
  assert.equal(namesFor(10, [10, 9, 8]), [7, 3]);
  assert.equal(namesFor(5, [5, 4, 3]), [2, 1], 'two are owed');
  assert.equal(namesFor(1, [1]), []);
});

/** A life of some seconds with keep-alives only, heard from the first to the last. */
async function live(made: Journey, server: StreamServer, seconds: number): Promise<void> {
  await made.connect();
  await keepAlive(made, server, seconds);
}

test('clean runs of the same length within one minute add up, although their files are empty', async () => {
  await using server = await streamServer();
  const made = journey({ api: server.url });
  for (let run = 0; run < 4; run++) {
    await live(made, server, 10);
    await made.stop();
  }
  assert.is(secondsOf(made.spool), 40);
});

test('runs of one second: what no name can say is owed to the next file of the minute', async () => {
  await using server = await streamServer();
  const made = journey({ api: server.url });
  const sums: number[] = [];
  for (let run = 0; run < 6; run++) {
    await live(made, server, 1);
    await made.stop();
    sums.push(secondsOf(made.spool));
  }
  assert.equal(sums, [1, 1, 3, 3, 3, 6]);
});

test('what was shipped meanwhile is not named again', async () => {
  await using server = await streamServer();
  const made = journey({ api: server.url });
  await live(made, server, 10);
  await made.stop();
  const [shipped] = readdirSync(join(made.spool, hourFolder));
  rmSync(join(made.spool, hourFolder, shipped ?? ''));
  await live(made, server, 10);
  await made.stop();
  assert.equal(briefly(made.spool), ['13:00 0 1', '13:00 0 9']);
});

test('a kill takes no heard second from a minute of keep-alives: it goes on where it was', async () => {
  await using server = await streamServer();
  const made = journey({ api: server.url });
  await live(made, server, 20);
  await until('it to be remembered', async () => {
    await server.send('\r\n');
    await made.clock.pass(100);
    return rememberedMs(made.spool) > at('13:00:18');
  });
  // What a SIGKILL leaves now, started again elsewhere.
  const killed = afterKill(made);
  const [knownMs, killedMs] = [rememberedMs(join(killed, 'spool')), made.clock.now()];
  const again = journey({ api: server.url, folder: killed, clock: manualClock(killedMs + 5_000) });
  await made.stop();
  await live(again, server, 36);
  await until('the minute to close', () => briefly(again.spool).length > 0);
  await again.stop();
  const [deadFromMs, deadToMs] = [knownMs, killedMs + 5_000];
  assert.is(briefly(again.spool)[0], `13:00 0 ${60 - Math.ceil(deadToMs / 1_000) + Math.floor(deadFromMs / 1_000)}`);
});

/** undefined where there is no such file. */
const linesOf = (path: string): number | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : undefined;

for (const what of ['lines', 'keep-alives']) {
  test(`a folder that somebody removed with an open minute of ${what} in it is made again, with all that was heard`, async () => {
    await using server = await streamServer();
    const made = journey({ api: server.url });
    await live(made, server, 0);
    await until('an open minute', () => existsSync(join(made.spool, part)));
    if (what === 'lines') {
      await server.send('{"data":{"id":"1"}}\r\n');
      await until('the line', () => readFileSync(join(made.spool, part)).length > 0);
    }
    rmSync(join(made.spool, '2026-03-10'), { recursive: true });
    if (what === 'lines') await server.send('{"data":{"id":"2"}}\r\n');
    await until('the part to stand again, while its minute is still open', async () => {
      await server.send('\r\n');
      await made.clock.pass(made.clock.now() < at('13:00:30') ? 100 : 0);
      return linesOf(join(made.spool, part)) === (what === 'lines' ? 2 : 0);
    });
    // What a SIGKILL leaves now, taken up elsewhere.
    const killed = afterKill(made);
    const again = journey({ api: server.url, folder: killed, clock: manualClock(made.clock.now()) });
    for (let second = 0; second < 61; second++) {
      await server.send('\r\n');
      await made.clock.pass(1_000);
    }
    await until('the minute to close', () => briefly(made.spool).length > 0);
    await made.stop();
    assert.is(briefly(made.spool)[0], what === 'lines' ? '13:00 2 60' : '13:00 0 60');
    assert.is(made.count('minute-file.rescued'), 1);
    assert.equal(made.raised, []);
    await again.connect();
    await again.stop();
    assert.is(readMinutes(again.spool)[0]?.lines, what === 'lines' ? 2 : 0);
  });
}

test('an error after a name was given to a minute without lines: the next try gives no other one', async () => {
  await using server = await streamServer();
  const hour = /\/2026-03-10\/13$/;
  let isRefusing = false;
  const restore = replaceSyncs(async (path, real) => {
    if (isRefusing && hour.test(path)) throw diskRefusal('EIO');
    await real();
  });
  try {
    const made = journey({ api: server.url });
    await live(made, server, 55);
    await until('the part to be synced', async () => {
      await server.send('\r\n');
      if (made.clock.now() < at('13:00:58')) await made.clock.pass(10);
      return rememberedMs(made.spool) > at('13:00:50');
    });
    isRefusing = true;
    await until('a refused close', async () => {
      await made.clock.pass(100);
      await server.send('\r\n');
      return briefly(made.spool).length > 0 && made.alerts.has('disk-failing');
    });
    for (let second = 0; second < 5; second++) await made.clock.pass(1_000);
    isRefusing = false;
    await until('the close', async () => {
      await made.clock.pass(1_000);
      await server.send('\r\n');
      return made.count('minute-file.closed') > 0;
    });
    await made.stop();
    assert.equal(
      briefly(made.spool).filter((name) => name.startsWith('13:00')),
      ['13:00 0 60'],
    );
  } finally {
    restore();
  }
});

test('an empty folder that is removed just before each step in it is made again, and nobody is alarmed', async () => {
  await using server = await streamServer();
  const removals: string[] = [];
  const removeBefore = async (step: string, path: string): Promise<void> => {
    if (removals.includes(step + path) || !path.includes(hourFolder)) return;
    removals.push(step + path);
    await rmdir(dirname(path)).catch(() => {});
  };
  const disk: Disk = {
    ...systemDisk,
    async open(path, naming) {
      await removeBefore('open', path);
      return systemDisk.open(path, naming);
    },
    async rename(from, to) {
      await removeBefore('rename', to);
      return systemDisk.rename(from, to);
    },
  };
  const made = journey({ api: server.url, disk });
  await live(made, server, 60);
  server.answerWith((_request, response) => response.writeHead(503).end());
  server.exchanges.at(-1)?.response.end();
  await until('the end', () => made.count('stream.ended') === 1);
  await made.clock.pass(121_000);
  await until('three minutes', () => briefly(made.spool).length >= 3);
  await made.stop();
  assert.equal(briefly(made.spool).slice(0, 3), ['13:00 0 60', '13:01 0 0', '13:02 0 0']);
  assert.ok(removals.some((step) => step.startsWith('open')) && removals.some((step) => step.startsWith('rename')));
  assert.equal(
    made.raised.filter((cause) => cause.startsWith('disk')),
    [],
  );
});

test('SIGKILL amid keep-alives, in fact: seconds and gaps of the minute add up to sixty', async () => {
  await using server = await streamServer();
  const option = '2026-03-10T13:00Z*10';
  const { spool, configPath } = ingestFolder(server.url);
  const begin = (clock: string): Child => startChild(['ingest', '--config', configPath, '--clock', clock]);
  const beating = setInterval(() => void server.send('\r\n').catch(() => {}), 50);
  const first = begin(option);
  await until('a connection', () => first.stderr.includes('"stream.connected"'));
  await until('some seconds', () => existsSync(join(spool, part)) && rememberedMs(spool) > at('13:00:12'));
  first.process.kill('SIGKILL');
  await first.ended();
  const knownMs = rememberedMs(spool);
  const second = begin(`${new Date(knownMs + 5_000).toISOString()}*10`);
  await until('the minute to close', () => briefly(spool).length > 0);
  second.process.kill('SIGTERM');
  assert.is(await second.ended(), 0);
  clearInterval(beating);
  const [minute] = readMinutes(spool);
  const [starting] = readGaps(spool);
  assert.equal(minuteDifferences(minute ? [minute] : [], readGaps(spool), { startMs: starting?.fromMs ?? 0 }), []);
  assert.ok(
    (minute?.connectedSeconds ?? 0) > (knownMs - (starting?.toMs ?? 0)) / 1_000,
    'the seconds before the kill count too',
  );
});

test.run();
