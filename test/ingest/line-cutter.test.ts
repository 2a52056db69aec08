import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LineCutter, longestLineBytes } from '../../src/ingest/line-cutter.ts';

const test = suite('line cutter');

interface Cut {
  readonly payloads: string[];
  readonly aside: [reason: string, line: string][];
}

function cut(chunks: Iterable<Buffer>): Cut {
  const found: Cut = { payloads: [], aside: [] };
  const cutter = new LineCutter({
    payload: (bytes, start, end) => found.payloads.push(bytes.toString('latin1', start, end)),
    aside: (reason, line) => found.aside.push([reason, line.toString('latin1')]),
  });
  for (const chunk of chunks) cutter.feed(chunk);
  cutter.end();
  return found;
}

function* pieces(bytes: Buffer, size: number, first = size): Generator<Buffer> {
  yield Buffer.from(bytes.subarray(0, first));
  for (let at = first; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}

const lines = ['{"data":{"text":"naïve 😀 日本語 \\n \\u2028"}}', '{"data":{"text":"👩‍👩‍👧‍👦 שלום"}}', '{}'];
const response = Buffer.from(`${lines[0]}\r\n\r\n${lines[1]}\r\n\r\n\r\n${lines[2]}\r\n`);
const expected: Cut = { payloads: lines.map((line) => Buffer.from(line).toString('latin1')), aside: [] };

test('a response with multi-byte characters gives the same lines at every size of its pieces', () => {
  for (let size = 1; size <= response.length; size++) assert.equal(cut(pieces(response, size)), expected, `${size}`);
});

test('a response gives the same lines wherever one cut falls: in a character, between CR and LF, in a keep-alive', () => {
  for (let first = 0; first <= response.length; first++)
    assert.equal(cut(pieces(response, response.length, first)), expected, `${first}`);
});

test('an LF alone ends a line too, and only one CR is its end', () => {
  assert.equal(cut([Buffer.from('{"a":1}\n{"b":2}\r\r\n')]), {
    payloads: ['{"a":1}'],
    aside: [['not-an-object', '{"b":2}\r']],
  });
});

test('a line feed inside a string cuts where it stands: both halves are kept aside', () => {
  assert.equal(cut([Buffer.from('{"data":{"text":"a\nb"}}\r\n{"data":{}}\r\n')]), {
    payloads: ['{"data":{}}'],
    aside: [
      ['not-an-object', '{"data":{"text":"a'],
      ['not-an-object', 'b"}}'],
    ],
  });
});

test('NUL bytes and bytes that are no UTF-8 pass as they are', () => {
  const odd = Buffer.from([0x7b, 0x00, 0xff, 0xc3, 0x28, 0x7d, 0x0d, 0x0a]);
  assert.equal(cut([odd]).payloads, [odd.toString('latin1', 0, 6)]);
});

test('what has no end when the connection ends is cut off; half a keep-alive is nothing', () => {
  assert.equal(cut([Buffer.from('{"data":{}}\r\n{"data":{"te')]), {
    payloads: ['{"data":{}}'],
    aside: [['cut-off', '{"data":{"te']],
  });
  assert.equal(cut([Buffer.from('{"data":{}}\r\n\r')]), { payloads: ['{"data":{}}'], aside: [] });
});

test('a line of 20 MB is a line', () => {
  const long = Buffer.alloc(20_000_000, 'x');
  long.write('{"data":"');
  long.write('"}\r\n', long.length - 4);
  const found = cut(pieces(Buffer.concat([Buffer.from('{}\n'), long, Buffer.from('{}\n')]), 65_536));
  assert.equal(
    found.payloads.map(({ length }) => length),
    [2, long.length - 2, 2],
  );
  assert.equal(found.aside, []);
});

test('a line longer than any payload goes aside by its first MiB, and the next line is whole again', () => {
  const found: Cut = { payloads: [], aside: [] };
  const cutter = new LineCutter({
    payload: (bytes, start, end) => found.payloads.push(bytes.toString('latin1', start, end)),
    aside: (reason, line) => found.aside.push([reason, line.toString('latin1', 0, 9) + line.length]),
  });
  cutter.feed(Buffer.from('{"data":"'));
  const filler = Buffer.alloc(1 << 20, 'x');
  for (let fed = 0; fed < longestLineBytes * 1.5; fed += filler.length) cutter.feed(filler);
  assert.ok(cutter.openBytes > longestLineBytes);
  cutter.feed(Buffer.from('"}\r\n{"data":{}}\r\n'));
  assert.equal(found, { payloads: ['{"data":{}}'], aside: [['too-long', `{"data":"${1 << 20}`]] });
  assert.is(cutter.openBytes, 0);
});

test.run();
