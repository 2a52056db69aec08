// A disk that takes no more bytes, or no sync, and later does: nothing that was read is lost, and somebody is told.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { boundBytes } from '../../src/ingest/minute-writer.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import type { Naming } from '../../src/outside/open-file.ts';
import { diskRefusal } from '../support/disk-refusal.ts';
import { manualClock } from '../support/manual-clock.ts';
import { streamServer } from '../support/stream-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { afterKill, at, briefly, journey, msToStop, payloadsOf, readMinutes } from './journey.ts';
import { gapsBriefly } from './ledger-check.ts';

const test = suite('ingest on a disk that refuses');
const tweet = (id: number): string => JSON.stringify({ data: { id: String(id) } });
const hourFolder = '2026-03-10/13';

/** A disk that takes `room` bytes of lines and then refuses, in the middle of a write, until it is told to go on. */
function fillingDisk(code: string): Disk & { room: number; refused: number } {
  const disk = {
    ...systemDisk,
    room: Number.POSITIVE_INFINITY,
    refused: 0,
    async open(path: string, naming?: Naming) {
      const file = await systemDisk.open(path, naming);
      if (!path.endsWith('.part')) return file;
      return {
        ...file,
        async append(bytes: Uint8Array) {
          const taken = bytes.subarray(0, Math.max(0, Math.min(bytes.length, disk.room)));
          disk.room -= taken.length;
          await file.append(taken);
          if (taken.length === bytes.length) return;
          disk.refused++;
          throw diskRefusal(code);
        },
      };
    },
  };
  return disk;
}

for (const [code, cause] of [
  ['ENOSPC', 'disk-full'],
  ['EIO', 'disk-failing'],
] as const) {
  test(`${code}: the open minute ends with a whole line, the stream is still read, and nothing is lost once the disk writes again`, async () => {
    await using server = await streamServer();
    const disk = fillingDisk(code);
    const made = journey({ api: server.url, disk });
    await made.connect();
    const part = join(made.spool, hourFolder, '2026-03-10T13-00Z.part');
    await server.send(`${tweet(1)}\r\n`);
    await until('the line', () => existsSync(part) && readFileSync(part, 'utf8').includes('"1"'));
    disk.room = 100;
    for (let id = 2; id <= 50; id++) await server.send(`${tweet(id)}\r\n`);
    await until('the alert', () => made.alerts.has(cause));
    await until('a cut to whole lines', () => readFileSync(part, 'utf8').endsWith('}\n'));
    // A minute ends meanwhile: its lines still go where they belong.
    for (let second = 0; second < 65; second++) {
      await made.clock.pass(1_000);
      await server.send('\r\n');
    }
    await server.send(`${tweet(51)}\r\n`);
    assert.equal(readMinutes(made.spool), []);
    disk.room = Number.POSITIVE_INFINITY;
    await until('the minute to close', async () => {
      await made.clock.pass(1_000);
      await server.send('\r\n');
      return briefly(made.spool).length === 1;
    });
    await made.stop();
    assert.not(made.alerts.has(cause));
    assert.equal(
      payloadsOf(readMinutes(made.spool)),
      Array.from({ length: 51 }, (_, index) => tweet(index + 1)),
    );
    assert.is(briefly(made.spool)[0], '13:00 50 60');
    assert.is(made.count('stream.ended'), 0);
  });
}

test('memory that is full holds the stream back without dropping it, and the time counts as not heard', async () => {
  await using server = await streamServer();
  const disk = fillingDisk('ENOSPC');
  const made = journey({ api: server.url, disk });
  await made.connect();
  disk.room = 0;
  const line = `{"data":{"text":"${'x'.repeat(1 << 20)}"}}\r\n`;
  const lines = Math.ceil((boundBytes * 1.5) / line.length);
  let sent = 0;
  const sending = (async () => {
    for (; sent < lines; sent++) await server.send(line);
  })();
  await until(
    'the stream to be held back',
    async () => {
      const before = sent;
      await made.clock.pass(1_000);
      await new Promise((resolve) => setImmediate(resolve));
      return sent === before && disk.refused > 3 && sent > 60;
    },
    120_000,
  );
  for (let second = 0; second < 30; second++) await made.clock.pass(1_000);
  assert.is(made.count('stream.ended'), 0, 'our own silence is no stall');
  disk.room = Number.POSITIVE_INFINITY;
  await until(
    'all to be sent',
    async () => {
      await made.clock.pass(100);
      return sent === lines;
    },
    120_000,
  );
  await sending;
  await server.send(`${tweet(7)}\r\n`);
  await until(
    'the last line',
    async () => {
      await made.clock.pass(100);
      return readdirSync(made.spool, { recursive: true, encoding: 'utf8' }).some(
        (name) => name.endsWith('.part') && readFileSync(join(made.spool, name)).includes('"7"'),
      );
    },
    120_000,
  );
  await made.stop();
  assert.is(payloadsOf(readMinutes(made.spool)).length, lines + 1);
  assert.ok(gapsBriefly(made.spool).some((gap) => gap.endsWith(' buffer-full')));
});

