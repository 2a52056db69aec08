import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BodyFraming, NotHttp, readHead } from '../../src/outside/http-response.ts';

const test = suite('http response');
const head = (text: string) => readHead(Buffer.from(text, 'latin1'));

/** The content of a body that comes in pieces of that size, and whether it is over. */
function content(headText: string, body: string, size: number): { text: string; isOver: boolean } {
  const found = head(headText);
  if (!found) throw new Error('no head');
  const framing = new BodyFraming(found);
  let text = '';
  for (let at = 0; at < body.length; at += size) {
    const piece = Buffer.from(body.slice(at, at + size), 'latin1');
    text += piece.toString('latin1', 0, framing.strip(piece));
  }
  return { text, isOver: framing.isOver };
}

test('a head is read once it is whole, whatever the case and the spaces of its names', () => {
  assert.is(head('HTTP/1.1 200 OK\r\nA: b\r\n'), undefined);
  assert.is(head('HT'), undefined);
  assert.equal(head('HTTP/1.1 200 OK\r\nX-Odd:  a b \r\nset-cookie: 1\r\nSet-Cookie: 2\r\nEmpty:\r\n\r\nbody'), {
    status: 200,
    headers: { 'x-odd': 'a b', 'set-cookie': '1, 2', empty: '' },
    length: 71,
  });
  assert.is(head('HTTP/1.0 404\r\n\r\n')?.status, 404);
});

test('heads of status 1xx are passed over', () => {
  assert.equal(
    head('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 503 No\r\n\r\n')?.status,
    503,
  );
  assert.is(head('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2'), undefined);
});

test('what is no HTTP is known at once, or by its length', () => {
  for (const text of [
    '<html>',
    'SSH-2.0-OpenSSH\r\n',
    'HTTP/2 200\r\n\r\n',
    'HTTP/1.1 abc\r\n\r\n',
    'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
    `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(20_000)}`,
  ])
    assert.throws(
      () => head(text),
      (error: unknown) => error instanceof NotHttp,
      text.slice(0, 20),
    );
});

test('chunks give the same content at every size of the pieces, with extensions and trailers', () => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  const body = '5;name=value\r\nhello\r\n1\r\n\n\r\nA \r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nrubbish after the end';
  for (let size = 1; size <= body.length; size++)
    assert.equal(content(chunked, body, size), { text: 'hello\n0123456789', isOver: true }, `${size}`);
});

test('a body of a stated length, and one that lasts until the connection ends', () => {
  assert.equal(content('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 'hello and more', 3), {
    text: 'hello',
    isOver: true,
  });
  assert.equal(content('HTTP/1.1 200 OK\r\n\r\n', 'hello', 2), { text: 'hello', isOver: false });
  assert.equal(content('HTTP/1.1 204 No Content\r\n\r\n', 'hello', 2), { text: '', isOver: true });
});

test('a chunk size that is none, a chunk that does not end, and a length that is none are refused', () => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n';
  for (const body of ['hello', '\r\n', '-5\r\n', 'ffffffffffffffff\r\n', '2\r\nabc\r\n', `1;${'x'.repeat(2_000)}\r\n`])
    assert.throws(
      () => content(chunked, `${body}\r\n`, 7),
      (error: unknown) => error instanceof NotHttp,
      body.slice(0, 20),
    );
  assert.throws(
    () => content('HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', 'x', 1),
    (error: unknown) => error instanceof NotHttp,
  );
});

test.run();
