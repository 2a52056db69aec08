// The archive as it writes: what its files say, how answers are cut, what no file may hold, and its manifest.
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { readManifest } from '../../src/outside/warc-manifest.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { streamLines, tweetLine, wireBytes } from './answers.ts';
import {
  archiving,
  closedAtEnd,
  exchange,
  feed,
  type OpenArchive,
  paths,
  sealed,
  secret,
  tweets,
  verified,
  writtenRecords,
} from './archiving.ts';
import { readAll } from './reading.ts';

const test = suite('warc archive');

/** `sha1:` and base32, as payloads have it; through a big number, to be another way than the product's. */
function payloadDigestOf(bytes: Buffer): string {
  let value = BigInt(`0x${createHash('sha1').update(bytes).digest('hex')}`);
  let text = '';
  for (let digit = 0; digit < 32; digit++, value >>= 5n)
    text = `${'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number(value & 31n)]}${text}`;
  return `sha1:${text}`;
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const bodyOf = (lines: readonly string[]): Buffer => Buffer.from(lines.join(''));

test('an answer cut into segments has in each record the fields that the standard wants there, and no other', async () => {
  await using open = await closedAtEnd(archiving({ segmentBytes: 6000 }));
  const answer = await wireBytes(streamLines(200));
  const sink = open.begin();
  await feed(open, sink, answer);
  sink.end(true);
  await sealed(open, 3);
  const records = writtenRecords(open.folder, open.finished());
  assert.equal(
    records.map(({ fields }) => fields.get('WARC-Type')),
    [
      'warcinfo',
      'response',
      'request',
      'metadata',
      'warcinfo',
      'continuation',
      'metadata',
      'warcinfo',
      'continuation',
      'metadata',
    ],
  );
  const fieldsOf = (index: number): string[] => [...(records[index]?.fields.keys() ?? [])];
  const common = ['WARC-Type', 'WARC-Record-ID', 'WARC-Date', 'WARC-Target-URI'];
  assert.equal(fieldsOf(1), [
    ...common,
    'WARC-IP-Address',
    'WARC-Concurrent-To',
    'WARC-Warcinfo-ID',
    'WARC-Segment-Number',
    'Content-Type',
    'WARC-Block-Digest',
    'Content-Length',
  ]);
  const segment = ['WARC-Segment-Origin-ID', 'WARC-Segment-Number'];
  assert.equal(fieldsOf(5), [...common, ...segment, 'WARC-Block-Digest', 'Content-Length']);
  assert.equal(fieldsOf(8), [
    ...common,
    ...segment,
    'WARC-Segment-Total-Length',
    'WARC-Payload-Digest',
    'WARC-Block-Digest',
    'Content-Length',
  ]);
  assert.equal(fieldsOf(2), [
    ...common,
    'WARC-IP-Address',
    'WARC-Concurrent-To',
    'WARC-Warcinfo-ID',
    'Content-Type',
    'WARC-Block-Digest',
    'Content-Length',
  ]);
  const value = (index: number, name: string): string | undefined => records[index]?.fields.get(name);
  for (const name of ['WARC-Date', 'WARC-Target-URI']) {
    assert.is(new Set([1, 2, 3, 5, 6, 8, 9].map((index) => value(index, name))).size, 1, name);
  }
  assert.equal(
    [5, 8].map((index) => value(index, 'WARC-Segment-Origin-ID')),
    [value(1, 'WARC-Record-ID'), value(1, 'WARC-Record-ID')],
  );
  assert.equal(
    [1, 5, 8].map((index) => value(index, 'WARC-Segment-Number')),
    ['1', '2', '3'],
  );
  assert.is(value(8, 'WARC-Segment-Total-Length'), String(answer.length));
  assert.is(value(8, 'WARC-Payload-Digest'), payloadDigestOf(bodyOf(streamLines(200))));
  assert.equal(
    [value(1, 'WARC-Concurrent-To'), value(2, 'WARC-Concurrent-To'), value(3, 'WARC-Concurrent-To')],
    [value(2, 'WARC-Record-ID'), value(1, 'WARC-Record-ID'), value(1, 'WARC-Record-ID')],
  );
  assert.is(value(6, 'WARC-Refers-To'), value(5, 'WARC-Record-ID'));
  assert.is(value(1, 'WARC-IP-Address'), '127.0.0.1');
  assert.is(new Set(records.map(({ fields }) => fields.get('WARC-Record-ID'))).size, records.length);
  assert.ok(records.every(({ fields, block }) => fields.get('WARC-Block-Digest') === digestOf(block)));
  assert.ok(Buffer.concat([1, 5, 8].map((index) => records[index]?.block as Buffer)).equals(answer));
  assert.equal(
    [0, 4, 7].map((index) => value(index, 'WARC-Filename')),
    open.finished(),
  );
  assert.equal(await verified(open), ['complete']);
  assert.equal((await readAll(paths(open))).lines, tweets(200));
});

test('segments are no larger than they may be, cut to the byte, and at every hour of the clock', async () => {
  await using open = await closedAtEnd(archiving({ segmentBytes: 5000 }));
  const answer = await wireBytes(streamLines(200));
  const sink = open.begin();
  await feed(open, sink, answer, 4321);
  await open.world.clock.pass(3_600_000);
  sink.bytes(Buffer.from('1\r\n\n\r\n'));
  sink.end(true);
  await sealed(open, 5);
  const lengths = (await readManifest(systemDisk, open.folder)).map(({ received }) => received);
  assert.equal(lengths, [5000, 5000, 5000, answer.length - 15_000, 6]);
});

test('an answer that ends exactly where its segment is full ends with that segment, and its total length is right', async () => {
  await using open = await closedAtEnd(archiving({ segmentBytes: 5000 }));
  const answer = (await wireBytes(streamLines(200))).subarray(0, 10_000);
  const sink = open.begin();
  await feed(open, sink, answer, 5000);
  sink.end(false);
  await sealed(open, 2);
  const [, last] = writtenRecords(open.folder, open.finished()).filter(({ fields }) =>
    /^(response|continuation)$/.test(fields.get('WARC-Type') ?? ''),
  );
  const facts = ['WARC-Segment-Total-Length', 'WARC-Truncated', 'Content-Length'].map((name) => last?.fields.get(name));
  assert.equal(facts, ['10000', 'disconnect', '5000']);
  assert.equal(await verified(open), ['truncated (disconnect)']);
});

test('killed just behind a cut, an answer is ended by an empty continuation with the right total length', async () => {
  const disk: Disk = {
    ...systemDisk,
    async open(path) {
      const file = await systemDisk.open(path);
      return /-00001-.*\.spool$/.test(path) ? { ...file, append: () => new Promise<void>(() => {}) } : file;
    },
  };
  const killed = await archiving({ disk, segmentBytes: 5000 });
  const answer = (await wireBytes(streamLines(200))).subarray(0, 6000);
  const sink = killed.begin();
  await feed(killed, sink, answer, 5000);
  await until('the second spool', () => killed.names().some((name) => /-00001-.*\.spool$/.test(name)));
  await sealedFiles(killed, 1);
  const folder = join(temporaryFolder(), 'warc');
  cpSync(killed.folder, folder, {
    recursive: true,
    filter: (path) => !path.includes('.warc.lock'),
  });
  await using open = await closedAtEnd(archiving({ folder }));
  await sealed(open, 2);
  const last = writtenRecords(folder, open.finished()).find(({ fields }) => fields.get('WARC-Type') === 'continuation');
  const facts = ['WARC-Segment-Total-Length', 'WARC-Truncated', 'Content-Length'].map((name) => last?.fields.get(name));
  assert.equal(facts, ['5000', 'unspecified', '0']);
  assert.equal(await verified(open), ['truncated (unspecified)']);
});

/** Resolves once so many files are finished, whatever else waits. */
const sealedFiles = (open: OpenArchive, files: number): Promise<unknown> =>
  until(`${files} files to be finished`, async () => {
    await open.world.clock.pass(200);
    return open.finished().length === files;
  });

test('an answer that ends before its first cut is a plain response', async () => {
  await using open = await closedAtEnd(archiving());
  const sink = open.begin();
  await feed(open, sink, await wireBytes(streamLines(20)), 10_000);
  sink.end(true);
  await sealed(open, 1);
  const [, response] = writtenRecords(open.folder, open.finished());
  assert.equal(
    [...(response?.fields.keys() ?? [])].filter((name) => name.startsWith('WARC-Segment')),
    [],
  );
  assert.is(response?.fields.get('WARC-Payload-Digest'), payloadDigestOf(bodyOf(streamLines(20))));
  assert.is(response?.fields.get('WARC-Truncated'), undefined);
});

const endings: [string, { isEnded: boolean; isComplete: boolean; isStopped?: boolean }, string | undefined][] = [
  ['with its last chunk', { isEnded: true, isComplete: true }, undefined],
  ['with its last chunk, though the connection is reset', { isEnded: true, isComplete: false }, undefined],
  ['without its last chunk', { isEnded: false, isComplete: false }, 'disconnect'],
  ['because ingest stops', { isEnded: false, isComplete: false, isStopped: true }, 'unspecified'],
];

for (const [what, { isEnded, isComplete, isStopped }, expected] of endings) {
  test(`an answer that ends ${what} says: ${expected ?? 'nothing'}`, async () => {
    await using open = await closedAtEnd(archiving());
    const sink = open.begin();
    sink.bytes(await wireBytes(streamLines(20), { isEnded }));
    if (isStopped) open.world.stop();
    sink.end(isComplete);
    await sealed(open, 1);
    const [, response] = writtenRecords(open.folder, open.finished());
    assert.is(response?.fields.get('WARC-Truncated'), expected);
    assert.equal(await verified(open), [expected === undefined ? 'complete' : `truncated (${expected})`]);
  });
}

test('each connection is a capture of its own; one that gave no byte leaves nothing', async () => {
  await using open = await closedAtEnd(archiving());
  for (const index of [0, 1, 2]) {
    const sink = open.begin();
    if (index !== 1) sink.bytes(await wireBytes(streamLines(5)));
    sink.end(index === 0);
    await open.world.clock.pass(1_000);
  }
  await sealed(open, 2);
  const responses = writtenRecords(open.folder, open.finished()).filter(
    ({ fields }) => fields.get('WARC-Type') === 'response',
  );
  assert.is(new Set(responses.map(({ fields }) => fields.get('WARC-Record-ID'))).size, 2);
  assert.is(new Set(responses.map(({ fields }) => fields.get('WARC-Date'))).size, 2);
});

test('the marks of arrival give each tweet the second in which it was received', async () => {
  await using open = await closedAtEnd(archiving({ segmentBytes: 3000 }));
  const sink = open.begin();
  sink.bytes(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'));
  for (let index = 0; index < 100; index++) {
    sink.bytes(Buffer.from(`${tweetLine(index)}\r\n`));
    await open.world.clock.pass(700);
  }
  sink.end(true);
  await until(
    'all to be sealed',
    () => open.finished().length >= 3 && !open.names().some((name) => name.includes('.spool')),
  );
  const start = Date.parse('2026-03-10T13:00:00Z');
  const wrong: string[] = [];
  const each = (tweet: { bytes: Buffer; piece: { received: { fromMs: number } } }): void => {
    const index = tweets(100).indexOf(tweet.bytes.toString());
    const { fromMs } = tweet.piece.received;
    if (Math.floor(fromMs / 1000) !== Math.floor((start + index * 700) / 1000))
      wrong.push(`${index}: ${new Date(fromMs).toISOString()}`);
  };
  assert.is((await readAll(paths(open), { each })).lines.length, 100);
  assert.equal(wrong, []);
});

test('no secret reaches the disk: not in files after unpacking, not in spools, not in their descriptions, not in the log', async () => {
  const secrets = [
    secret,
    'SECRET-cookie',
    'SECRET-query',
    'SECRET-basic',
    'SECRET-oauth',
    'SECRET-user',
    'SECRET-key',
  ];
  const open = await archiving({ segmentBytes: 2000 });
  const sink = open.begin({
    ...exchange,
    url: `http://SECRET-user:SECRET-user@127.0.0.1/stream?oauth_token=SECRET-query&x=1&api%5Fkey=SECRET-key`,
    path: '/stream?oauth_token=SECRET-query&x=1&api%5Fkey=SECRET-key',
    headers: [
      ...exchange.headers,
      'Cookie',
      'a=SECRET-cookie; b=SECRET-cookie',
      'Proxy-Authorization',
      'Basic SECRET-basic',
      'authorization',
      'OAuth oauth_signature="SECRET-oauth", x="SECRET-oauth"',
      'X-API-Key',
      'SECRET-key',
    ],
  });
  await feed(open, sink, (await wireBytes(streamLines(60))).subarray(0, 5000));
  const look = (): string => {
    const texts = open.names().map((name) => {
      const bytes = readFileSync(join(open.folder, name));
      return name.endsWith('.gz') ? gunzipSync(bytes).toString('latin1') : bytes.toString('latin1');
    });
    return texts.join('\n') + JSON.stringify(open.world.said) + JSON.stringify(open.world.raised);
  };
  // A file has its name before its spool goes: only then does nothing go away while it is looked at.
  const isSealed = (): boolean => open.world.said.filter(({ event }) => event === 'warc.sealed').length === 2;
  await until('two to be sealed, one in its spool', isSealed);
  const during = look();
  assert.match(during, '"uri"');
  sink.end(false);
  await sealed(open, 3);
  await open.archive.close();
  const after = look();
  for (const word of secrets) assert.equal([during.includes(word), after.includes(word)], [false, false], word);
  assert.match(after, 'Authorization: Bearer [redacted]');
  assert.match(after, 'Proxy-Authorization: Basic [redacted]');
  assert.match(after, 'oauth_token=[redacted]&x=1&api%5Fkey=[redacted]');
  assert.match(after, 'redacted: request.cookie');
});

test('line ends and NUL in an address or a header cannot end a field: they are escaped, and the file is sound', async () => {
  await using open = await closedAtEnd(archiving());
  const sink = open.begin({
    ...exchange,
    url: `${exchange.url}&rule=a\r\nWARC-Type: forged\r\n\r\n\0`,
    headers: ['User-Agent', 'evil\r\nX-Forged: yes\n\0', 'X\r\nY', 'z'],
    remoteAddress: '127.0.0.1',
  });
  sink.bytes(await wireBytes(streamLines(5)));
  sink.end(true);
  await sealed(open, 1);
  const records = writtenRecords(open.folder, open.finished());
  assert.equal(
    records.map(({ fields }) => fields.get('WARC-Type')),
    ['warcinfo', 'response', 'request', 'metadata'],
  );
  assert.match(records[2]?.block.toString() ?? '', 'User-Agent: evil%0D%0AX-Forged: yes%0A%00\r\n');
  assert.equal(await verified(open), ['complete']);
});

test('the manifest names every file with its digest and the time it covers, and is made again where it was lost', async () => {
  const open = await archiving({ segmentBytes: 5000 });
  const sink = open.begin();
  await feed(open, sink, await wireBytes(streamLines(200)));
  sink.end(true);
  await sealed(open, 4);
  await open.archive.close();
  const lines = await readManifest(systemDisk, open.folder);
  assert.equal(
    lines.map(({ file }) => file),
    open.finished(),
  );
  for (const { file, sha256, bytes } of lines) {
    const content = readFileSync(join(open.folder, file));
    assert.equal([createHash('sha256').update(content).digest('hex'), content.length], [sha256, bytes]);
  }
  assert.equal([lines[0]?.from, lines[0]?.until], ['2026-03-10T13:00:00.000Z', '2026-03-10T13:00:04.000Z']);
  assert.equal(
    lines.map(({ isLast }) => isLast),
    [false, false, false, true],
  );
  writeFileSync(join(open.folder, 'manifest.jsonl'), `${JSON.stringify(lines[2])}\n{"cut off`);
  const again = await archiving({ folder: open.folder });
  await until('the manifest to be whole', async () => (await readManifest(systemDisk, open.folder)).length === 4);
  await again.archive.close();
  const made = await readManifest(systemDisk, open.folder);
  assert.equal(
    made.toSorted((a, b) => (a.file < b.file ? -1 : 1)),
    lines,
  );
});

test('only one archive works in a folder', async () => {
  await using open = await closedAtEnd(archiving());
  await archiving({ folder: open.folder }).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, 'Another streamvault warc works in'),
  );
});

test.run();
