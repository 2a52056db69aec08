// What the product compresses, read by programs that are not ours; the container that stands around LZMA2 here.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dictionaryFor } from '../../src/outside/xz-container.ts';
import { compressXz, decompressXz } from '../../src/outside/xz.ts';
import { neededPeer, peerTest } from '../support/peers.ts';
import { drawsOf } from '../support/random.ts';
import { seed } from '../support/seed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('xz of our own');
const mebibyte = 2 ** 20;

/** Rows alike in shape, and some bytes that nothing compresses. */
function sample(bytes: number): Uint8Array {
  const random = drawsOf(seed + bytes);
  const content = Buffer.alloc(bytes);
  for (let at = 0; at < bytes;) {
    if (random.chance(0.01)) content[at++] = random.below(256);
    else at += content.write(`${random.below(1e9)},en,some words of a tweet\n`, at) || 1;
  }
  return new Uint8Array(content);
}

async function unpacked(bytes: Uint8Array): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of decompressXz([bytes])) parts.push(part);
  return Buffer.concat(parts);
}

const lengths = [0, 1, 2, 3, 4, 127, 128, 4095, 4096, 4097, 65_535, 65_537, 262_145, mebibyte + 1];

for (const length of lengths) {
  test(`${length} bytes come back as they were`, async () => {
    const content = sample(length);
    assert.ok((await unpacked(await compressXz(content, { preset: 6 }))).equals(content));
  });
}

peerTest(test, ['xz'], 'xz finds every stream sound, with a dictionary no larger than it needs', async () => {
  const folder = temporaryFolder();
  const streams: Uint8Array[] = [];
  for (const [at, length] of lengths.entries()) streams.push(await compressXz(sample(length), { preset: at % 10 }));
  const path = join(folder, 'all.xz');
  writeFileSync(path, Buffer.concat(streams));
  const read = execFileSync(neededPeer('xz'), ['-dc', path], { maxBuffer: 8 * mebibyte });
  assert.ok(read.equals(Buffer.concat(lengths.map(sample))));
  const list = execFileSync(neededPeer('xz'), ['-lvv', path], { encoding: 'utf8' });
  assert.match(list, /Streams: +14\n/);
  assert.match(list, /Check: +CRC32\n/);
  assert.match(list, /--lzma2=dict=4KiB/);
  assert.match(list, /--lzma2=dict=1536KiB/);
  assert.not.match(list, /dict=(8|64)MiB/);
});

peerTest(test, ['python3'], 'Python’s lzma reads it, one stream after the other', async () => {
  const parts = [sample(70_000), sample(0), sample(5)];
  const whole = Buffer.concat(await Promise.all(parts.map((part) => compressXz(part, { preset: 9 }))));
  const script = 'import lzma,sys;sys.stdout.buffer.write(lzma.decompress(sys.stdin.buffer.read()))';
  assert.ok(execFileSync(neededPeer('python3'), ['-c', script], { input: whole }).equals(Buffer.concat(parts)));
});

peerTest(test, ['xz'], 'what lies further back than the dictionary asked for is not needed to read it', async () => {
  const content = sample(5 * mebibyte);
  const path = join(temporaryFolder(), 'small-dictionary.xz');
  writeFileSync(path, await compressXz(content, { preset: 6, dictionaryBytes: 1.5 * mebibyte }));
  assert.ok(execFileSync(neededPeer('xz'), ['-dc', path], { maxBuffer: 8 * mebibyte }).equals(content));
  assert.match(execFileSync(neededPeer('xz'), ['-lvv', path], { encoding: 'utf8' }), /--lzma2=dict=1536KiB/);
});

test('a damaged byte anywhere in a stream is noticed', async () => {
  const whole = await compressXz(sample(3_000), { preset: 6 });
  for (let at = 0; at < whole.length; at += 7) {
    const damaged = Uint8Array.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    const outcome = await unpacked(damaged).then(
      () => 'read',
      () => 'refused',
    );
    assert.is(outcome, 'refused', `byte ${at}`);
  }
});

test('a dictionary is one of the format’s sizes, as large as its bytes and no larger than the preset’s', () => {
  const most = 8 * mebibyte;
  assert.equal(
    [0, 4097, 6 * mebibyte, 6 * mebibyte + 1, 100 * mebibyte].map((bytes) => dictionaryFor(bytes, most)),
    [4096, 6144, 6 * mebibyte, most, most],
  );
});

test.run();
