// Segmented answers put together again: every cut, every order, every way in which a segment can be missing or wrong.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  type AnswerShape,
  record,
  response,
  segments,
  streamLines,
  tweetLine,
  uri,
  warcinfo,
  wireBytes,
  writeWarc,
} from './answers.ts';
import { readAll } from './reading.ts';

const test = suite('warc segments');
const folder = temporaryFolder();
const tweets = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => tweetLine(from + index));

let files = 0;
/** Each record in a file of its own behind a warcinfo record; the paths. */
const oneFileEach = (records: readonly Buffer[], ending = '.warc.gz'): string[] =>
  records.map((bytes) => writeWarc(folder, `s${files++}${ending}`, [warcinfo(), bytes]));

/** Answers cut differently, read from one file. */
const atOnce = 100;

for (const encoding of [undefined, 'gzip'] as const) {
  test(`cut in two places at every byte, an answer (${encoding ?? 'identity'}) gives the same tweets`, async () => {
    const answer = await wireBytes(streamLines(54), { encoding });
    const expected = tweets(0, 54).join();
    for (let from = 1; from < answer.length - 1; from += atOnce) {
      const cuts = Array.from({ length: Math.min(atOnce, answer.length - 1 - from) }, (_, index) => from + index);
      const records = cuts.flatMap((cut) => segments(answer, [cut, Math.min(cut + 1 + (cut % 97), answer.length - 1)]));
      const { lines, issues, warnings } = await readAll([writeWarc(folder, 'every-cut.warc', records)]);
      const wrong = cuts.findIndex((_, index) => lines.slice(index * 54, (index + 1) * 54).join() !== expected);
      assert.is(wrong, -1, `cut at ${cuts[wrong]}`);
      assert.is(lines.length, 54 * cuts.length);
      assert.equal([...issues, ...warnings], [], `cuts from ${from}`);
    }
  });
}

test('200 tweets in three files come out in any order of files, among files that have nothing to do with them', async () => {
  const answer = await wireBytes(streamLines(200));
  const [one, two, three] = oneFileEach(segments(answer, [5000, 12_000])) as [string, string, string];
  mkdirSync(join(folder, 'other'), { recursive: true });
  const other = writeWarc(folder, 'other/unrelated.warc.gz', [
    warcinfo(),
    record({ 'WARC-Type': 'metadata', 'WARC-Target-URI': uri }, 'a: b\r\n'),
  ]);
  for (const paths of [
    [one, two, three],
    [three, one, two],
    [other, two, three, one],
    [three, two, other, one],
  ]) {
    const { lines, issues } = await readAll(paths);
    assert.equal(lines, tweets(0, 200));
    assert.equal(issues, []);
  }
});

/** An offset in the middle of what `pattern` finds. */
function inside(answer: Buffer, pattern: string | Buffer, plus: number): number {
  return answer.indexOf(pattern) + plus;
}

test('a cut inside a character, a size line, a line end, the gzip head or the HTTP head changes nothing', async () => {
  const plain = await wireBytes(streamLines(200));
  const packed = await wireBytes(streamLines(200), { encoding: 'gzip' });
  const cases: [Buffer, number[]][] = [
    [plain, [inside(plain, '😀', 1), inside(plain, '😀', 2)]],
    [plain, [inside(plain, '\r\n\r\n', 5)]],
    [plain, [inside(plain, '}\r\n', 2)]],
    [plain, [inside(plain, 'content-type', 3), inside(plain, '\r\n\r\n', 1)]],
    [packed, [inside(packed, Buffer.from([0x1f, 0x8b]), 1), inside(packed, Buffer.from([0x1f, 0x8b]), 5)]],
  ];
  for (const [answer, cuts] of cases) {
    const { lines, issues } = await readAll(oneFileEach(segments(answer, cuts)));
    assert.equal(lines, tweets(0, 200));
    assert.equal(issues, []);
  }
});

async function withoutMiddle(shape: AnswerShape): Promise<{ paths: string[]; firstCut: number }> {
  const answer = await wireBytes(streamLines(200), shape);
  const [firstCut, secondCut] = [Math.floor(answer.length / 3), Math.floor((answer.length * 2) / 3)];
  const [one, , three] = oneFileEach(segments(answer, [firstCut, secondCut])) as [string, string, string];
  return { paths: [three, one], firstCut };
}

for (const encoding of [undefined, 'gzip'] as const) {
  test(`where the middle segment is missing (${encoding ?? 'identity'}) only what stands before it is read, and nothing is joined across`, async () => {
    const { paths } = await withoutMiddle({ encoding });
    const { lines, issues, warnings, findings, tally } = await readAll(paths);
    assert.equal(issues, ['gap']);
    assert.match(findings.find(({ kind }) => kind === 'gap')?.detail ?? '', 'segment 2 is missing');
    assert.ok(lines.length > 40 && lines.length < 90, String(lines.length));
    assert.equal(lines, tweets(0, lines.length));
    assert.equal(warnings, ['after-gap']);
    assert.is(tally.unreadable, 0);
  });
}

