// Each fault of the stand-in, as a client sees it, the clock wound by hand.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Emulator, startEmulator } from '../../src/emulate/emulator.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import { answerOf, ask, samplePath, type StreamClient } from '../support/stream-client.ts';
import { until } from '../support/until.ts';

interface Context {
  clock: ManualClock;
  emulator: Emulator;
}

const test = suite<Context>('emulated faults');

test.before.each(async (context) => {
  context.clock = manualClock();
  context.emulator = await startEmulator({
    clock: context.clock,
    realClock: context.clock,
    rate: 10,
    offersGzip: true,
    limits: { connects: 50, connections: 9 },
  });
});
test.after.each(({ emulator }) => emulator.close());

/** A client that has heard some lines already. */
async function hearing({ clock, emulator }: Context, path = samplePath): Promise<StreamClient> {
  const client = await ask(emulator.url, { path });
  await clock.pass(2_000);
  await until('lines', () => client.lines.length >= 19);
  return client;
}
const end = (client: StreamClient): Promise<unknown> => until('the end', () => client.ended);
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'served',
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );

test('half a line, then the connection is closed without an end of the response', async (context) => {
  const client = await hearing(context);
  context.emulator.fault('half-line');
  await end(client);
  assert.is(client.ended, 'broken');
  assert.match(client.text, /\n\{"data":[^\n]+[^}\n]$/);
});

test('half a line, then an end in order', async (context) => {
  const client = await hearing(context);
  context.emulator.fault('half-line how=end');
  await end(client);
  assert.is(client.ended, 'in-order');
  assert.not.match(client.text, /\n$/);
});

test('a stall lets nothing through, not even keep-alives, and then everything', async (context) => {
  const client = await hearing(context);
  context.emulator.fault('stall for=60s');
  const before = client.bytes.length;
  await context.clock.pass(50_000);
  assert.is(client.bytes.length, before);
  await context.clock.pass(11_000);
  await until('all lines', () => client.lines.length >= 620);
});

test('a character is split over two chunks', async (context) => {
  context.emulator.fault('split-characters');
  const client = await hearing(context);
  const split = client.chunks.filter((chunk) => chunk.toString().endsWith('\ufffd'));
  assert.ok(split.length > 5, `${split.length} of ${client.chunks.length}`);
  assert.not.match(client.text, /\ufffd/);
});

test('every chunk has so many bytes', async (context) => {
  context.emulator.fault('chunks bytes=7B');
  const client = await hearing(context);
  assert.ok(client.chunks.every(({ length }) => length <= 7));
});

test('a slow drip gives so many bytes a second', async (context) => {
  const client = await hearing(context);
  context.emulator.fault('drip bytes=100B every=1s for=30s');
  const before = client.bytes.length;
  await context.clock.pass(10_000);
  await until('bytes', () => client.bytes.length >= before + 900);
  assert.ok(client.bytes.length <= before + 1_100, `${client.bytes.length - before}`);
  await context.clock.pass(25_000);
  await until('all lines', () => client.lines.length >= 350);
});

test('an operational disconnect says so, then ends in order', async (context) => {
  const client = await hearing(context);
  context.emulator.fault('operational-disconnect reason=OperationalDisconnect');
  await end(client);
  assert.match(client.lines.at(-1) ?? '', /"title":"operational-disconnect","disconnect_type":"OperationalDisconnect"/);
  assert.is(client.ended, 'in-order');
});

test('a message of the system comes and the stream goes on', async (context) => {
  const client = await hearing(context);
  context.emulator.fault('system-message');
  await context.clock.pass(1_000);
  await until('more lines', () => client.lines.length > 25);
  assert.is(client.lines.filter((line) => line.startsWith('{"errors":')).length, 1);
});

test('requests are refused with each status, so many times', async ({ emulator }) => {
  emulator.fault(
    'refuse status=503 times=2; refuse status=403; refuse status=429 kind=usage; refuse status=429 kind=connections; refuse status=429',
  );
  const titles: unknown[] = [];
  for (let request = 0; request < 6; request++) {
    const { status, body } = await answerOf(emulator.url, {});
    titles.push(`${status} ${String(body['title'])}`);
  }
  const expected = [
    '503 Service Unavailable',
    '503 Service Unavailable',
    '403 Client Forbidden',
    '429 UsageCapExceeded',
    '429 ConnectionException',
    '429 Too Many Requests',
  ];
  assert.equal(titles, expected);
  assert.is((await ask(emulator.url)).status, 200);
});

