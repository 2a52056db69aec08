// The way to the API: TLS, an authority of one's own, a proxy's tunnel, compression nobody asked for, names that do not resolve.
import { existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startEmulator } from '../../src/emulate/emulator.ts';
import { makeCertificate } from '../support/certificate.ts';
import { peerTest } from '../support/peers.ts';
import { streamServer } from '../support/stream-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { type Event, type Journey, journey, payloadsOf, readMinutes } from './journey.ts';

const test = suite('the way to the API');
const token = 'test-token-of-no-worth';
const first = ({ events }: Journey, name: string): Event | undefined => events.find(({ event }) => event === name);

async function firstOf(made: Journey, name: string): Promise<Event> {
  made.start();
  const event = await until(name, async () => {
    await made.clock.pass(100);
    return first(made, name);
  });
  await made.stop();
  return event;
}

/** A proxy that tunnels to where it is asked, and keeps the list. */
async function tunnelling(): Promise<{ url: string; asked: string[]; server: Server }> {
  const asked: string[] = [];
  const server = createServer().on('connect', (request, client: Socket, head) => {
    asked.push(request.url ?? '');
    const target = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(head);
      target.pipe(client).pipe(target);
    });
    target.on('error', () => client.destroy());
    client.on('error', () => target.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, server };
}

peerTest(
  test,
  ['openssl'],
  'an API with a certificate of a house authority is refused, told, and heard once that is named; also through a proxy',
  async () => {
    const { authorityPath, cert, key } = makeCertificate(temporaryFolder());
    const clocked = journey({ api: 'http://127.0.0.1:1' }).clock;
    await using emulator = await startEmulator({
      clock: clocked,
      realClock: clocked,
      tokens: [token],
      tls: { cert, key },
      rate: 5,
    });
    const untrusting = journey({ api: emulator.url });
    assert.is((await firstOf(untrusting, 'stream.unreachable'))['waitMs'], 250);
    assert.ok(untrusting.raised.includes('certificate-refused'));
    const proxy = await tunnelling();
    for (const more of ['', `proxy = "${proxy.url}"\n`]) {
      const made = journey({ api: emulator.url, config: `ca_file = "${authorityPath}"\n${more}`, clock: clocked });
      made.start();
      await until('a connection', () => first(made, 'stream.connected'));
      await clocked.pass(3_000);
      await until('tweets', async () => {
        await clocked.pass(200);
        return emulator.listeners.some(({ sentLines }) => sentLines > 5);
      });
      await made.stop();
      assert.ok(payloadsOf(readMinutes(made.spool)).length > 0, more);
    }
    assert.equal(proxy.asked, [new URL(emulator.url).host]);
    proxy.server.closeAllConnections();
    proxy.server.close();
  },
);

test('a name that does not resolve, and a port where nobody listens, wait as network errors', async () => {
  const listener = createTcp();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  for (const api of ['http://no-such-name.invalid', `http://127.0.0.1:${port}`]) {
    const event = await firstOf(journey({ api }), 'stream.unreachable');
    assert.equal([event['cause'], event['waitMs']], ['network', 250], api);
  }
});

test('a proxy that refuses the tunnel: 407 is ours to mend, 502 passes, rubbish is a network error', async () => {
  for (const [answer, name, waitMs] of [
    [
      'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Type: text/html\r\n\r\n<html>who are you?</html>',
      'stream.refused',
      60_000,
    ],
    ['HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n<html>no</html>', 'stream.unavailable', 5_000],
    ['<html>this is no HTTP</html>', 'stream.unreachable', 250],
  ] as const) {
    const server = createTcp((socket) => socket.on('error', () => {}).once('data', () => socket.end(answer)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const event = await firstOf(
      journey({
        api: 'https://api.invalid',
        config: `proxy = "http://127.0.0.1:${(server.address() as AddressInfo).port}"\n`,
      }),
      name,
    );
    assert.is(event['waitMs'], waitMs, name);
    server.close();
  }
});

test('compression that nobody asked for is taken off; where it is damaged the connection ends, with all before it kept', async () => {
  await using server = await streamServer();
  const tweet = '{"data":{"id":"1"}}';
  server.answerWith((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.write(gzipSync(`${tweet}\r\n`));
  });
  const made = journey({ api: server.url });
  made.start();
  const part = join(made.spool, '2026-03-10/13/2026-03-10T13-00Z.part');
  await until('the line', () => existsSync(part) && statSync(part).size > 0);
  await server.send(Buffer.alloc(100, 0xff));
  const event = await until('the end', () => first(made, 'stream.ended'));
  await made.stop();
  assert.equal([event['how'], event['lines'], event['waitMs']], ['broken-encoding', 1, 0]);
  assert.is(payloadsOf(readMinutes(made.spool))[0], tweet);
});

test('an answer whose chunks are damaged ends in order, and one that is no HTTP at all is a network error', async () => {
  for (const [answer, name, how] of [
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{}\r\n\r\nthis is no size\r\n',
      'stream.ended',
      'broken-encoding',
    ],
    ['SSH-2.0-OpenSSH_9.2\r\n', 'stream.unreachable', undefined],
  ] as const) {
    const server = createTcp((socket) => socket.on('error', () => {}).once('data', () => socket.write(answer)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const event = await firstOf(journey({ api: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }), name);
    assert.is(event['how'], how);
    server.close();
  }
});

test('too many connections: the ones that stand are told, and none is ended', async () => {
  const { clock } = journey({ api: 'http://127.0.0.1:1' });
  await using emulator = await startEmulator({
    clock,
    realClock: clock,
    tokens: [token],
    limits: { connects: 50, connections: 1 },
  });
  const standing = journey({ api: `${emulator.url}/server1`, clock });
  standing.start();
  await until('a connection', () => first(standing, 'stream.connected'));
  const made = journey({ api: emulator.url, clock });
  made.start();
  const found = await until('the list', () => first(made, 'connections.found'));
  assert.is((found['connections'] as unknown[]).length, 1);
  assert.is(first(made, 'stream.unavailable')?.['cause'], 'too-many-connections');
  assert.is(emulator.listeners.length, 1);
  await Promise.all([made.stop(), standing.stop()]);
});

test.run();
