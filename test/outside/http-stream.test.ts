import { createServer as createTcp } from 'node:net';
import { constants, createGzip, gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStream } from '../../src/outside/http-stream.ts';
import { manualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';
import { asking, closeServers, http, listen, listenTo, readAll } from './streaming.ts';

const test = suite('http stream');

test.after.each(closeServers);

test('the answer is there with its head, before any byte of its body', async () => {
  const { port } = await http((request, response) => {
    assert.is(request.headers.authorization, 'Bearer secret-of-the-test');
    response.writeHead(200, { 'x-fact': 'yes' });
    response.flushHeaders();
  });
  const answer = await openStream(asking(`http://127.0.0.1:${port}/a?b=c`));
  assert.is(answer.status, 200);
  assert.is(answer.headers['x-fact'], 'yes');
});

test('an orderly end, also one without the last chunk, gives every byte first', async () => {
  for (const isComplete of [true, false]) {
    const { port } = await http((_request, response) => {
      response.write('one two three');
      if (isComplete) response.end();
      else setImmediate(() => response.socket?.end());
    });
    const answer = await openStream(asking(`http://127.0.0.1:${port}`));
    assert.equal(await readAll(answer), { text: 'one two three', end: 'closed' });
  }
});

test('a body of no length is over at once, although its connection stays', async () => {
  const { port } = await listen(
    createTcp((socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))),
  );
  assert.equal(await readAll(await openStream(asking(`http://127.0.0.1:${port}`))), { text: '', end: 'closed' });
});

test('a reset is told from an orderly end, and gives first what had come', async () => {
  const { port, sockets } = await http((_request, response) => {
    response.write('half a li');
  });
  const answer = await openStream(asking(`http://127.0.0.1:${port}`));
  const heard = listenTo(answer);
  await until('half a line', () => heard.text === 'half a li');
  for (const socket of sockets) socket.resetAndDestroy();
  await heard.ended;
  assert.is(heard.end, 'reset');
});

test('nobody listens, or no such name: the error says so', async () => {
  const { server, port } = await listen(createTcp());
  await new Promise((resolve) => server.close(resolve));
  await openStream(asking(`http://127.0.0.1:${port}`)).then(
    () => assert.unreachable(),
    (error: { code: string }) => assert.is(error.code, 'ECONNREFUSED'),
  );
  await openStream(asking('http://no-such-name.invalid')).then(
    () => assert.unreachable(),
    (error: { code: string }) => assert.match(error.code, /ENOTFOUND|EAI_AGAIN/),
  );
});

test('a server that never answers the handshake is given up after 10 s, one that never answers the request after 20 s more', async () => {
  const clock = manualClock();
  const silent = await listen(createTcp());
  const handshake = openStream(asking(`https://127.0.0.1:${silent.port}`, { clock }));
  handshake.catch(() => {});
  await until('a connection', () => silent.sockets.size === 1);
  await clock.pass(10_001);
  await handshake.then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, 'no connection within 10 s'),
  );
  const request = openStream(asking(`http://127.0.0.1:${silent.port}`, { clock }));
  request.catch(() => {});
  await until('a second connection', () => silent.sockets.size === 2);
  const asked = [...silent.sockets][1];
  await new Promise((resolve) => asked?.once('data', resolve));
  await until('the wait for the head', async () => {
    await clock.pass(0);
    return clock.sleeping >= 1;
  });
  await clock.pass(31_000);
  await request.then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, 'no answer within 20 s'),
  );
  assert.is(clock.sleeping, 0, 'no timer is left behind');
});

test('the signal ends an exchange in every state, and no socket stays', async () => {
  const { port, sockets } = await http((_request, response) => {
    response.write('x');
  });
  const stop = new AbortController();
  const answer = await openStream(asking(`http://127.0.0.1:${port}`, { signal: stop.signal }));
  const heard = listenTo(answer);
  stop.abort(new Error('enough'));
  await heard.ended;
  assert.is(heard.end, 'Error: enough');
  await until('the socket to close', () => [...sockets].every((socket) => socket.destroyed));
});

