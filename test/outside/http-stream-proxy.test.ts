import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { connect, createServer as createTcp, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStream } from '../../src/outside/http-stream.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { asking, closeServers, http, listen, readAll } from './streaming.ts';

const test = suite('http stream: TLS and proxies');

test.after.each(closeServers);

interface Authority {
  readonly key: Buffer;
  readonly cert: Buffer;
}

function selfSigned(): Authority {
  const folder = temporaryFolder();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
    ],
    { stdio: 'ignore' },
  );
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

/** A proxy that tunnels, and counts. */
async function proxy(): Promise<{ port: number; asked: string[] }> {
  const { server, port } = await http((_request, response) => response.end());
  return { port, asked: tunnels(server) };
}

/** Makes a server a proxy; what it was asked for, and what it was told of who asks. */
function tunnels(server: Server): string[] {
  const asked: string[] = [];
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    asked.push([request.url, request.headers['proxy-authorization']].filter(Boolean).join(' '));
    const target = connect(Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(head);
      target.pipe(client).pipe(target);
    });
    target.on('error', () => client.destroy());
    client.on('error', () => target.destroy());
  });
  return asked;
}

test('a proxy may have an IPv6 address, and speak TLS; it is told who asks, and the server is not', async () => {
  const { key, cert } = selfSigned();
  const told: unknown[] = [];
  const { port } = await http((request, response) => {
    told.push(request.headers['proxy-authorization']);
    response.end('through');
  });
  const onSix = await listen(createHttp(), '::1');
  const withTls = await listen(createHttps({ key, cert }));
  for (const { server, address } of [
    { server: onSix.server, address: `http://some%20one:p%40ss@[::1]:${onSix.port}` },
    { server: withTls.server, address: `https://some%20one:p%40ss@localhost:${withTls.port}` },
  ]) {
    const asked = tunnels(server);
    for (const host of ['127.0.0.1', '[::1]']) {
      const answer = await openStream(asking(`http://${host}:${port}`, { proxy: address, ca: [cert.toString()] }));
      assert.is((await readAll(answer)).text, 'through', address);
    }
    const basic = `Basic ${Buffer.from('some one:p@ss').toString('base64')}`;
    assert.equal(asked, [`127.0.0.1:${port} ${basic}`, `[::1]:${port} ${basic}`]);
  }
  assert.equal(told, [undefined, undefined, undefined, undefined]);
});

test('TLS: an unknown authority is refused with its code, a named one is trusted, also through a proxy', async () => {
  const { key, cert } = selfSigned();
  const { port } = await listen(createHttps({ key, cert }, (_request, response) => response.end('safe')));
  const url = `https://localhost:${port}`;
  await openStream(asking(url)).then(
    () => assert.unreachable(),
    (error: { code: string }) => assert.match(error.code, 'SELF_SIGNED'),
  );
  const direct = await openStream(asking(url, { ca: [cert.toString()] }));
  assert.is((await readAll(direct)).text, 'safe');
  const between = await proxy();
  const tunnelled = await openStream(asking(url, { ca: [cert.toString()], proxy: `http://127.0.0.1:${between.port}` }));
  assert.is((await readAll(tunnelled)).text, 'safe');
  assert.equal(between.asked, [`localhost:${port}`]);
});

test('a proxy that answers the tunnel with a page of HTML is an answer that is no stream, or an error; never a hang', async () => {
  const { server, port } = await http((_request, response) => response.end());
  server.on('connect', (_request, client: Socket) =>
    client.end('HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<html>no</html>'),
  );
  const outcome = await openStream(asking('https://api.invalid', { proxy: `http://127.0.0.1:${port}` })).then(
    ({ status }) => status,
    (error: Error) => error.message,
  );
  assert.ok(outcome === 403 || typeof outcome === 'string', String(outcome));
  const rubbish = await listen(createTcp((socket) => socket.end('<html>this is no HTTP</html>')));
  await openStream(asking('https://api.invalid', { proxy: `http://127.0.0.1:${rubbish.port}` })).then(
    () => assert.unreachable(),
    (error: Error) => assert.instance(error, Error),
  );
});

test.run();
