// Files that are cut, flipped, padded or malicious: what can be read is read, what cannot is told once, and nothing hangs.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  type Fields,
  chunkOf,
  record,
  response,
  streamLines,
  tweetLine,
  uri,
  warcinfo,
  wireBytes,
  writeWarc,
} from './answers.ts';
import { readAll } from './reading.ts';

const test = suite('warc damage');
const folder = temporaryFolder();

function write(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** Rejects where the reading takes longer: it must end by itself, whatever the file holds. */
async function within<T>(seconds: number, what: string, work: Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work;
  assert.ok(performance.now() - started < seconds * 1000, `${what} took ${Math.round(performance.now() - started)} ms`);
  return result;
}

/** Five answers of one tweet each. */
const five = async (): Promise<Buffer[]> =>
  Promise.all(
    [0, 1, 2, 3, 4].map(async (index) =>
      response(await wireBytes([`${tweetLine(index)}\r\n`]), { 'WARC-Target-URI': `${uri}?n=${index}` }),
    ),
  );
const ids = (lines: readonly string[]): number[] => lines.map((line) => Number(/"id":"\d+(\d)"/.exec(line)?.[1]));

test('a file whose last gzip member is cut anywhere gives all records before it and one finding, with the offset', async () => {
  const records = [warcinfo(), ...(await five())];
  const members = records.map((bytes) => gzipSync(bytes));
  const whole = Buffer.concat(members);
  const last = members.at(-1) as Buffer;
  const lastAt = whole.length - last.length;
  for (let kept = 1; kept < last.length; kept++) {
    const result = await within(2, `kept ${kept}`, readAll([write('cut.warc.gz', whole.subarray(0, lastAt + kept))]));
    assert.equal(result.issues, ['truncated'], `kept ${kept}`);
    assert.is(result.findings[0]?.offset, lastAt);
    assert.equal(ids(result.lines).slice(0, 4), [0, 1, 2, 3], `kept ${kept}`);
    // Once its block stands whole and its digest is right, the answer is proven, whatever else is missing.
    assert.ok(result.lines.length <= 5);
  }
});

test('a plain file cut in a block, in a head or in the end of a record gives all records before and one finding', async () => {
  const records = await five();
  const whole = Buffer.concat([warcinfo(), ...records]);
  const lastAt = whole.length - (records.at(-1) as Buffer).length;
  for (let length = lastAt + 1; length < whole.length; length += 1) {
    const result = await within(2, `length ${length}`, readAll([write('cut.warc', whole.subarray(0, length))]));
    assert.is(result.issues.length, 1, `length ${length}: ${result.issues.join()}`);
    assert.equal(ids(result.lines).slice(0, 4), [0, 1, 2, 3], `length ${length}`);
  }
});

test('a flipped bit costs the member it is in, garbage between members and zeros at the end cost none', async () => {
  const members = (await five()).map((bytes) => gzipSync(bytes));
  for (let at = 12; at < (members[1] as Buffer).length; at += 7) {
    const flipped = members.map((bytes) => Buffer.from(bytes));
    (flipped[1] as Buffer)[at] = (members[1] as Buffer)[at]! ^ 0x10;
    const result = await within(2, `bit ${at}`, readAll([write('flipped.warc.gz', Buffer.concat(flipped))]));
    assert.equal(
      ids(result.lines).filter((id) => id !== 1),
      [0, 2, 3, 4],
      `byte ${at}`,
    );
    assert.is(result.issues.length, 1, `byte ${at}: ${JSON.stringify(result.findings)}`);
  }
  const garbage = await readAll([
    write(
      'garbage.warc.gz',
      Buffer.concat([...members.slice(0, 2), Buffer.from('no member at all \x1f\x8b\x08\x00'), ...members.slice(2)]),
    ),
  ]);
  assert.equal([ids(garbage.lines), garbage.issues], [[0, 1, 2, 3, 4], ['garbage']]);
  const zeros = await readAll([write('zeros.warc.gz', Buffer.concat([...members, Buffer.alloc(1000)]))]);
  assert.equal([ids(zeros.lines), zeros.issues], [[0, 1, 2, 3, 4], []]);
});

test('a whole file in one gzip member, and members of several records, are read as well', async () => {
  const records = await five();
  const one = await readAll([write('one-member.warc.gz', gzipSync(Buffer.concat([warcinfo(), ...records])))]);
  assert.equal([ids(one.lines), one.issues], [[0, 1, 2, 3, 4], []]);
  const pairs = [gzipSync(Buffer.concat(records.slice(0, 2))), gzipSync(Buffer.concat(records.slice(2)))];
  const two = await readAll([write('pairs.warc.gz', Buffer.concat(pairs))]);
  assert.equal([ids(two.lines), two.issues], [[0, 1, 2, 3, 4], []]);
});

test('what is no WARC file at all is said to be none', async () => {
  for (const bytes of [Buffer.from('{"data":{}}\n'), Buffer.alloc(0), Buffer.from([0x1f]), gzipSync('hello')]) {
    const { lines, issues } = await readAll([write('none.warc.gz', bytes)]);
    assert.equal([lines.length, issues.length], [0, 1], JSON.stringify(bytes.toString()));
  }
});

const lengths: readonly [string, Fields][] = [
  ['negative', { 'Content-Length': '-5' }],
  ['in another notation', { 'Content-Length': '1e9' }],
  ['missing', { 'Content-Length': undefined }],
  ['beyond all numbers', { 'Content-Length': '100000000000000000000' }],
  ['there twice', { 'Content-Length': 12, 'content-length': 13 }],
  ['a gigabyte that is not there', { 'Content-Length': 1_000_000_000 }],
  ['too small', { 'Content-Length': 3 }],
  ['behind a head of 100 kB', { 'X-Long': 'x'.repeat(100_000) }],
];

for (const [what, fields] of lengths) {
  test(`a Content-Length that is ${what} is told, and the next record is read`, async () => {
    const [one, , three] = (await five()) as [Buffer, Buffer, Buffer];
    const hostile = record({ 'WARC-Type': 'resource', ...fields }, 'twelve bytes');
    for (const name of ['hostile.warc', 'hostile.warc.gz']) {
      const result = await within(2, name, readAll([writeWarc(folder, name, [one, hostile, three])]));
      assert.equal(ids(result.lines), [0, 2], name);
      assert.ok(result.issues.length >= 1 && result.issues.length <= 2, `${name}: ${result.issues.join()}`);
    }
  });
}

test('folded lines, bare line feeds and angle brackets round an address are read, with a warning', async () => {
  const answer = await wireBytes(streamLines(3));
  const strict = response(answer, { 'WARC-Target-URI': `<${uri}>`, 'X-Note': 'one\r\n two' }).toString('latin1');
  const end = strict.indexOf('\r\n\r\n');
  const loose = Buffer.from(strict.slice(0, end + 4).replaceAll('\r\n', '\n') + strict.slice(end + 4), 'latin1');
  const { lines, issues, warnings } = await readAll([writeWarc(folder, 'loose.warc', [loose])]);
  assert.equal([lines.length, issues, warnings], [3, [], ['oddity']]);
});

/** Reads one answer in a plain file; says what memory grew to. */
async function readHostile(answer: Buffer): Promise<Awaited<ReturnType<typeof readAll>>> {
  return within(20, 'the answer', readAll([writeWarc(folder, 'answer.warc', [response(answer)])]));
}

const head = (headers: string): Buffer => Buffer.from(`HTTP/1.1 200 OK\r\n${headers}\r\n\r\n`);
const ten = streamLines(10).join('');

test('interim answers before the answer are passed over', async () => {
  const { lines } = await readHostile(
    Buffer.concat([Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), await wireBytes(streamLines(10))]),
  );
  assert.is(lines.length, 10);
});

