import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contentDigest } from '../../src/domain/minute-file.ts';
import { minuteName } from '../../src/domain/time.ts';
import { streamServer } from '../support/stream-server.ts';
import { until } from '../support/until.ts';
import { journey, payloadsOf, readMinutes } from './journey.ts';

const test = suite('ingest');
const tweet = (id: number): string => JSON.stringify({ data: { id: String(id), text: `naïve 😀 日本語 ${id}` } });
const linesIn = (path: string): number => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0);

test('what is sent stands in minute files by the wall clock, byte for byte, under names that prove it', async () => {
  await using server = await streamServer();
  const { spool, clock, start, stop, events } = journey({ api: server.url });
  start();
  await until('a connection', () => events.some(({ event }) => event === 'stream.connected'));
  await server.send(`${tweet(1)}\r\n\r\n${tweet(2)}\r\n`);
  await until('two lines', () => linesIn(join(spool, '2026-03-10/13/2026-03-10T13-00Z.part')) === 2);
  for (let keepAlive = 0; keepAlive < 12; keepAlive++) {
    await clock.pass(10_000);
    await server.send('\r\n');
  }
  await server.send(`${tweet(3)}\r\n`);
  await until('three minutes', () => readMinutes(spool).length >= 2);
  await until('the third line', () => linesIn(join(spool, '2026-03-10/13/2026-03-10T13-02Z.part')) === 1);
  await stop();
  const minutes = readMinutes(spool);
  assert.equal(
    minutes.map(({ minute, lines, connectedSeconds }) => [minuteName(minute), lines, connectedSeconds]),
    [
      ['2026-03-10T13:00Z', 2, 60],
      ['2026-03-10T13:01Z', 0, 60],
      ['2026-03-10T13:02Z', 1, 0],
    ],
  );
  assert.equal(payloadsOf(minutes), [tweet(1), tweet(2), tweet(3)]);
  for (const { text, digest } of minutes) assert.is(contentDigest(Buffer.from(text)), digest);
  const note = JSON.parse(minutes[0]?.text.split('\n')[0] ?? '').__twarc;
  assert.equal(note, {
    url: `${server.url}/2/tweets/sample/stream`,
    version: 'streamvault 1.0.0',
    retrieved_at: '2026-03-10T13:00:00.000Z',
  });
  assert.equal(
    readdirSync(spool)
      .filter((name) => !name.startsWith('.'))
      .sort(),
    ['2026-03-10'],
  );
  assert.is(readFileSync(join(spool, '.ingest.state'), 'utf8').includes('"isClosed":true'), true);
});

test('lines go to the disk only once the archive beside has had them', async () => {
  await using server = await streamServer();
  const gate = Promise.withResolvers<void>();
  const shown: string[] = [];
  const run = journey({
    api: server.url,
    parts: {
      archive: {
        tap: () => ({ bytes: (bytes) => void shown.push(bytes.toString()), end: () => {} }),
        ahead: () => gate.promise,
      },
    },
  });
  await run.connect();
  await server.send(`${tweet(1)}\r\n`);
  await until('the line to be shown', () => shown.join('').includes(tweet(1)));
  await run.clock.pass(5_000);
  const bytes = (): number => {
    const part = join(run.spool, '2026-03-10/13/2026-03-10T13-00Z.part');
    return existsSync(part) ? readFileSync(part).length : 0;
  };
  assert.is(bytes(), 0);
  gate.resolve();
  await until('the line to be on the disk', () => bytes() > 0);
  await run.stop();
});

test.run();
