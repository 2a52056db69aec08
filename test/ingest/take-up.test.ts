// A start after a death, a clean stop or damage: what the spool holds is closed, continued or set aside, and the dead time is owned up to.
import { appendFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contentDigest, minuteFileName } from '../../src/domain/minute-file.ts';
import { minuteOf } from '../../src/domain/time.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { diskRefusal } from '../support/disk-refusal.ts';
import { manualClock } from '../support/manual-clock.ts';
import { streamServer } from '../support/stream-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { at, briefly, type Journey, journey, payloadsOf, readMinutes } from './journey.ts';
import { gapsBriefly } from './ledger-check.ts';

const test = suite('what a start takes up');
const tweet = (id: number): string => JSON.stringify({ data: { id: String(id) } });
const noted = (id: number): string => `{"data":{"id":"${id}"},"__twarc":{"version":"x"}}\n`;
const hourFolder = '2026-03-10/13';

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

const stateAt = (clock: string, more: object = {}): object => ({
  minute: minuteOf(at(clock)),
  isClosed: false,
  coverage: { certainMs: at(clock), broken: [] },
  patience: { connectsAt: [at(clock)] },
  ...more,
});

async function startedOnce(folder: string, api: string): Promise<Journey> {
  const made = journey({ api, folder });
  await made.connect();
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
  assert.equal(briefly(made.spool), ['12:57 2 28', '12:58 0 0', '12:59 0 0', '13:00 0 0']);
  assert.equal(gapsBriefly(made.spool), ['12:57:30 13:00:00 process-dead']);
});

test('the current minute is continued: its lines and connected seconds count on', async () => {
  await using server = await streamServer();
  const folder = left({ parts: { [`${hourFolder}/2026-03-10T13-00Z.part`]: noted(1) }, state: stateAt('13:00:20') });
  const made = journey({ api: server.url, folder });
  await made.clock.pass(30_000);
  await made.connect();
  await server.send(`${tweet(2)}\r\n`);
  await until('the line', () =>
    readFileSync(join(made.spool, hourFolder, '2026-03-10T13-00Z.part'), 'utf8').includes('"2"'),
  );
  for (let second = 0; second < 31; second++) {
    await made.clock.pass(1_000);
    await server.send('\r\n');
  }
  await until('the minute to close', () => briefly(made.spool).length > 0);
  await made.stop();
  assert.is(briefly(made.spool)[0], '13:00 2 50');
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
    assert.is(made.count('line.torn'), 1);
  }
});

test('a torn last line keeps no start from hearing on a full disk: the file is cut where it stands', async () => {
  await using server = await streamServer();
  const part = `${hourFolder}/2026-03-10T13-00Z.part`;
  const folder = left({ parts: { [part]: `${noted(1)}{"data":{"te` }, state: stateAt('13:00:00') });
  let isFull = true;
  const refuse = (): void => {
    if (isFull) throw diskRefusal('ENOSPC');
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
  await made.connect();
  await server.send(`${tweet(2)}\r\n`);
  await until('a refusal', () => made.alerts.has('disk-full'));
  isFull = false;
  await until('room', async () => {
    await made.clock.pass(500);
    return !made.alerts.has('disk-full');
  });
  await made.stop();
  assert.equal(payloadsOf(readMinutes(made.spool)), [tweet(1), tweet(2)]);
  assert.is(made.count('line.torn'), 1);
});

test('without its memory a start goes by the directory: what was open closes as not connected, nothing is missing', async () => {
  await using server = await streamServer();
  const folder = left({
    parts: { '2026-03-10/12/2026-03-10T12-56Z.part': noted(1), '2026-03-10/12/2026-03-10T12-58Z.part': noted(2) },
  });
  const made = await startedOnce(folder, server.url);
  await made.stop();
  assert.equal(briefly(made.spool), ['12:56 1 0', '12:58 1 0', '12:59 0 0', '13:00 0 0']);
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
  await made.connect();
  for (let second = 30; second <= 60; second++) {
    await server.send('\r\n');
    await made.clock.pass(1_000);
  }
  await until('the minute to close', () => briefly(made.spool).length === 2);
  await made.stop();
  assert.equal(briefly(made.spool).slice(0, 2), ['13:00 0 30', '13:00 20 20']);
  assert.equal(gapsBriefly(made.spool), ['13:00:20 13:00:30 stopped']);
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
    await made.connect();
    await made.stop();
    assert.equal(gapsBriefly(made.spool), [`${from} 13:00:05 process-dead`]);
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
  assert.equal(briefly(made.spool), ['12:56 1 30', '12:57 1 0', '12:58 0 0', '12:59 0 0', '13:00 0 0']);
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
  await made.connect();
  await made.stop();
  const minutes = briefly(made.spool);
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
  assert.equal(gapsBriefly(made.spool), [
    '12:00:00 12:00:01 reset',
    '12:59:40 12:59:50 network',
    '12:59:50 13:00:00 process-dead',
  ]);
  appendFileSync(join(made.spool, '.ingest.state'), `${JSON.stringify(stateAt('12:59:50', { coverage: gap }))}\n`);
  const again = await startedOnce(folder, server.url);
  await again.stop();
  assert.is(gapsBriefly(made.spool).filter((gap) => gap.startsWith('12:59:40')).length, 1);
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

test('a file that has its name and is still called a part, too: the closed file never changes', async () => {
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

test.run();
