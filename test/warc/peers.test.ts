// WARC files of other hands read here, and ours read by other hands: wget, warcio.js, the npm package warc, bsdtar, gzip, file, Python.
import { execFile } from 'node:child_process';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { WARCParser, WARCRecord, WARCSerializer } from 'warcio';
import { systemDisk } from '../../src/outside/disk.ts';
import { joinWarcs } from '../../src/warc/join.ts';
import { scan } from '../../src/warc/scan.ts';
import { verifyWarcs } from '../../src/warc/verify.ts';
import { neededPeer, peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { date, segments, streamLines, tweetLine, uri, warcinfo, wireBytes, writeWarc } from './answers.ts';
import { readAll } from './reading.ts';

const test = suite('warc peers');
const run = promisify(execFile);
const folder = temporaryFolder();
const tweets = (to: number): string[] => Array.from({ length: to }, (_, index) => tweetLine(index));

interface Source {
  readonly server: Server;
  readonly address: string;
}

/** A server whose every answer is these bytes; an answer without its last chunk is reset. */
async function serving(answer: Buffer, isCut = false): Promise<Source> {
  const server = createServer((_request, answering) => {
    const { socket } = answering;
    socket?.write(answer, () => (isCut ? socket.resetAndDestroy() : socket.end()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/stream` };
}

const wgetCases: [string, { encoding?: 'gzip'; options: string[] }][] = [
  ['chunked', { options: [] }],
  ['chunked and gzipped', { encoding: 'gzip', options: ['--header=Accept-Encoding: gzip'] }],
  ['chunked, in a plain file', { options: ['--no-warc-compression'] }],
];

for (const [what, { encoding, options }] of wgetCases) {
  peerTest(test, ['wget'], `what wget archives of a stream (${what}) gives all its tweets, and verifies`, async () => {
    const { server, address } = await serving(await wireBytes(streamLines(20), { encoding }));
    const name = join(folder, `wget-${wgetCases.findIndex(([title]) => title === what)}`);
    try {
      await run(neededPeer('wget'), ['-q', '-O', '/dev/null', `--warc-file=${name}`, ...options, address], {
        cwd: folder,
      });
    } finally {
      server.close();
    }
    const path = options.includes('--no-warc-compression') ? `${name}.warc` : `${name}.warc.gz`;
    const { lines, issues } = await readAll([path]);
    assert.equal(lines, tweets(20));
    assert.equal(issues, []);
    const report = await verifyWarcs([path], { disk: systemDisk });
    assert.equal(report.issues, []);
    // wget takes its payload digests with the chunking on, where WARC 1.1 wants it off.
    assert.equal(
      report.warnings.map(({ kind }) => kind),
      ['payload-digest'],
    );
    assert.match(report.warnings[0]?.detail ?? '', 'with its chunking on; it is right so');
    assert.equal(
      report.answers.map((answer) => [answer.status, answer.uri]),
      [['complete', address]],
    );
  });
}

peerTest(test, ['wget'], 'what wget leaves of an answer that was cut gives no tweet and no error', async () => {
  const { server, address } = await serving(await wireBytes(streamLines(20), { isEnded: false }), true);
  const name = join(folder, 'wget-cut');
  try {
    await run(neededPeer('wget'), ['-q', '-t', '1', '-O', '/dev/null', `--warc-file=${name}`, address], {
      cwd: folder,
    }).catch(() => {});
  } finally {
    server.close();
  }
  const { lines, tally, issues } = await readAll([`${name}.warc.gz`]);
  assert.equal([lines, tally.answers, issues], [[], 0, []]);
});

/** One record as warcio.js writes it, with whatever it adds of its own; and the length of its block. */
async function foreignRecord(
  type: 'response' | 'continuation',
  body: Buffer,
  warcHeaders: Record<string, string>,
): Promise<{ bytes: Buffer; length: number }> {
  const content = (async function* () {
    yield new Uint8Array(body);
  })();
  const created = { url: uri, date, type: type as 'response', warcVersion: 'WARC/1.1' as const, warcHeaders };
  const http = { statusline: 'HTTP/1.1 200 OK', httpHeaders: { 'Transfer-Encoding': 'chunked' } };
  const record = WARCRecord.create({ ...created, ...(type === 'response' && http) }, content);
  const bytes = Buffer.from(await WARCSerializer.serialize(record, { gzip: true }));
  return { bytes, length: Number(/Content-Length: (\d+)/i.exec(gunzipSync(bytes).toString('latin1'))?.[1]) };
}

test('segments written by warcio.js are put together; its digests of single segments are only remarked on', async () => {
  const answer = await wireBytes(streamLines(200));
  const [one, two] = [5000, 12_000];
  const id = '<urn:uuid:12345678-1234-4234-8234-123456789abc>';
  const typed = { 'Content-Type': 'application/http;msgtype=response' };
  const body = answer.indexOf('\r\n\r\n') + 4;
  const next = (number: number): Record<string, string> => ({
    'WARC-Segment-Origin-ID': id,
    'WARC-Segment-Number': String(number),
  });
  const first = await foreignRecord('response', answer.subarray(body, one), {
    'WARC-Record-ID': id,
    'WARC-Segment-Number': '1',
    ...typed,
  });
  const second = await foreignRecord('continuation', answer.subarray(one, two), next(2));
  const total = first.length + second.length + answer.length - two;
  const third = await foreignRecord('continuation', answer.subarray(two), {
    ...next(3),
    'WARC-Segment-Total-Length': String(total),
  });
  const paths = [first, second, third].map(({ bytes }, index) => {
    const path = join(folder, `w${index}.warc.gz`);
    writeFileSync(path, bytes);
    return path;
  });
  const { lines, issues } = await readAll(paths.toReversed());
  assert.equal(lines, tweets(200));
  assert.equal(issues, []);
  const report = await verifyWarcs(paths, { disk: systemDisk });
  assert.equal(report.issues, []);
  assert.ok(report.warnings.length > 0);
  assert.ok(
    report.warnings.every(({ kind, detail }) => kind === 'payload-digest' && detail.includes('this segment alone')),
    JSON.stringify(report.warnings),
  );
});

/** Three segments in three files, and what they were joined into. */
async function joined(version: '1.0' | '1.1', name: string): Promise<{ parts: string[]; out: string; answer: Buffer }> {
  const answer = await wireBytes(streamLines(200));
  const parts = segments(answer, [5000, 12_000]).map((bytes, index) =>
    writeWarc(folder, `p${index}-${name}.warc.gz`, [warcinfo(), bytes]),
  );
  const out = join(folder, name);
  let ids = 0;
  const newId = (): string => `<urn:uuid:00000000-0000-4000-8000-${String(ids++).padStart(12, '0')}>`;
  const signal = new AbortController().signal;
  const setting = {
    disk: systemDisk,
    out,
    version,
    nowMs: Date.parse(date),
    newId,
    salvage: false,
    tell: () => {},
    signal,
  };
  assert.equal(await joinWarcs(await scan(systemDisk, parts), setting), { joined: 1, leftOut: 0 });
  return { parts, out, answer };
}

test('joined segments read by warcio.js as one answer: every tweet, from a record of the right length', async () => {
  const { out } = await joined('1.1', 'for-warcio.warc.gz');
  const found: [string | null, number][] = [];
  let text = '';
  const parser = new WARCParser(createReadStream(out) as unknown as ReadableStream<Uint8Array>);
  for await (const record of parser) {
    found.push([record.warcType, record.warcContentLength]);
    if (record.warcType === 'response') text = await record.contentText();
  }
  assert.equal(
    found.map(([type]) => type),
    ['warcinfo', 'response', 'metadata'],
  );
  assert.equal(
    text.split('\r\n').filter((line) => line !== ''),
    tweets(200),
  );
});

interface OldWarcRecord {
  readonly protocol: string;
  readonly headers: Record<string, string>;
  readonly content: Buffer;
}

test('blocks read by the npm package warc are the very bytes', async () => {
  const OldWarc = createRequire(import.meta.url)('warc') as new () => NodeJS.ReadWriteStream;
  const { out, answer, parts } = await joined('1.1', 'for-warc.warc');
  for (const [path, expected] of [
    [out, [answer]],
    [parts[1] as string, [answer.subarray(5000, 12_000)]],
  ] as [string, Buffer[]][]) {
    const bytes = path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path);
    const records: OldWarcRecord[] = [];
    await new Promise<void>((resolve, reject) => {
      const parser = new OldWarc();
      parser.on('data', (record: unknown) => records.push(record as OldWarcRecord));
      parser.on('end', resolve).on('error', reject);
      parser.end(bytes);
    });
    const blocks = records
      .filter(({ headers }) => /^(response|continuation)$/.test(headers['WARC-Type'] ?? ''))
      .map(({ content }) => content);
    assert.equal(
      blocks.map((block) => block.length),
      expected.map((block) => block.length),
    );
    assert.ok(blocks.every((block, index) => block.equals(expected[index] as Buffer)));
  }
});

peerTest(
  test,
  ['gzip', 'file', 'bsdtar', 'python3'],
  'gzip, file, bsdtar and Python read what was joined',
  async () => {
    const { out, parts, answer } = await joined('1.1', 'for-all.warc.gz');
    await run(neededPeer('gzip'), ['-t', out]);
    assert.match((await run(neededPeer('file'), ['-z', '-b', out])).stdout, 'WARC Archive version 1.1');
    const oracle = fileURLToPath(new URL('oracle.py', import.meta.url));
    for (const paths of [[out], parts, parts.toReversed()]) {
      const { stdout } = await run(neededPeer('python3'), [oracle, ...paths], { maxBuffer: 1 << 24 });
      assert.equal(stdout.trimEnd().split('\n'), tweets(200));
    }
    const older = await joined('1.0', 'for-bsdtar.warc.gz');
    const { stdout } = await run(neededPeer('bsdtar'), ['xOf', older.out], { encoding: 'buffer', maxBuffer: 1 << 24 });
    // It hands out the block, and four bytes of its own behind it.
    assert.ok(stdout.subarray(0, answer.length).equals(answer));
  },
);

test.run();
