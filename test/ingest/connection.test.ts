import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { immediateDisk } from '../support/immediate-disk.ts';
import { type StreamServer, streamServer } from '../support/stream-server.ts';
import { until } from '../support/until.ts';
import { type Journey, journey, keepAlive, payloadsOf, readMinutes, windUntil } from './journey.ts';

const test = suite('ingest and its connection');
const tweet = (id: number): string => JSON.stringify({ data: { id: String(id) } });
const gapsOf = ({ spool }: Journey): Record<string, unknown>[] =>
  readFileSync(join(spool, 'gaps.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function connected(api: StreamServer, config = ''): Promise<Journey> {
  const made = journey({ api: api.url, config, disk: immediateDisk });
  await made.connect();
  return made;
}

/** Sends a line and waits until ingest has it. */
async function heard(server: StreamServer, made: Journey, id: number): Promise<void> {
  await server.send(`${tweet(id)}\r\n`);
  await until('the line', () =>
    readdirSync(made.spool, { recursive: true, encoding: 'utf8' }).some(
      (name) => name.endsWith('.part') && readFileSync(join(made.spool, name), 'utf8').includes(`"${id}"`),
    ),
  );
}

test('a stream that falls silent for 21 s is made again; the gap counts from its last byte', async () => {
  await using server = await streamServer();
  const made = await connected(server);
  await made.clock.pass(5_000);
  await heard(server, made, 1);
  await made.clock.pass(20_900);
  assert.is(made.count('stream.ended'), 0);
  await windUntil(made, 'a second connection', () => made.count('stream.connected') === 2);
  await heard(server, made, 2);
  await made.stop();
  const ended = made.events.find(({ event }) => event === 'stream.ended');
  assert.is(ended?.['how'], 'stalled');
  assert.is(gapsOf(made).at(-1)?.['from'], '2026-03-10T13:00:05.000Z');
  assert.is(gapsOf(made).at(-1)?.['cause'], 'stalled');
  assert.equal(payloadsOf(readMinutes(made.spool)), [tweet(1), tweet(2)]);
});

test('bytes that drip for ever without ending a line are a broken stream after a minute', async () => {
  await using server = await streamServer();
  const made = await connected(server);
  await heard(server, made, 1);
  for (let drip = 0; drip < 62 && made.count('stream.ended') === 0; drip++) {
    await server.send('x').catch(() => {});
    await made.clock.pass(1_000);
  }
  await until('the end', () => made.count('stream.ended') === 1);
  assert.is(made.events.find(({ event }) => event === 'stream.ended')?.['how'], 'endless-line');
  await windUntil(made, 'a second connection', () => made.count('stream.connected') === 2);
  await made.stop();
  assert.equal(
    [gapsOf(made).at(-1)?.['from'], gapsOf(made).at(-1)?.['cause']],
    ['2026-03-10T13:00:00.000Z', 'endless-line'],
    'from the last whole line on',
  );
  const [first] = readMinutes(made.spool);
  assert.equal(
    [first?.lines, first?.connectedSeconds],
    [1, 0],
    'a line without an end is not heard, however many bytes it brings',
  );
  assert.is(readFileSync(join(made.spool, 'aside', '2026-03-10_cut-off.lines'), 'utf8').replace(/x+/, 'x'), 'x\n');
});

test('an operational disconnect is not waited out: the line goes aside, the stream is made again at once', async () => {
  await using server = await streamServer();
  const made = await connected(server);
  await heard(server, made, 1);
  const message =
    '{"errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect","detail":"away"}]}';
  await server.send(`${message}\r\n`);
  await until('a second connection', () => made.count('stream.connected') === 2);
  await made.stop();
  assert.is(made.events.find(({ event }) => event === 'stream.ended')?.['how'], 'operational-disconnect');
  assert.is(readFileSync(join(made.spool, 'aside', '2026-03-10_system-message.lines'), 'utf8'), `${message}\n`);
  assert.match(
    readFileSync(join(made.spool, 'aside', '2026-03-10_system-message.lines.txt'), 'utf8'),
    'errors without data',
  );
  assert.equal(payloadsOf(readMinutes(made.spool)), [tweet(1)]);
});

test('half a line at the end of a connection goes aside, and the next connection begins anew', async () => {
  await using server = await streamServer();
  const made = await connected(server);
  await heard(server, made, 1);
  await server.send('{"data":{"id":"ha');
  server.exchanges.at(-1)?.response.end();
  await until('a second connection', () => made.count('stream.connected') === 2);
  await heard(server, made, 2);
  await made.stop();
  assert.equal(payloadsOf(readMinutes(made.spool)), [tweet(1), tweet(2)]);
  assert.is(readFileSync(join(made.spool, 'aside', '2026-03-10_cut-off.lines'), 'utf8'), '{"data":{"id":"ha\n');
});

test('a wrong token is told with its remedy and tried again slowly, and a mended one is read without a restart', async () => {
  await using server = await streamServer();
  server.answerWith((request, response) => {
    if (request.headers.authorization === 'Bearer mended') response.writeHead(200).flushHeaders();
    else response.writeHead(401, { 'content-type': 'application/json' }).end('{"title":"Unauthorized","status":401}');
  });
  const made = journey({ api: server.url, disk: immediateDisk });
  made.start();
  await until('a refusal', () => made.alerts.has('stream-refused'));
  assert.match(String(made.events.find(({ event }) => event === 'alert')?.['sentence']), 'bearer_token_file');
  const token = join(dirname(made.spool), 'token');
  writeFileSync(token, 'mended\n');
  chmodSync(token, 0o600);
  await made.clock.pass(59_000);
  assert.is(server.exchanges.length, 1);
  await windUntil(made, 'a connection', () => made.count('stream.connected') === 1);
  await made.stop();
  assert.is(JSON.stringify(made.events).includes('test-token-of-no-worth'), false, 'no token in the log');
});

test('after an outage the minutes missed are asked for; a refused parameter is dropped, remembered and told once', async () => {
  await using server = await streamServer();
  const asked = (): (string | null)[] =>
    server.exchanges.map(({ request }) => new URL(request.url ?? '', 'http://x').searchParams.get('backfill_minutes'));
  const made = await connected(server, 'backfill = true\n');
  assert.equal(asked(), [null], 'nothing was missed before the first start');
  await heard(server, made, 1);
  server.answerWith((_request, response) => response.writeHead(503).end());
  server.exchanges.at(-1)?.response.end();
  await windUntil(made, 'more tries', () => server.exchanges.length === 6);
  // 5, 10, 20 and 40 s were waited: more than one minute, which is asked for as three.
  assert.equal(asked().slice(2), ['2', '2', '2', '3']);
  server.answerWith((request, response) => {
    if (request.url?.includes('backfill_minutes'))
      response.writeHead(400).end('{"title":"Invalid Request","detail":"backfill_minutes is not allowed"}');
    else response.writeHead(200).flushHeaders();
  });
  await windUntil(made, 'a connection', () => made.count('stream.connected') === 2);
  assert.equal(asked().slice(-2), [asked().at(-2), null]);
  await heard(server, made, 2);
  server.exchanges.at(-1)?.response.end();
  await windUntil(made, 'another connection', () => made.count('stream.connected') === 3);
  await made.stop();
  made.start();
  await windUntil(made, 'a connection after the restart', () => made.count('stream.connected') === 4);
  await made.stop();
  assert.is(asked().at(-1), null);
  assert.is(made.raised.filter((cause) => cause === 'backfill-refused').length, 1);
});

test('minutes missed over several starts are all asked for; a refusal that names nothing is tried without them', async () => {
  await using server = await streamServer();
  const asked = (): (string | null)[] =>
    server.exchanges.map(({ request }) => new URL(request.url ?? '', 'http://x').searchParams.get('backfill_minutes'));
  const made = await connected(server, 'backfill = true\n');
  await heard(server, made, 1);
  await made.stop();
  server.answerWith((_request, response) => response.writeHead(503).end());
  for (const starts of [2, 3]) {
    await made.clock.pass(70_000);
    made.start();
    await until('a refusal', () => server.exchanges.length === starts);
    await until('its end', () => made.count('stream.unavailable') === starts - 1);
    await made.stop();
  }
  assert.equal(asked(), [null, '3', '4']);
  server.answerWith((request, response) => {
    if (request.url?.includes('backfill_minutes')) response.writeHead(403).end('{"title":"Forbidden"}');
    else response.writeHead(200).flushHeaders();
  });
  made.start();
  await windUntil(made, 'a connection', () => made.count('stream.connected') === 2);
  await made.stop();
  assert.equal(asked().slice(3), ['4', null]);
  assert.not(made.raised.includes('backfill-refused'));
});

test('a refusal that was not of the backfill leaves it: once the stream is given again, the minutes missed are asked for', async () => {
  await using server = await streamServer();
  const asked = (): (string | null)[] =>
    server.exchanges.map(({ request }) => new URL(request.url ?? '', 'http://x').searchParams.get('backfill_minutes'));
  const made = await connected(server, 'backfill = true\n');
  await heard(server, made, 1);
  server.answerWith((_request, response) => response.writeHead(403).end('{"title":"Forbidden"}'));
  server.exchanges.at(-1)?.response.end();
  await windUntil(made, 'both to be refused', () => made.count('stream.refused') === 1);
  server.answerWith((_request, response) => response.writeHead(200).flushHeaders());
  await windUntil(made, 'a connection', () => made.count('stream.connected') === 2);
  await made.stop();
  // At once, and a quarter of a second more than a minute later.
  assert.equal(asked(), [null, '1', null, '3']);
});

test('a stream that brings keep-alives and no tweets is told once, until tweets come again', async () => {
  await using server = await streamServer();
  const made = await connected(server, '[alerts]\nno_data = "2m"\n');
  await heard(server, made, 1);
  await keepAlive(made, server, 180);
  assert.equal([made.raised, [...made.alerts]], [['no-data'], ['no-data']]);
  await heard(server, made, 2);
  await keepAlive(made, server, 2);
  await made.stop();
  assert.equal([made.raised, [...made.alerts]], [['no-data'], []]);
});

test('a page of HTML under status 200 is no stream: it waits as a 5xx does', async () => {
  await using server = await streamServer();
  server.answerWith((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Please log in</h1>'),
  );
  const made = journey({ api: server.url, disk: immediateDisk });
  made.start();
  await until('an ending', () => made.count('stream.unavailable') === 1);
  await made.stop();
  assert.is(made.events.find(({ event }) => event === 'stream.unavailable')?.['waitMs'], 5_000);
});

test('a server that accepts and closes at once is not hammered', async () => {
  await using server = await streamServer();
  const connects: number[] = [];
  const made = journey({ api: server.url, disk: immediateDisk });
  server.answerWith((_request, response) => {
    connects.push(made.clock.now());
    response.writeHead(200).end();
  });
  made.start();
  await windUntil(made, 'many connects', () => connects.length > 30);
  await made.stop();
  for (const first of connects) assert.ok(connects.filter((at) => at >= first && at < first + 900_000).length <= 46);
});

test('a second ingest on the same spool refuses to start', async () => {
  await using server = await streamServer();
  const first = await connected(server);
  const second = journey({ api: server.url, folder: dirname(first.spool) });
  second.start();
  await second.stop().then(
    () => assert.unreachable(),
    (error: { code: string }) => assert.is(error.code, 'already-running'),
  );
  await first.stop();
});

test.run();
