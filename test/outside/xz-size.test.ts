import { XzCompressor, XzDecompressor, xz } from '@napi-rs/lzma';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { neededPeer, peerTest } from '../support/peers.ts';
import { execFileSync } from 'node:child_process';

const test = suite('xz');
const megabyte = 1 << 20;

/** A megabyte of rows such as the vault holds: alike in shape, different in their numbers. */
function rows(): Buffer {
  const bytes = Buffer.alloc(megabyte);
  let at = 0;
  for (let number = 0; at < megabyte; number++) at += bytes.write(`${number * 7919},en,some words of a tweet\n`, at);
  return bytes;
}

async function compressed(bytes: Uint8Array): Promise<Buffer> {
  const compressor = new XzCompressor({ preset: 6 });
  const body = compressor.update(bytes);
  return Buffer.concat([body, await compressor.finish()]);
}

// A release of the library once stored what it should have compressed.
test('a megabyte of rows becomes smaller than a quarter of it', async () => {
  const size = (await compressed(rows())).length;
  assert.ok(size > 1000 && size < megabyte / 4, `${size} bytes`);
});

test('nothing becomes a whole stream of nothing', async () => {
  const decompressor = new XzDecompressor();
  const body = decompressor.update(await compressed(Buffer.alloc(0)));
  assert.is(Buffer.concat([body, await decompressor.finish()]).length, 0);
});

test('what was compressed piece by piece comes back byte for byte', async () => {
  const bytes = rows();
  const compressor = new XzCompressor({ preset: 1 });
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 65_521) pieces.push(compressor.update(bytes.subarray(at, at + 65_521)));
  pieces.push(await compressor.finish());
  assert.ok((await xz.decompress(Buffer.concat(pieces))).equals(bytes));
});

peerTest(test, ['xz'], 'the xz of the system reads what was compressed', async () => {
  const bytes = rows();
  const read = execFileSync(neededPeer('xz'), ['-dc'], { input: await compressed(bytes), maxBuffer: 2 * megabyte });
  assert.ok(read.equals(bytes));
});

test.run();
