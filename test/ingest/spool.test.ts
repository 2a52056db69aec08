import {
  appendFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contentDigest, minuteFileName } from '../../src/domain/minute-file.ts';
import { minuteName, minuteOf } from '../../src/domain/time.ts';
import { boundBytes } from '../../src/ingest/minute-writer.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import type { Naming } from '../../src/outside/open-file.ts';
import { manualClock } from '../support/manual-clock.ts';
import { streamServer } from '../support/stream-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { type Journey, journey, payloadsOf, readMinutes } from './journey.ts';

const test = suite('ingest and its spool');
const tweet = (id: number): string => JSON.stringify({ data: { id: String(id) } });
const noted = (id: number): string => `{"data":{"id":"${id}"},"__twarc":{"version":"x"}}\n`;
const hourFolder = '2026-03-10/13';
const count = ({ events }: Journey, name: string): number => events.filter(({ event }) => event === name).length;
const gapsOf = (spool: string): [string, string, string][] =>
  readFileSync(join(spool, 'gaps.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { from, to, cause } = JSON.parse(line) as Record<string, string>;
      return [from?.slice(11, 19) ?? '', to?.slice(11, 19) ?? '', cause ?? ''];
    });
const brief = (spool: string): string[] =>
  readMinutes(spool).map(
    ({ minute, lines, connectedSeconds }) => `${minuteName(minute).slice(11, 16)} ${lines} ${connectedSeconds}`,
  );

interface Left {
  readonly parts?: Readonly<Record<string, string>>;
  readonly state?: object;
}

/** A spool as a dead process left it at 12:57:30 or later; the clock starts at 13:00:00. */
function left({ parts = {}, state }: Left): string {
  const folder = temporaryFolder();
  const spool = join(folder, 'spool');
  mkdirSync(spool);
  for (const [path, text] of Object.entries(parts)) {
    mkdirSync(join(spool, path, '..'), { recursive: true });
    writeFileSync(join(spool, path), text);
  }
  if (state) writeFileSync(join(spool, '.ingest.state'), `{"garbled\n${JSON.stringify(state)}\n{"minute":295`);
  return folder;
}

const at = (clock: string): number => Date.parse(`2026-03-10T${clock}Z`);
const stateAt = (clock: string, more: object = {}): object => ({
  minute: minuteOf(at(clock)),
  isClosed: false,
  coverage: { certainMs: at(clock), broken: [] },
  patience: { connectsAt: [at(clock)] },
  ...more,
});

async function startedOnce(folder: string, api: string): Promise<Journey> {
  const made = journey({ api, folder });
  made.start();
  await until('a connection', () => count(made, 'stream.connected') === 1);
  return made;
}

test('a minute that a dead process left is closed with the seconds known, and the dead time is written as not connected', async () => {
  await using server = await streamServer();
  const folder = left({
    parts: { '2026-03-10/12/2026-03-10T12-57Z.part': noted(1) + noted(2) },
    state: stateAt('12:57:30', {
      coverage: { certainMs: at('12:57:30.200'), broken: [[at('12:57:03.500'), at('12:57:05')]] },
    }),
  });
  const made = await startedOnce(folder, server.url);
  await made.stop();
  assert.equal(brief(made.spool), ['12:57 2 28', '12:58 0 0', '12:59 0 0', '13:00 0 0']);
  assert.equal(gapsOf(made.spool), [['12:57:30', '13:00:00', 'process-dead']]);
});

test('the current minute is continued: its lines and connected seconds count on', async () => {
  await using server = await streamServer();
  const folder = left({ parts: { [`${hourFolder}/2026-03-10T13-00Z.part`]: noted(1) }, state: stateAt('13:00:20') });
  const made = journey({ api: server.url, folder });
  await made.clock.pass(30_000);
  made.start();
  await until('a connection', () => count(made, 'stream.connected') === 1);
  await server.send(`${tweet(2)}\r\n`);
  await until('the line', () =>
    readFileSync(join(made.spool, hourFolder, '2026-03-10T13-00Z.part'), 'utf8').includes('"2"'),
  );
  for (let second = 0; second < 31; second++) {
    await made.clock.pass(1_000);
    await server.send('\r\n');
  }
  await until('the minute to close', () => brief(made.spool).length > 0);
  await made.stop();
  assert.is(brief(made.spool)[0], '13:00 2 50');
});