test('a stop ends within 5 s also where the disk refuses: the minute stays open for the next start, and the loss is told', async () => {
  await using server = await streamServer();
  const disk = fillingDisk('ENOSPC');
  const made = journey({ api: server.url, disk });
  await made.connect();
  await server.send(`${tweet(1)}\r\n`);
  const part = join(made.spool, hourFolder, '2026-03-10T13-00Z.part');
  await until('the line', () => existsSync(part) && readFileSync(part, 'utf8').includes('"1"'));
  disk.room = 0;
  await server.send(`${tweet(2)}\r\n`);
  await until('a refusal', () => disk.refused > 0);
  const tookMs = await msToStop(made);
  assert.ok(tookMs < 5_000, `${tookMs} ms`);
  assert.is(made.events.find(({ event }) => event === 'line.lost')?.['lines'], 1);
  disk.room = Number.POSITIVE_INFINITY;
  await made.connect();
  await made.stop();
  assert.equal(payloadsOf(readMinutes(made.spool)), [tweet(1)]);
});

test('lines that a refusing disk never took do not count as heard after a kill', async () => {
  await using server = await streamServer();
  const disk = fillingDisk('ENOSPC');
  const folder = temporaryFolder();
  const made = journey({ api: server.url, disk, folder });
  await made.connect();
  await server.send(`${tweet(1)}\r\n`);
  const part = join(made.spool, hourFolder, '2026-03-10T13-00Z.part');
  await until('the line', () => existsSync(part) && readFileSync(part, 'utf8').includes('"1"'));
  for (let second = 0; second < 10; second++) {
    await made.clock.pass(1_000);
    await server.send('\r\n');
  }
  disk.room = 0;
  await server.send(`${tweet(2)}\r\n`);
  await until('a refusal', () => disk.refused > 0);
  for (let second = 0; second < 30; second++) {
    await made.clock.pass(1_000);
    await server.send('\r\n');
  }
  // What a SIGKILL leaves now, started again elsewhere.
  const killed = afterKill(made);
  const again = journey({ api: server.url, folder: killed, clock: manualClock(at('13:01:30')) });
  await again.connect();
  await again.stop();
  const [first] = readMinutes(again.spool);
  assert.is(first?.lines, 1);
  assert.ok((first?.connectedSeconds ?? 60) <= 11, `${first?.connectedSeconds} s are called heard`);
  disk.room = Number.POSITIVE_INFINITY;
  const stopping = made.stop();
  await made.clock.pass(5_000);
  await stopping;
});

test('a sync that fails once is tried again, told, and over when the disk syncs', async () => {
  await using server = await streamServer();
  let refusals = 0;
  const disk: Disk = {
    ...systemDisk,
    async open(path, naming) {
      const file = await systemDisk.open(path, naming);
      const sync = async (): Promise<void> => {
        if (!path.endsWith('.part') || refusals++ > 0) return file.sync();
        throw diskRefusal('EIO');
      };
      return { ...file, sync };
    },
  };
  const made = journey({ api: server.url, disk });
  await made.connect();
  await server.send(`${tweet(1)}\r\n`);
  await until('the alert', async () => {
    await made.clock.pass(1_000);
    return made.raised.includes('disk-failing');
  });
  await until('the end of it', async () => {
    await made.clock.pass(1_000);
    await server.send(`${tweet(2)}\r\n`);
    return !made.alerts.has('disk-failing');
  });
  assert.is(made.count('minute-file.rewritten'), 1);
  await made.stop();
});

test.run();
