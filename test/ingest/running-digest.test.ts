import { hash } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DigestThread, RunningDigest } from '../../src/ingest/running-digest.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('the digest of a flood');
const mebibyte = 1 << 20;

test('it is that of the file, whatever was hashed here and what in the thread', async () => {
  const path = join(temporaryFolder(), 'part');
  const thread = new DigestThread();
  const believedBytes = thread.mostAheadBytes;
  const digest = new RunningDigest(path, thread);
  const write = async (bytes: Buffer): Promise<void> => {
    const stands = digest.count(bytes);
    appendFileSync(path, bytes);
    stands();
    await digest.caughtUp();
  };
  try {
    await write(Buffer.from('a line before the flood\n'));
    for (let mebibytes = 0; mebibytes < 50; mebibytes++) await write(Buffer.alloc(mebibyte, mebibytes));
    await write(Buffer.from('a line after it\n'));
    assert.is(await digest.end(), hash('sha256', readFileSync(path)));
    assert.is(
      await digest.end(),
      hash('sha256', readFileSync(path)),
      'asked again, as after a close that the disk refused',
    );
    assert.ok(thread.mostAheadBytes > believedBytes, 'any machine hashes faster than is believed of it beforehand');
  } finally {
    await thread.close();
  }
});

test('a file is held back once it is too far ahead of its digest, until it is no longer', async () => {
  const answers: ((digest: string) => void)[] = [];
  const asked: number[] = [];
  const thread = {
    mostAheadBytes: 40 * mebibyte,
    aheadBytes: 0,
    ask: ({ bytes }: { bytes: number }, freshBytes: number) => {
      asked.push(bytes / mebibyte);
      thread.aheadBytes += freshBytes;
      const answered = new Promise<string>((resolve) => answers.push(resolve));
      return answered.finally(() => (thread.aheadBytes -= freshBytes));
    },
  };
  const digest = new RunningDigest('/nowhere', thread);
  const block = Buffer.alloc(mebibyte);
  for (let written = 0; written < 40; written++) {
    digest.count(block)();
    await digest.caughtUp();
  }
  assert.equal(asked, [16, 32]);
  digest.count(block)();
  let isHeldBack = true;
  const caughtUp = digest.caughtUp().then(() => (isHeldBack = false));
  await new Promise(setImmediate);
  assert.ok(isHeldBack);
  answers[0]?.('');
  await caughtUp;
});

test('one thread follows a file to its end while the next one grows, and holds the next one back for both', async () => {
  const thread = new DigestThread();
  const folder = temporaryFolder();
  const files = ['first', 'second'].map((name) => {
    const path = join(folder, name);
    return { path, digest: new RunningDigest(path, thread) };
  });
  try {
    for (let mebibytes = 0; mebibytes < 40; mebibytes++) {
      for (const { path, digest } of files) {
        const bytes = Buffer.alloc(mebibyte, mebibytes + path.length);
        const stands = digest.count(bytes);
        appendFileSync(path, bytes);
        stands();
      }
    }
    assert.is(thread.aheadBytes, 2 * 32 * mebibyte);
    const digests = await Promise.all(files.map(({ digest }) => digest.end()));
    assert.equal(
      digests,
      files.map(({ path }) => hash('sha256', readFileSync(path))),
    );
    assert.is(thread.aheadBytes, 0);
  } finally {
    await thread.close();
  }
});

test('a thread that dies holds nobody back', async () => {
  const digest = new RunningDigest('/nowhere', {
    mostAheadBytes: 20 * mebibyte,
    aheadBytes: 0,
    ask: () => Promise.reject(new Error('the thread ended')),
  });
  const block = Buffer.alloc(mebibyte);
  for (let written = 0; written < 60; written++) {
    digest.count(block)();
    await digest.caughtUp();
  }
});

test.run();