test('a torn last line goes aside, and damage among lines too, with every whole line kept', async () => {
  await using server = await streamServer();
  const whole = noted(1) + noted(2);
  for (const [damage, after, seconds] of [
    ['{"data":{"te', '', 30],
    ['\0\0\0\0', '', 30],
    ['{"data":{}}', '', 30],
    ['\0\0\0\n', noted(3), 0],
  ] as const) {
    const folder = left({
      parts: { '2026-03-10/12/2026-03-10T12-59Z.part': whole + damage + after },
      state: stateAt('12:59:30'),
    });
    const made = await startedOnce(folder, server.url);
    await made.stop();
    assert.equal(
      [readMinutes(made.spool)[0]?.text, readMinutes(made.spool)[0]?.connectedSeconds],
      [whole + after, seconds],
      JSON.stringify(damage),
    );
    assert.is(readFileSync(join(made.spool, 'aside', '2026-03-10_cut-off.lines'), 'utf8').trimEnd(), damage.trimEnd());
    assert.is(count(made, 'line.torn'), 1);
  }
});

test('a torn last line keeps no start from hearing on a full disk: the file is cut where it stands', async () => {
  await using server = await streamServer();
  const part = `${hourFolder}/2026-03-10T13-00Z.part`;
  const folder = left({ parts: { [part]: `${noted(1)}{"data":{"te` }, state: stateAt('13:00:00') });
  let isFull = true;
  const refuse = (): void => {
    if (isFull) throw Object.assign(new Error('ENOSPC: refused by the test'), { code: 'ENOSPC' });
  };
  const disk: Disk = {
    ...systemDisk,
    async write(path, bytes) {
      refuse();
      return systemDisk.write(path, bytes);
    },
    async open(path, naming) {
      const file = await systemDisk.open(path, naming);
      const append = async (bytes: Uint8Array): Promise<void> => {
        refuse();
        await file.append(bytes);
      };
      return { ...file, append };
    },
  };
  const made = journey({ api: server.url, folder, disk });
  made.start();
  await until('a connection', () => count(made, 'stream.connected') === 1);
  await server.send(`${tweet(2)}\r\n`);
  await until('a refusal', () => made.alerts.has('disk-full'));
  isFull = false;
  await until('room', async () => {
    await made.clock.pass(500);
    return !made.alerts.has('disk-full');
  });
  await made.stop();
  assert.equal(payloadsOf(readMinutes(made.spool)), [tweet(1), tweet(2)]);
  assert.is(count(made, 'line.torn'), 1);
});

test('without its memory a start goes by the directory: what was open closes as not connected, nothing is missing', async () => {
  await using server = await streamServer();
  const folder = left({
    parts: { '2026-03-10/12/2026-03-10T12-56Z.part': noted(1), '2026-03-10/12/2026-03-10T12-58Z.part': noted(2) },
  });
  const made = await startedOnce(folder, server.url);
  await made.stop();
  assert.equal(brief(made.spool), ['12:56 1 0', '12:58 1 0', '12:59 0 0', '13:00 0 0']);
});