test('a chunk as large as numbers go, an extension of a megabyte, a chunk that is none: told, and nothing hangs', async () => {
  const chunked = head('transfer-encoding: Chunked');
  const good = chunkOf(Buffer.from(`${tweetLine(0)}\r\n`));
  const huge = await readHostile(Buffer.concat([chunked, ...good, Buffer.from('ffffffffffffffff\r\nabc')]));
  assert.equal([huge.lines.length, huge.warnings], [1, ['chunking']]);
  const extended = Buffer.concat([
    chunked,
    Buffer.from(`5;${'x'.repeat(1e6)}\r\nabcde\r\n`),
    ...good,
    Buffer.from('0\r\nTrailer: x\r\n\r\n'),
  ]);
  assert.equal((await readHostile(extended)).warnings, []);
  const none = await readHostile(Buffer.concat([chunked, Buffer.from(ten)]));
  assert.equal([none.lines.length, none.warnings], [10, ['chunking']]);
});

test('content that is not encoded as its head says is read as it is', async () => {
  for (const encoding of ['gzip', 'br-not-known', 'x-gzip']) {
    const { lines, warnings } = await readHostile(
      Buffer.concat([head(`content-encoding: ${encoding}`), Buffer.from(ten)]),
    );
    assert.equal([lines.length, warnings], [10, ['content-coding']], encoding);
  }
});

test('deflate with and without its wrapper, brotli and gzip in gzip are decoded', async () => {
  const { brotliCompressSync, deflateRawSync, deflateSync } = await import('node:zlib');
  const cases: [string, Buffer][] = [
    ['deflate', deflateSync(ten)],
    ['deflate', deflateRawSync(ten)],
    ['br', brotliCompressSync(ten)],
    ['gzip, gzip', gzipSync(gzipSync(ten))],
  ];
  for (const [encoding, body] of cases) {
    const { lines, warnings } = await readHostile(Buffer.concat([head(`content-encoding: ${encoding}`), body]));
    assert.equal([lines.length, warnings], [10, []], encoding);
  }
});

test('a cut gzip stream gives every tweet whose bytes came', async () => {
  const answer = await wireBytes(streamLines(200), { encoding: 'gzip', isEnded: false });
  const { lines, warnings, issues } = await readHostile(answer.subarray(0, answer.length - 7));
  assert.ok(lines.length >= 199, String(lines.length));
  assert.equal([warnings, issues], [[], []]);
});

test('a line of 17 MiB is counted and passed over, the next one is read', async () => {
  const { lines, tally } = await readHostile(
    Buffer.concat([head('x: y'), Buffer.alloc(17 * 1024 * 1024, 'x'), Buffer.from(`\r\n${tweetLine(1)}\r\n`)]),
  );
  assert.equal([lines.length, tally.tooLong], [1, 1]);
});

test('content that swells a thousandfold is read in bounded memory', async () => {
  const bomb = gzipSync(Buffer.concat([Buffer.alloc(400 * 1024 * 1024, ' '), Buffer.from(`\n${tweetLine(1)}\r\n`)]), {
    level: 9,
  });
  const { lines, tally } = await readHostile(Buffer.concat([head('content-encoding: gzip'), bomb]));
  assert.equal([lines.length, tally.tooLong], [1, 1]);
});

test('a response without an HTTP head, and one with nothing at all, give nothing but a warning', async () => {
  for (const bytes of ['', 'HTTP/1.1 200 OK\r\nno end', 'neither HTTP']) {
    const { lines, warnings } = await readHostile(Buffer.from(bytes));
    assert.equal([lines.length, warnings], [0, ['http-head']], bytes);
  }
});

test.run();
