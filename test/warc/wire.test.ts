// Answers over a real connection into the archive, ended in every way; and what programs of other hands make of the files.
import { execFile } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { WARCParser } from 'warcio';
import { systemDisk } from '../../src/outside/disk.ts';
import { openStream } from '../../src/outside/http-stream.ts';
import { newUrn } from '../../src/outside/identity.ts';
import type { WireTap } from '../../src/outside/wire.ts';
import { joinWarcs } from '../../src/warc/join.ts';
import { scan } from '../../src/warc/scan.ts';
import { verifyWarcs } from '../../src/warc/verify.ts';
import { neededPeer, peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { streamLines, tweetLine, wireBytes } from './answers.ts';
import { type OpenArchive, archiving, sealed, writtenRecords } from './archiving.ts';
import { readAll } from './reading.ts';

const test = suite('warc wire');
const run = promisify(execFile);
const tweets = (to: number): string[] => Array.from({ length: to }, (_, index) => tweetLine(index));

/** How the server goes on once it has written its answer; `heard` resolves when the archive has been shown all of it. */
type Finish = (socket: Socket, heard: Promise<void>) => void;

/** A tap that says when so many bytes were shown to it. */
function toldTap(tap: WireTap, bytes: number): { tap: WireTap; shown: Promise<void> } {
  const { promise: shown, resolve } = Promise.withResolvers<void>();
  let count = 0;
  const told: WireTap = (exchange) => {
    const sink = tap(exchange);
    return {
      ...sink,
      bytes(chunk) {
        count += chunk.length;
        sink.bytes(chunk);
        if (count === bytes) resolve();
      },
    };
  };
  return { tap: told, shown };
}

/** Hears one answer to its end over a real connection, archived as ingest archives it. */
async function hearInto({ archive, world }: OpenArchive, answer: Buffer, finish: Finish): Promise<void> {
  const { tap, shown } = toldTap(archive.tap, answer.length);
  const stop = new AbortController();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write(answer, () => finish(socket, shown)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/2/tweets/sample/stream`;
  try {
    const headers = { Authorization: 'Bearer x', 'Accept-Encoding': 'identity' };
    const { clock } = world;
    const heard = await openStream({ url, headers, tap, clock, signal: stop.signal });
    const over = heard.hear(() => undefined);
    if (finish === staying) {
      await shown;
      world.stop();
      stop.abort(new Error('stopped'));
    }
    await over.catch(() => {});
  } finally {
    server.close();
  }
}

/** The connection stays; it is we who end it. */
const staying = (): void => {};

const endings: [string, { isEnded: boolean; finish: Finish }, string | undefined][] = [
  ['the server ends it in order', { isEnded: true, finish: (socket) => void socket.end() }, undefined],
  [
    'the server closes it without its last chunk',
    { isEnded: false, finish: (socket) => void socket.end() },
    'disconnect',
  ],
  [
    'it is reset',
    { isEnded: false, finish: (socket, heard) => void heard.then(() => socket.resetAndDestroy()) },
    'disconnect',
  ],
  ['ingest is stopped', { isEnded: false, finish: staying }, 'unspecified'],
];

for (const [what, { isEnded, finish }, expected] of endings) {
  test(`where ${what} the file says ${expected ?? 'nothing of a loss'}, and holds every byte that came`, async () => {
    const open = await archiving();
    const answer = await wireBytes(streamLines(30), { isEnded });
    await hearInto(open, answer, finish);
    await sealed(open, 1);
    await open.archive.close();
    const [, response] = writtenRecords(open.folder, open.finished());
    assert.is(response?.fields.get('WARC-Truncated'), expected);
    assert.ok(response?.block.equals(answer), `${response?.block.length} of ${answer.length} bytes`);
  });
}

interface Sealed {
  readonly paths: string[];
  readonly answer: Buffer;
}

/** 200 tweets over a real connection, sealed in several segments. */
async function sealedByIngest(): Promise<Sealed> {
  const open = await archiving({ segmentBytes: 6000 });
  const answer = await wireBytes(streamLines(200));
  await hearInto(open, answer, (socket) => void socket.end());
  await sealed(open, Math.ceil(answer.length / 6000));
  await open.archive.close();
  return { answer, paths: open.finished().map((name) => join(open.folder, name)) };
}

test('warcio.js finds the same records, of the same types and lengths, in files that were sealed', async () => {
  const { paths, answer } = await sealedByIngest();
  const lengths: number[] = [];
  for (const [index, path] of paths.entries()) {
    const found: [string | null, string | null][] = [];
    const parser = new WARCParser(createReadStream(path) as unknown as ReadableStream<Uint8Array>);
    for await (const record of parser) {
      found.push([record.warcType, record.warcHeader('WARC-Segment-Number') ?? null]);
      if (record.warcType === 'response' || record.warcType === 'continuation') lengths.push(record.warcContentLength);
    }
    const types =
      index === 0 ? ['warcinfo', 'response', 'request', 'metadata'] : ['warcinfo', 'continuation', 'metadata'];
    assert.equal(
      found.map(([type]) => type),
      types,
    );
    assert.is(found[1]?.[1], String(index + 1));
  }
  assert.is(
    lengths.reduce((sum, length) => sum + length, 0),
    answer.length,
  );
});

test('the npm package warc finds the very bytes of the wire in files that were sealed', async () => {
  const OldWarc = createRequire(import.meta.url)('warc') as new () => NodeJS.ReadWriteStream;
  const { paths, answer } = await sealedByIngest();
  const blocks: Buffer[] = [];
  for (const path of paths) {
    await new Promise<void>((resolve, reject) => {
      const parser = new OldWarc();
      parser.on('data', (record: unknown) => {
        const { headers, content } = record as { headers: Record<string, string>; content: Buffer };
        if (/^(response|continuation)$/.test(headers['WARC-Type'] ?? '')) blocks.push(content);
      });
      parser.on('end', resolve).on('error', reject);
      parser.end(gunzipSync(readFileSync(path)));
    });
  }
  assert.ok(Buffer.concat(blocks).equals(answer));
});

peerTest(
  test,
  ['gzip', 'file', 'bsdtar', 'python3'],
  'gzip, file and Python read files that were sealed; bsdtar, which knows WARC 1.0, what they were joined into',
  async () => {
    const { paths, answer } = await sealedByIngest();
    for (const path of paths) {
      await run(neededPeer('gzip'), ['-t', path]);
      assert.match((await run(neededPeer('file'), ['-z', '-b', path])).stdout, 'WARC Archive version 1.1');
    }
    const oracle = fileURLToPath(new URL('oracle.py', import.meta.url));
    const { stdout } = await run(neededPeer('python3'), [oracle, ...paths.toReversed()], { maxBuffer: 1 << 24 });
    assert.equal(stdout.trimEnd().split('\n'), tweets(200));
    assert.equal((await readAll(paths)).lines, tweets(200));
    const report = await verifyWarcs(paths, { disk: systemDisk });
    assert.equal([report.issues, report.warnings], [[], []]);
    const out = join(temporaryFolder(), 'joined.warc.gz');
    const { signal } = new AbortController();
    const setting = {
      disk: systemDisk,
      out,
      version: '1.0' as const,
      nowMs: 0,
      newId: newUrn,
      salvage: false,
      tell: () => {},
      signal,
    };
    assert.equal(await joinWarcs(await scan(systemDisk, paths), setting), { joined: 1, leftOut: 0 });
    const read = await run(neededPeer('bsdtar'), ['xOf', out], { encoding: 'buffer', maxBuffer: 1 << 24 });
    assert.ok(read.stdout.subarray(0, answer.length).equals(answer));
  },
);

test.run();
