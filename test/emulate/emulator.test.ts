// The stand-in for the X API, as a client sees it, the clock wound by hand.
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Emulator, startEmulator } from '../../src/emulate/emulator.ts';
import { digestOf, type LedgerLine, type LedgerRecord } from '../../src/emulate/ledger.ts';
import type { EmulatorSetting } from '../../src/emulate/setting.ts';
import { makeCertificate } from '../support/certificate.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import { answerOf, ask, samplePath, type StreamClient } from '../support/stream-client.ts';
import { peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

interface Context {
  clock: ManualClock;
  records: LedgerRecord[];
  start(setting?: Partial<EmulatorSetting>): Promise<Emulator>;
  running: Emulator | undefined;
}

const test = suite<Context>('emulator');

test.before.each((context) => {
  context.clock = manualClock();
  context.records = [];
  context.start = async (setting = {}) => {
    const { clock, records } = context;
    const ledger = { record: (record: LedgerRecord): void => void records.push(record) };
    context.running = await startEmulator({ clock, realClock: clock, rate: 10, ledger, ...setting });
    return context.running;
  };
});

test.after.each(async ({ running }) => {
  await running?.close();
});

const idsOf = (client: StreamClient): string[] =>
  client.lines.map((line) => (JSON.parse(line) as { data: { id: string } }).data.id);
const linesOf = (records: readonly LedgerRecord[]): LedgerLine[] => records.filter((record) => 'sha256' in record);
const has = (client: StreamClient, lines: number): Promise<unknown> =>
  until(`${lines} lines`, () => client.lines.length >= lines);

test('all clients are shown the same tweets, each with the fields it asked for', async ({ clock, start }) => {
  const { url } = await start();
  const [one, two] = [await ask(url), await ask(url, { path: `${samplePath}?tweet.fields=lang&expansions=author_id` })];
  await clock.pass(10_000);
  await Promise.all([has(one, 100), has(two, 100)]);
  assert.equal(idsOf(one), idsOf(two));
  assert.not.match(one.text, /"lang"|"includes"/);
  assert.match(two.text, /"lang":.*"includes"/);
  assert.is(one.headers['transfer-encoding'], 'chunked');
});

test('the rate is per second of the clock, and the ledger holds each line, its time and its digest', async ({
  clock,
  records,
  start,
}) => {
  const { url } = await start();
  const client = await ask(url, { path: `/server-2${samplePath}` });
  const from = clock.now();
  await clock.pass(5_000);
  await has(client, 50);
  await clock.pass(2_000);
  const sure = linesOf(records).filter(({ at }) => at <= from + 5_000);
  assert.ok(sure.length >= 50 && sure.length <= 51, `${sure.length}`);
  for (const [index, { what, id, label, bytes, sha256 }] of sure.entries()) {
    const line = client.lines[index] ?? '';
    assert.equal(
      [what, id, label, bytes, sha256],
      ['sure', idsOf(client)[index], 'server-2', Buffer.byteLength(line), digestOf(Buffer.from(line))],
    );
  }
});

test('20 s of silence bring a keep-alive, and again', async ({ clock, start }) => {
  const { url } = await start({ rate: 0.001, most: 1 });
  const client = await ask(url);
  await clock.pass(19_000);
  const before = client.text.replaceAll(/\{.*\r\n/g, '');
  await clock.pass(42_000);
  await until('two keep-alives', () => client.text.endsWith('\r\n\r\n'));
  assert.is(before, '');
});

test('without the right token nothing is given', async ({ start }) => {
  const { url } = await start();
  assert.is((await answerOf(url, { token: 'wrong' })).status, 401);
  assert.is((await answerOf(url, { token: '' })).body['title'], 'Unauthorized');
});

test('a third connection is one too many, until one has gone', async ({ clock, start }) => {
  const emulator = await start();
  const [first] = [await ask(emulator.url), await ask(emulator.url)];
  const third = await answerOf(emulator.url, {});
  assert.equal(
    [third.status, third.body['title'], third.body['connection_issue']],
    [429, 'ConnectionException', 'TooManyConnections'],
  );
  first.leave();
  await until('one connection', () => emulator.listeners.length === 1);
  await clock.pass(1_000);
  assert.is((await ask(emulator.url)).status, 200);
});

test('the 51st connect within 15 minutes is refused with the time at which the window ends', async ({
  clock,
  start,
}) => {
  const emulator = await start({ limits: { connects: 5, connections: 2 } });
  const reset = String((clock.now() + 900_000) / 1000);
  for (let connect = 1; connect <= 5; connect++) {
    const client = await ask(emulator.url);
    assert.equal([client.status, client.headers['x-rate-limit-remaining']], [200, String(5 - connect)]);
    client.leave();
    await until('nobody', () => emulator.listeners.length === 0);
  }
  const refused = await answerOf(emulator.url, {});
  assert.equal(
    [refused.status, refused.headers['x-rate-limit-limit'], refused.headers['x-rate-limit-reset']],
    [429, '5', reset],
  );
  await clock.pass(900_000);
  assert.is((await ask(emulator.url)).status, 200);
});

test('backfill gives the minutes asked for once more, oldest first, then goes on', async ({ clock, start }) => {
  const emulator = await start();
  const early = await ask(emulator.url);
  await clock.pass(120_000);
  await has(early, 1_200);
  const late = await ask(emulator.url, { path: `${samplePath}?backfill_minutes=1` });
  await clock.pass(1_000);
  await Promise.all([has(late, 610), has(early, 1_210)]);
  assert.equal(idsOf(late).slice(0, 600), idsOf(early).slice(600, 1_200));
  assert.equal(idsOf(late).at(-1), idsOf(early).at(-1));
});

test('backfill that the tier does not include, more than 5 minutes, an unknown field: 400 that names the parameter', async ({
  start,
}) => {
  const { url } = await start({ allowsBackfill: false });
  for (const query of ['backfill_minutes=1', 'backfill_minutes=6', 'tweet.fields=colour']) {
    const { status, body } = await answerOf(url, { path: `${samplePath}?${query}` });
    assert.equal([status, body['title']], [400, 'Invalid Request']);
    assert.match(JSON.stringify(body['errors']), query.split('=')[0] ?? '');
  }
});

test('a reset leaves the lines of the second before it unsure, a clean end leaves none', async ({
  clock,
  records,
  start,
}) => {
  const emulator = await start();
  const [kept, dropped] = [
    await ask(emulator.url, { path: `/a${samplePath}` }),
    await ask(emulator.url, { path: `/b${samplePath}` }),
  ];
  await clock.pass(10_000);
  await Promise.all([has(kept, 100), has(dropped, 100)]);
  assert.is(emulator.fault('drop to=b; end to=a'), 2);
  await until('both are gone', () => kept.ended && dropped.ended);
  assert.equal([kept.ended, dropped.ended], ['in-order', 'broken']);
  const count = (label: string, what: string): number =>
    records.filter((record) => record.label === label && record.what === what).length;
  assert.equal([count('a', 'unsure'), count('a', 'sure')], [0, idsOf(kept).length]);
  const unsure = linesOf(records).filter(({ what }) => what === 'unsure');
  assert.ok(unsure.length >= 9 && unsure.length <= 11, `${unsure.length} unsure`);
  assert.ok(unsure.every(({ at }) => at > clock.now() - 1_000));
  assert.equal([count('a', 'ended'), count('b', 'reset')], [1, 1]);
});

test('a client that does not read is cut, and what it was not sent is nowhere', async ({ clock, records, start }) => {
  const emulator = await start({ rate: 20_000, bufferBytes: 1 << 20 });
  const client = await ask(emulator.url);
  client.pause();
  await until('it is cut', async () => {
    await clock.pass(100);
    return emulator.listeners.length === 0;
  });
  const end = records.find(({ what }) => what === 'reset');
  assert.is(end && 'cause' in end && end.cause, 'full-buffer');
  assert.ok(linesOf(records).length < emulator.due);
});

test('gzip is given to those who take it, once it is switched on', async ({ clock, start }) => {
  const { url } = await start({ offersGzip: true });
  const headers = { 'accept-encoding': 'gzip' };
  const [packed, plain] = [await ask(url, { headers }), await ask(url)];
  await clock.pass(3_000);
  await Promise.all([has(packed, 30), has(plain, 30)]);
  assert.is(packed.headers['content-encoding'], 'gzip');
  assert.equal(packed.lines, plain.lines);
});

test('connections are listed, and killed by their number', async ({ start }) => {
  const emulator = await start();
  const client = await ask(emulator.url);
  const { body } = await answerOf(emulator.url, { path: '/2/connections' });
  const [{ id = '' } = {}] = body['data'] as { id?: string }[];
  await answerOf(emulator.url, { path: `/2/connections/${id}`, method: 'DELETE' });
  await until('the end', () => client.ended);
  assert.equal([client.ended, emulator.listeners.length], ['in-order', 0]);
  const past = await answerOf(emulator.url, { path: '/2/connections?status=inactive' });
  assert.is((past.body['data'] as { disconnect_reason: string }[])[0]?.disconnect_reason, 'killed');
});

test('a replayed file comes byte for byte, once, to those who were waited for', async ({ clock, start }) => {
  const content = Buffer.concat([
    Buffer.from('{"data":{"id":"7","text":"a\\u0000b"}}\r\n\n{"data":{"id":"8","text":"'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}}'),
  ]);
  const emulator = await start({ replay: { content, repeat: false }, waitFor: 1 });
  await clock.pass(5_000);
  const client = await ask(emulator.url);
  await clock.pass(5_000);
  await has(client, 2);
  assert.ok(emulator.isOver);
  assert.equal(
    client.bytes,
    Buffer.concat([
      Buffer.from('{"data":{"id":"7","text":"a\\u0000b"}}\r\n{"data":{"id":"8","text":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}}\r\n'),
    ]),
  );
});

peerTest(test, ['openssl'], 'with a certificate it speaks https', async ({ start }) => {
  const { cert, key, authorityPath } = makeCertificate(temporaryFolder());
  const { url } = await start({ tls: { cert, key } });
  const status = await new Promise((resolve, reject) => {
    const asked = get(`${url}/2/connections`, { ca: readFileSync(authorityPath), agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    });
    asked.on('error', reject);
  });
  assert.is(status, 401);
});

test('no line is due at the time at which the stream shall end, however late it began', async ({ clock, start }) => {
  const emulator = await start({ untilMs: clock.now() + 10_000, waitFor: 1 });
  await clock.pass(5_000);
  const client = await ask(emulator.url);
  await clock.pass(20_000);
  await has(client, 50);
  assert.equal([client.lines.length, emulator.due, emulator.isOver], [50, 50, true]);
});

test('flooding ends after the bytes asked for, with a whole line', async ({ start }) => {
  const { url } = await start({ floodBytes: 5_000_000 });
  const client = await ask(url);
  await until('the end', () => client.ended);
  assert.is(client.ended, 'in-order');
  assert.ok(client.bytes.length <= 5_000_000 && client.bytes.length > 4_990_000);
  assert.ok(client.text.endsWith('}\r\n'));
});

test.run();