test('a reader that leaves closes the connection', async () => {
  const { port, sockets } = await http((_request, response) => {
    response.write('x');
  });
  const answer = await openStream(asking(`http://127.0.0.1:${port}`));
  const leave = (): never => {
    throw new Error('heard enough');
  };
  await answer.hear(leave).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'heard enough'),
  );
  await until('the socket to close', () => [...sockets].every((socket) => socket.destroyed));
});

test('a slow reader holds the sender back, and loses nothing', async () => {
  let sent = 0;
  const piece = Buffer.alloc(1 << 16, 'y');
  const { port } = await http((_request, response) => {
    const send = (): void => {
      while (sent < 64 << 20) {
        sent += piece.length;
        if (!response.write(piece)) return void response.once('drain', send);
      }
      response.end();
    };
    send();
  });
  const answer = await openStream(asking(`http://127.0.0.1:${port}`));
  let read = 0;
  let goOn = (): void => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const heard = answer.hear((content) => {
    read += content.length;
    return held;
  });
  await until('the first bytes', () => read > 0);
  let before = -1;
  await until('the sender to stand still', async () => {
    const stands = sent === before;
    before = sent;
    await new Promise((resolve) => setImmediate(resolve));
    return stands;
  });
  assert.ok(sent < 32 << 20, `${sent} bytes are under way`);
  goOn();
  await heard;
  assert.is(read, 64 << 20);
});

test('gzip is decoded as it comes, and a cut gives all that had come', async () => {
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
  const { port, sockets } = await http((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    gzip.pipe(response, { end: false });
    gzip.write('one line\n');
    response.socket?.once('drain', () => {});
  });
  const answer = await openStream(asking(`http://127.0.0.1:${port}`));
  const heard = listenTo(answer);
  await until('a line, without waiting for more', () => heard.text === 'one line\n');
  gzip.write('another\n');
  await until('another', () => heard.text === 'one line\nanother\n');
  gzip.destroy();
  for (const socket of sockets) socket.end();
  await heard.ended;
  assert.is(heard.end, 'closed');
});

test('damaged gzip ends the body with a reason, never with a hang', async () => {
  const bytes = gzipSync('a'.repeat(100_000));
  // A block of a type that does not exist.
  bytes.fill(0xff, 10);
  const { port } = await http((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.write(bytes);
  });
  const answer = await openStream(asking(`http://127.0.0.1:${port}`));
  assert.is((await readAll(answer)).end, 'broken-encoding');
});

for (const encoding of ['identity', 'gzip'] as const) {
  test(`what the taker of content throws ends the hearing, and nothing else (${encoding})`, async () => {
    const { port } = await http((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding });
      response.write(encoding === 'gzip' ? gzipSync('one line\n') : 'one line\n');
    });
    const answer = await openStream(asking(`http://127.0.0.1:${port}`));
    const heard = answer.hear(() => {
      throw new Error('enough');
    });
    await heard.then(
      () => assert.unreachable(),
      (error: Error) => assert.is(error.message, 'enough'),
    );
  });
}

test('a tap is shown the exact bytes of the wire, head and framing included, and the exchange before them', async () => {
  const wire =
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Odd:  spaces \r\n\r\n5;extension=1\r\nhello\r\n1\r\n\n\r\n0\r\n\r\n';
  const { port } = await listen(
    createTcp((socket) =>
      socket.once('data', () => {
        for (const byte of wire) socket.write(byte);
        socket.end();
      }),
    ),
  );
  const seen: Buffer[] = [];
  const facts: unknown[] = [];
  let isComplete: boolean | undefined;
  const answer = await openStream(
    asking(`http://127.0.0.1:${port}/path?q=1`, {
      tap: ({ method, path, headers, remoteAddress }) => {
        facts.push(method, path, headers, remoteAddress);
        return { bytes: (chunk) => seen.push(Buffer.from(chunk)), end: (complete) => (isComplete = complete) };
      },
    }),
  );
  assert.equal(await readAll(answer), { text: 'hello\n', end: 'closed' });
  await until('the tap to be told of the end', () => isComplete !== undefined);
  assert.is(Buffer.concat(seen).toString(), wire);
  assert.equal(facts, [
    'GET',
    '/path?q=1',
    ['Host', `127.0.0.1:${port}`, 'Authorization', 'Bearer secret-of-the-test', 'Connection', 'close'],
    '127.0.0.1',
  ]);
});

test.run();