test('only requests of the server that a fault aims at are refused', async ({ emulator }) => {
  emulator.fault('refuse to=2 times=1');
  assert.is((await ask(emulator.url, { path: `/1${samplePath}` })).status, 200);
  assert.is((await ask(emulator.url, { headers: { 'user-agent': 'streamvault/1.0.0 (server 2)' } })).status, 503);
});

test('a page in HTML, an end at once, no answer at all', async ({ emulator }) => {
  emulator.fault('html status=200 times=1');
  const page = await ask(emulator.url);
  await end(page);
  assert.match(page.text, /^<!DOCTYPE html>/);
  emulator.fault('accept-then-close');
  const closed = await ask(emulator.url);
  await end(closed);
  assert.equal([closed.status, closed.bytes.length, closed.ended], [200, 0, 'in-order']);
  emulator.fault('no-answer times=1');
  void ask(emulator.url, { path: `/silent${samplePath}` }).catch(() => {});
  await until('the fault is used up', async () => (await ask(emulator.url)).status === 200);
});

test('a server that is cut off loses its connection and gets none until the time is over', async (context) => {
  const { clock, emulator } = context;
  const [one, two] = [await hearing(context, `/1${samplePath}`), await hearing(context, `/2${samplePath}`)];
  emulator.fault('cut-off for=7m to=2');
  await end(two);
  assert.is(await refusal(ask(emulator.url, { path: `/2${samplePath}` })), 'ECONNRESET');
  await clock.pass(7 * 60_000);
  assert.is((await ask(emulator.url, { path: `/2${samplePath}` })).status, 200);
  assert.is(one.ended, undefined);
});

test('compressed bytes that break cannot be read any more', async (context) => {
  const client = await ask(context.emulator.url, { headers: { 'accept-encoding': 'gzip' } });
  await context.clock.pass(2_000);
  await until('lines', () => client.lines.length >= 19);
  context.emulator.fault('break-gzip');
  await context.clock.pass(2_000);
  const before = client.bytes.length;
  await until('more bytes', async () => {
    await context.clock.pass(100);
    return client.bytes.length > before;
  });
  assert.throws(() => client.text);
});

test('a keep-alive in two chunks, a huge line, a line that does not end, any bytes at all', async (context) => {
  const client = await hearing(context);
  const { emulator } = context;
  emulator.fault('split-keep-alive');
  await until(
    'two chunks',
    () => client.chunks.at(-1)?.toString() === '\n' && client.chunks.at(-2)?.toString() === '\r',
  );
  emulator.fault('huge-line bytes=3MB');
  await until('the huge line', () => client.lines.some((line) => line.length === 3_000_000));
  emulator.fault({ is: 'inject', base64: Buffer.from([0, 255, 10]).toString('base64') });
  await until('the bytes', () => client.bytes.subarray(-3).equals(Buffer.from([0, 255, 10])));
  emulator.fault('endless-line bytes=1MB');
  await until('a megabyte', () => !client.bytes.subarray(-1_000_000).includes(10));
});

test('faults strike at their time, and are ordered by request', async (context) => {
  const { clock, emulator } = context;
  const client = await hearing(context);
  emulator.fault('end at=10s');
  assert.is(
    (await answerOf(emulator.url, { path: '/emulator/fault', method: 'POST', body: 'drop at=1m to=3; system-message' }))
      .body['befell'],
    1,
  );
  assert.is(
    (await answerOf(emulator.url, { path: '/emulator/fault', method: 'POST', body: 'no such thing' })).status,
    400,
  );
  await clock.pass(7_500);
  assert.is(client.ended, undefined);
  await clock.pass(1_000);
  await end(client);
  const { body } = await answerOf(emulator.url, { path: '/emulator' });
  assert.equal(body['connections'], []);
});

test.run();