test('asked to, it goes on after the gap with the next whole line', async () => {
  for (const isChunked of [true, false]) {
    const { paths } = await withoutMiddle({ isChunked });
    const { lines, tally } = await readAll(paths, { resync: true });
    const before = lines.findIndex((line, index) => line !== tweetLine(index));
    assert.ok(before > 40);
    assert.equal(lines.slice(before), tweets(200 - (lines.length - before), 200));
    assert.ok(lines.length > 130, String(lines.length));
    assert.equal([tally.unreadable, tally.messages], [0, 0]);
  }
});

test('asked to go on after a gap, it does not where the content is encoded as one', async () => {
  const { paths } = await withoutMiddle({ encoding: 'gzip' });
  const { warnings, findings } = await readAll(paths, { resync: true });
  assert.equal(warnings, ['after-gap']);
  assert.match(findings.at(-1)?.detail ?? '', 'encoded as one');
});

test('where the last segment is missing, the answer is open and all before it is read', async () => {
  const answer = await wireBytes(streamLines(200));
  const paths = oneFileEach(segments(answer, [5000, answer.indexOf(tweetLine(150)) - 4])).slice(0, 2);
  const { lines, issues } = await readAll(paths);
  assert.equal(issues, ['open']);
  assert.equal(lines, tweets(0, 150));
});

test('without its first segment an answer is an orphan, of which nothing is decoded', async () => {
  const answer = await wireBytes(streamLines(200));
  const { lines, issues } = await readAll(oneFileEach(segments(answer, [5000, 9000])).slice(1), { resync: true });
  assert.equal(issues, ['orphan']);
  assert.equal(lines, []);
});

test('two answers whose segments alternate in the same files are kept apart', async () => {
  const a = segments(await wireBytes(streamLines(200)), [5000, 12_000], { 1: { 'WARC-Date': '2026-03-10T13:00:00Z' } });
  const b = segments(await wireBytes(streamLines(50), { encoding: 'gzip' }), [700, 900]);
  const mixed = [a[2], b[1], a[0], b[2], b[0], a[1]] as Buffer[];
  const { lines, issues } = await readAll([writeWarc(folder, 'mixed.warc.gz', mixed)]);
  assert.equal(lines, [...tweets(0, 200), ...tweets(0, 50)]);
  assert.equal(issues, []);
});

test('a segment that is there twice is read once; where its copies differ that is told', async () => {
  const answer = await wireBytes(streamLines(200));
  const parts = segments(answer, [5000, 12_000]) as [Buffer, Buffer, Buffer];
  const same = await readAll([writeWarc(folder, 'twice.warc.gz', [...parts, parts[1]])]);
  assert.equal(same.lines, tweets(0, 200));
  assert.equal(same.issues, []);
  const other = segments(
    Buffer.from(answer.toString('latin1').replaceAll('na', 'NA'), 'latin1'),
    [5000, 12_000],
  )[1] as Buffer;
  const origin = /WARC-Segment-Origin-ID: (.*)\r/.exec(parts[1].toString())?.[1] ?? '';
  const forged = Buffer.from(
    other.toString('latin1').replace(/WARC-Segment-Origin-ID: .*\r/, `WARC-Segment-Origin-ID: ${origin}\r`),
    'latin1',
  );
  const differing = await readAll([writeWarc(folder, 'differ.warc.gz', [...parts, forged])]);
  assert.equal(differing.lines, tweets(0, 200));
  assert.equal(differing.issues, ['segment-twice']);
});

test('a segment that is not what its digest says is told with its place, and not read unless asked to', async () => {
  const answer = await wireBytes(streamLines(200));
  const wrong = { 'WARC-Block-Digest': `sha256:${'0'.repeat(64)}` };
  const paths = oneFileEach(segments(answer, [5000, 12_000], { 2: wrong }));
  const { lines, issues, findings } = await readAll(paths);
  assert.equal(issues, ['block-digest']);
  const told = findings.find(({ kind }) => kind === 'block-digest');
  assert.is(told?.file, paths[1]);
  assert.ok((told?.offset ?? 0) > 0);
  assert.ok(lines.length > 30 && lines.length < 70);
  assert.equal(lines, tweets(0, lines.length));
  assert.equal((await readAll(paths, { salvage: true })).lines, tweets(0, 200));
});