test('after a clean stop a restart in the same minute makes a second file, and their seconds add up to what was heard', async () => {
  await using server = await streamServer();
  const made = await startedOnce(left({}), server.url);
  const part = join(made.spool, hourFolder, '2026-03-10T13-00Z.part');
  for (let second = 0; second < 20; second++) {
    await made.clock.pass(1_000);
    await server.send(`${tweet(second)}\r\n`);
    await until('the line', () => existsSync(part) && readFileSync(part, 'utf8').split('\n').length === second + 2);
  }
  await made.stop();
  await made.clock.pass(10_000);
  made.start();
  await until('a second connection', () => count(made, 'stream.connected') === 2);
  for (let second = 30; second <= 60; second++) {
    await server.send('\r\n');
    await made.clock.pass(1_000);
  }
  await until('the minute to close', () => brief(made.spool).length === 2);
  await made.stop();
  assert.equal(brief(made.spool).slice(0, 2), ['13:00 0 30', '13:00 20 20']);
  assert.equal(gapsOf(made.spool), [['13:00:20', '13:00:30', 'stopped']]);
});

test('a death right after the close of a minute: the gap begins where the name ends to know, and no earlier', async () => {
  await using server = await streamServer();
  for (const [seconds, from] of [
    [60, '13:00:00'],
    [52, '12:59:52'],
  ] as const) {
    const folder = left({ state: stateAt('12:59:52') });
    const content = Buffer.from(noted(1));
    const closed = {
      minute: minuteOf(at('12:59:00')),
      lines: 1,
      connectedSeconds: seconds,
      digest: contentDigest(content),
    };
    mkdirSync(join(folder, 'spool', '2026-03-10/12'), { recursive: true });
    writeFileSync(join(folder, 'spool', '2026-03-10/12', minuteFileName(closed)), content);
    const made = journey({ api: server.url, folder, clock: manualClock(at('13:00:05')) });
    made.start();
    await until('a connection', () => count(made, 'stream.connected') === 1);
    await made.stop();
    assert.equal(gapsOf(made.spool), [[from, '13:00:05', 'process-dead']]);
  }
});

test('minutes that were closed since the last memory are not closed again', async () => {
  await using server = await streamServer();
  const folder = left({ state: stateAt('12:56:30') });
  mkdirSync(join(folder, 'spool', '2026-03-10/12'), { recursive: true });
  for (const [clock, connectedSeconds] of [
    ['12:56:00', 30],
    ['12:57:00', 0],
  ] as const) {
    const content = Buffer.from(noted(connectedSeconds));
    const closed = { minute: minuteOf(at(clock)), lines: 1, connectedSeconds, digest: contentDigest(content) };
    writeFileSync(join(folder, 'spool', '2026-03-10/12', minuteFileName(closed)), content);
  }
  const made = await startedOnce(folder, server.url);
  await made.stop();
  assert.equal(brief(made.spool), ['12:56 1 30', '12:57 1 0', '12:58 0 0', '12:59 0 0', '13:00 0 0']);
});

test('dead for longer than the late window: only its minutes are written', async () => {
  await using server = await streamServer();
  const folder = left({
    parts: { '2026-01-01/00/2026-01-01T00-00Z.part': noted(1) },
    state: {
      ...stateAt('12:00:00'),
      minute: minuteOf(Date.parse('2026-01-01T00:00:10Z')),
      coverage: { certainMs: Date.parse('2026-01-01T00:00:10Z'), broken: [] },
    },
  });
  const made = journey({ api: server.url, folder, config: '[watch]\nlate_window = "2h"\n' });
  made.start();
  await until('a connection', () => count(made, 'stream.connected') === 1);
  await made.stop();
  const minutes = brief(made.spool);
  assert.equal([minutes[0], minutes[1], minutes.at(-1), minutes.length], ['00:00 1 10', '11:00 0 0', '13:00 0 0', 122]);
});

