import { hash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DigestThread, RunningDigest } from '../../src/ingest/running-digest.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

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
    assert.is(await digest.end(), hash('sha256', readFileSync(path)));
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

const deaths: readonly (readonly [string, (scene: { thread: DigestThread; lose(): void }) => Promise<void> | void])[] =
  [
    ['ends in the midst of a file', ({ thread }) => thread.close()],
    ['cannot read it for a while', ({ lose }) => lose()],
  ];
for (const [what, die] of deaths) {
  test(`a thread that ${what} holds nobody back, and the next one hashes the file from its beginning`, async () => {
    const path = join(temporaryFolder(), 'part');
    const thread = new DigestThread();
    const digest = new RunningDigest(path, thread);
    const write = (mebibytes: number): void => {
      for (let index = 0; index < mebibytes; index++) {
        const bytes = Buffer.alloc(mebibyte, index);
        const stands = digest.count(bytes);
        appendFileSync(path, bytes);
        stands();
      }
    };
    try {
      write(20);
      await until('the first answer', () => thread.aheadBytes === 0);
      await die({ thread, lose: () => renameSync(path, `${path}.away`) });
      // So few that the end is the next question.
      if (existsSync(path)) write(10);
      else {
        for (let index = 0; index < 20; index++) digest.count(Buffer.alloc(mebibyte, index))();
        await until('the thread to fail', () => thread.aheadBytes === 0);
        renameSync(`${path}.away`, path);
        for (let index = 0; index < 20; index++) appendFileSync(path, Buffer.alloc(mebibyte, index));
      }
      await digest.caughtUp();
      assert.is(await digest.end(), hash('sha256', readFileSync(path)));
      assert.is(thread.aheadBytes, 0, 'what a dead thread was asked is no longer waited for');
    } finally {
      await thread.close();
    }
  });
}

test('a file that is opened anew is hashed from its beginning: the thread may have read what somebody put in its place', async () => {
  const path = join(temporaryFolder(), 'part');
  const thread = new DigestThread();
  const block = Buffer.alloc(mebibyte, 'x');
  const counted = (): RunningDigest => {
    const digest = new RunningDigest(path, thread);
    for (let index = 0; index < 20; index++) digest.count(block)();
    return digest;
  };
  try {
    writeFileSync(path, Buffer.alloc(20 * mebibyte, 'by somebody else'));
    counted();
    await until('the thread to have read it', () => thread.aheadBytes === 0);
    writeFileSync(path, Buffer.alloc(20 * mebibyte, 'x'));
    assert.is(await counted().end(), hash('sha256', readFileSync(path)));
  } finally {
    await thread.close();
  }
});

test('what a thread did not answer is asked anew, and nobody waits for it meanwhile', async () => {
  const asked: { readonly mebibytes: number; readonly isLast: boolean }[] = [];
  const digest = new RunningDigest('/nowhere', {
    mostAheadBytes: 20 * mebibyte,
    // Of another file, all the time.
    aheadBytes: 30 * mebibyte,
    ask: ({ bytes, isLast }) => {
      asked.push({ mebibytes: bytes / mebibyte, isLast });
      return isLast ? Promise.resolve('all of it') : Promise.reject(new Error('the thread ended'));
    },
  });
  const block = Buffer.alloc(mebibyte);
  for (let written = 0; written < 60; written++) {
    digest.count(block)();
    await digest.caughtUp();
  }
  assert.is(await digest.end(), 'all of it');
  assert.equal(asked, [
    { mebibytes: 16, isLast: false },
    { mebibytes: 32, isLast: false },
    { mebibytes: 48, isLast: false },
    { mebibytes: 60, isLast: true },
  ]);
});

test.run();