test('a wrong total length is only a warning: the numbers of the segments decide', async () => {
  const answer = await wireBytes(streamLines(200));
  const { lines, issues, warnings } = await readAll(
    oneFileEach(segments(answer, [5000, 12_000], { 3: { 'WARC-Segment-Total-Length': 924 } })),
  );
  assert.equal(lines, tweets(0, 200));
  assert.equal([issues, warnings], [[], ['total-length']]);
});

test('an empty last segment ends an answer', async () => {
  const answer = await wireBytes(streamLines(200), { isEnded: false });
  const { lines, issues } = await readAll(oneFileEach(segments(answer, [5000, answer.length])));
  assert.equal(lines, tweets(0, 200));
  assert.equal(issues, []);
});

test('digests are read in every form and spelling that archives have; an unknown algorithm is unchecked', async () => {
  const answer = await wireBytes(streamLines(20));
  const { createHash } = await import('node:crypto');
  const sha1 = createHash('sha1').update(answer).digest();
  const base32 = [...sha1]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
    .replaceAll(/.{5}/g, (bits) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(bits, 2)] ?? '');
  const sha256 = createHash('sha256').update(answer).digest('hex');
  const right = [
    `sha1:${base32}`,
    `sha1:${sha1.toString('hex')}`,
    `SHA-256:${sha256.toUpperCase()}`,
    `md5:${createHash('md5').update(answer).digest('hex')}`,
  ];
  for (const digest of right) {
    const { lines, issues, warnings } = await readAll([
      writeWarc(folder, 'digest.warc.gz', [response(answer, { 'WARC-Block-Digest': digest })]),
    ]);
    assert.equal([lines.length, issues, warnings], [20, [], []], digest);
  }
  const unknown = await readAll([
    writeWarc(folder, 'digest.warc.gz', [response(answer, { 'WARC-Block-Digest': 'blake3:abcd' })]),
  ]);
  assert.equal([unknown.lines.length, unknown.issues, unknown.warnings], [20, [], ['block-digest-unchecked']]);
  const wrong = await readAll([
    writeWarc(folder, 'digest.warc.gz', [
      response(answer, { 'WARC-Block-Digest': `sha1:${base32.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}` }),
    ]),
  ]);
  assert.equal([wrong.lines.length, wrong.issues], [0, ['block-digest']]);
});

test('a capture of 2015 with every departure that such files have gives its one tweet', async () => {
  // As an early archiver of streams wrote it: hex SHA-1, IP addresses on continuations, a total of the first payload only,
  // payload digests of single segments, content gzip that ends 100 bytes into a chunk.
  const tweet = JSON.stringify({
    created_at: 'Wed Dec 02 16:59:14 +0000 2015',
    id_str: '672097676230438915',
    text: 'é '.repeat(3000),
  }).replace('"id_str"', '"id":672097676230438915,"id_str"');
  const tail = `{"created_at":"Wed Dec 02 16:59:15 +0000 2015","id":67209768042`.slice(0, 60);
  const whole = await wireBytes([`${tweet}\r\n`, tail], { encoding: 'gzip', isEnded: false });
  const { createHash } = await import('node:crypto');
  const hex = (bytes: Buffer): string => `sha1:${createHash('sha1').update(bytes).digest('hex')}`;
  const cuts = [Math.floor(whole.length / 3), Math.floor((whole.length * 2) / 3)];
  const parts = [whole.subarray(0, cuts[0]), whole.subarray(cuts[0], cuts[1]), whole.subarray(cuts[1])];
  const own = (index: number): Record<string, string> => ({
    'WARC-Block-Digest': hex(parts[index] as Buffer),
    'WARC-IP-Address': '192.0.2.1',
  });
  const fields = {
    1: { ...own(0), 'WARC-Payload-Digest': hex(parts[0] as Buffer) },
    2: { ...own(1), 'WARC-Date': '2026-03-10T13:00:05Z' },
    3: { ...own(2), 'WARC-Segment-Total-Length': 924, 'WARC-Truncated': 'unspecified' },
  };
  const [one, two, three] = segments(whole, cuts, fields) as [Buffer, Buffer, Buffer];
  const request = record(
    { 'WARC-Type': 'request', 'WARC-Target-URI': uri, 'Content-Type': 'application/http;msgtype=request' },
    'GET / HTTP/1.1\r\n\r\n',
  );
  const { lines, issues, warnings, tally } = await readAll([
    writeWarc(folder, 'of-2015.warc.gz', [warcinfo(), one, request, two, three]),
  ]);
  assert.equal(lines, [tweet]);
  assert.equal([tally.partial, tally.partialBytes], [1, 60]);
  assert.equal(issues, []);
  assert.equal(warnings.toSorted(), ['segment-date', 'total-length']);
});

test.run();