test('a gap that went on when the process died is written with its own cause, once', async () => {
  await using server = await streamServer();
  const gap = {
    certainMs: at('12:59:50'),
    broken: [[at('12:59:40'), at('12:59:50')]],
    gap: { fromMs: at('12:59:40'), cause: 'network' },
  };
  const folder = left({ state: stateAt('12:59:50', { coverage: gap }) });
  writeFileSync(
    join(folder, 'spool', 'gaps.jsonl'),
    '{"from":"2026-03-10T12:00:00.000Z","to":"2026-03-10T12:00:01.000Z","seconds":1,"cause":"reset","server":1}\n{"from":"2026-03',
  );
  const made = await startedOnce(folder, server.url);
  await made.stop();
  assert.equal(gapsOf(made.spool), [
    ['12:00:00', '12:00:01', 'reset'],
    ['12:59:40', '12:59:50', 'network'],
    ['12:59:50', '13:00:00', 'process-dead'],
  ]);
  appendFileSync(join(made.spool, '.ingest.state'), `${JSON.stringify(stateAt('12:59:50', { coverage: gap }))}\n`);
  const again = await startedOnce(folder, server.url);
  await again.stop();
  assert.is(gapsOf(made.spool).filter(([from]) => from === '12:59:40').length, 1);
});

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
          throw Object.assign(new Error(`${code}: refused by the test`), { code });
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
    made.start();
    await until('a connection', () => count(made, 'stream.connected') === 1);
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
      return brief(made.spool).length === 1;
    });
    await made.stop();
    assert.not(made.alerts.has(cause));
    assert.equal(
      payloadsOf(readMinutes(made.spool)),
      Array.from({ length: 51 }, (_, index) => tweet(index + 1)),
    );
    assert.is(brief(made.spool)[0], '13:00 50 60');
    assert.is(count(made, 'stream.ended'), 0);
  });
}

test('memory that is full holds the stream back without dropping it, and the time counts as not heard', async () => {
  await using server = await streamServer();
  const disk = fillingDisk('ENOSPC');
  const made = journey({ api: server.url, disk });
  made.start();
  await until('a connection', () => count(made, 'stream.connected') === 1);
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
  assert.is(count(made, 'stream.ended'), 0, 'our own silence is no stall');
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
  assert.ok(gapsOf(made.spool).some(([, , cause]) => cause === 'buffer-full'));
});

test('a stop ends within 5 s also where the disk refuses: the minute stays open for the next start, and the loss is told', async () => {
  await using server = await streamServer();
  const disk = fillingDisk('ENOSPC');
  const made = journey({ api: server.url, disk });
  made.start();
  await until('a connection', () => count(made, 'stream.connected') === 1);
  await server.send(`${tweet(1)}\r\n`);
  const part = join(made.spool, hourFolder, '2026-03-10T13-00Z.part');
  await until('the line', () => existsSync(part) && readFileSync(part, 'utf8').includes('"1"'));
  disk.room = 0;
  await server.send(`${tweet(2)}\r\n`);
  await until('a refusal', () => disk.refused > 0);
  const began = made.clock.now();
  let isStopped = false;
  const stopping = made.stop().then(() => (isStopped = true));
  await until('the end', async () => {
    await made.clock.pass(100);
    return isStopped;
  });
  await stopping;
  assert.ok(made.clock.now() - began < 5_000, `${made.clock.now() - began} ms`);
  assert.is(made.events.find(({ event }) => event === 'line.lost')?.['lines'], 1);
  disk.room = Number.POSITIVE_INFINITY;
  made.start();
  await until('a second connection', () => count(made, 'stream.connected') === 2);
  await made.stop();
  assert.equal(payloadsOf(readMinutes(made.spool)), [tweet(1)]);
});

test('a name that stands already is proof of the same content: nothing is overwritten, no part is left', async () => {
  await using server = await streamServer();
  const made = await startedOnce(left({}), server.url);
  const empty = minuteFileName({
    minute: minuteOf(at('13:00:00')),
    lines: 0,
    connectedSeconds: 0,
    digest: 'e3b0c44298fc1c14',
  });
  mkdirSync(join(made.spool, hourFolder), { recursive: true });
  writeFileSync(join(made.spool, hourFolder, empty), '');
  await made.stop();
  assert.equal(readdirSync(join(made.spool, hourFolder)), [empty]);
});

test('lines that a refusing disk never took do not count as heard after a kill', async () => {
  await using server = await streamServer();
  const disk = fillingDisk('ENOSPC');
  const folder = temporaryFolder();
  const made = journey({ api: server.url, disk, folder });
  made.start();
  await until('a connection', () => count(made, 'stream.connected') === 1);
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
  const killed = temporaryFolder();
  cpSync(made.spool, join(killed, 'spool'), { recursive: true });
  const again = journey({ api: server.url, folder: killed, clock: manualClock(at('13:01:30')) });
  again.start();
  await until('a connection after the kill', () => count(again, 'stream.connected') === 1);
  await again.stop();
  const [first] = readMinutes(again.spool);
  assert.is(first?.lines, 1);
  assert.ok((first?.connectedSeconds ?? 60) <= 11, `${first?.connectedSeconds} s are called heard`);
  disk.room = Number.POSITIVE_INFINITY;
  const stopping = made.stop();
  await made.clock.pass(5_000);
  await stopping;
});

test('a stop while not connected leaves the gap in the ledger, with its own cause', async () => {
  const server = await streamServer();
  const made = await startedOnce(left({}), server.url);
  await server[Symbol.asyncDispose]();
  await until('the end of the connection', () => count(made, 'stream.ended') > 0);
  await made.clock.pass(200_000);
  await made.stop();
  const gaps = gapsOf(made.spool);
  const [from, to, cause] = gaps.at(-1) ?? [];
  assert.is(from, '13:00:00');
  assert.ok((to ?? '') >= '13:03:20', JSON.stringify(gaps));
  assert.ok(cause !== 'stopped', JSON.stringify(gaps));
});

test('a crash between name and removal of the part: the closed file never changes', async () => {
  await using server = await streamServer();
  const folder = left({ parts: { [`${hourFolder}/2026-03-10T13-00Z.part`]: noted(1) }, state: stateAt('13:00:00') });
  const spool = join(folder, 'spool');
  const closed = {
    minute: minuteOf(at('13:00:00')),
    lines: 1,
    connectedSeconds: 0,
    digest: contentDigest(Buffer.from(noted(1))),
  };
  const path = join(spool, hourFolder, minuteFileName(closed));
  linkSync(join(spool, hourFolder, '2026-03-10T13-00Z.part'), path);
  const made = await startedOnce(folder, server.url);
  await server.send(`${tweet(2)}\r\n`);
  const part = join(spool, hourFolder, '2026-03-10T13-00Z.part');
  await until('the line', () => existsSync(part) && readFileSync(part, 'utf8').includes('"2"'));
  await made.stop();
  assert.is(readFileSync(path, 'utf8'), noted(1));
  assert.equal(payloadsOf(readMinutes(spool)).toSorted(), [tweet(1), tweet(2)]);
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
        throw Object.assign(new Error('EIO: refused by the test'), { code: 'EIO' });
      };
      return { ...file, sync };
    },
  };
  const made = journey({ api: server.url, disk });
  made.start();
  await until('a connection', () => count(made, 'stream.connected') === 1);
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
  assert.is(count(made, 'minute-file.rewritten'), 1);
  await made.stop();
});

test('lines go to the disk only once the archive beside has had them', async () => {
  await using server = await streamServer();
  const gate = Promise.withResolvers<void>();
  const shown: string[] = [];
  const run = journey({
    api: server.url,
    parts: {
      archive: {
        tap: () => ({ bytes: (bytes) => void shown.push(bytes.toString('latin1')), end: () => {} }),
        ahead: () => gate.promise,
      },
    },
  });
  run.start();
  await until('the connection', () => count(run, 'stream.connected') > 0);
  await server.send(`${tweet(1)}\r\n`);
  await until('the line to be shown', () => shown.join('').includes(tweet(1)));
  await run.clock.pass(5_000);
  const bytes = (): number => {
    const part = join(run.spool, hourFolder, '2026-03-10T13-00Z.part');
    return existsSync(part) ? readFileSync(part).length : 0;
  };
  assert.is(bytes(), 0);
  gate.resolve();
  await until('the line to be on the disk', () => bytes() > 0);
  await run.stop();
});

test.run();
