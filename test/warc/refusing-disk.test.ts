// The archive on a disk that refuses: bytes wait, what is given up is told, and nothing half stands anywhere.
import { copyFileSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { settle } from '../support/manual-clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { streamLines, wireBytes } from './answers.ts';
import {
  archiving,
  closedAtEnd,
  feed,
  paths,
  sealed,
  spooled,
  told,
  tweets,
  verified,
  writtenRecords,
} from './archiving.ts';
import { readAll } from './reading.ts';

const test = suite('warc on a disk that refuses');

/** A disk that refuses to write files of some kind while told to. */
function refusing(): { disk: Disk; refuse: (pattern: RegExp | undefined, code?: string) => void } {
  let refused: RegExp | undefined;
  let reason = 'ENOSPC';
  const disk: Disk = {
    ...systemDisk,
    async open(path) {
      const file = await systemDisk.open(path);
      return {
        ...file,
        async append(bytes) {
          if (!refused?.test(path)) return file.append(bytes);
          // Some of it is taken before the rest is refused, as by a real disk.
          await file.append(bytes.subarray(0, Math.floor(bytes.length / 2)));
          throw Object.assign(new Error(`${reason}: no space left on device`), { code: reason });
        },
      };
    },
  };
  return {
    disk,
    refuse(pattern, code = 'ENOSPC') {
      refused = pattern;
      reason = code;
    },
  };
}

for (const code of ['ENOSPC', 'EIO']) {
  test(`a disk that refuses the sealing (${code}) keeps the spool, leaves no half file, is told about, and gets it once it can`, async () => {
    const { disk, refuse } = refusing();
    await using open = await closedAtEnd(archiving({ disk }));
    refuse(/\.open$/, code);
    const sink = open.begin();
    sink.bytes(await wireBytes(streamLines(20)));
    sink.end(true);
    await until('the trouble to be told', () =>
      open.world.raised.some(({ is, cause }) => is === 'raised' && cause === 'archive-failing'),
    );
    await settle();
    assert.equal(
      open.names().filter((name) => /\.(open|gz)$/.test(name)),
      [],
    );
    assert.ok(open.names().some((name) => name.endsWith('.spool')));
    refuse(undefined);
    await sealed(open, 1);
    await told(open, 'ended');
    assert.equal(await verified(open), ['complete']);
    assert.equal((await readAll(paths(open))).lines, tweets(20));
  });
}

test('another file under the name of one that is to be finished is not taken for it: the spool stays until it is gone', async () => {
  await using other = await closedAtEnd(archiving());
  const theirs = other.begin();
  theirs.bytes(await wireBytes(streamLines(3)));
  theirs.end(true);
  await sealed(other, 1);
  await using open = await closedAtEnd(archiving());
  const sink = open.begin();
  sink.bytes(await wireBytes(streamLines(20)));
  await until('the spool', () => open.names().some((name) => name.endsWith('.spool')));
  const spool = open.names().find((name) => name.endsWith('.spool')) ?? '';
  const path = join(open.folder, spool.replace(/\.spool$/, '.warc.gz'));
  copyFileSync(paths(other)[0] ?? '', path);
  sink.end(true);
  await told(open, 'raised');
  assert.ok(open.names().includes(spool));
  assert.equal((await readAll([path])).lines, tweets(3), 'it is left as it was');
  rmSync(path);
  await sealed(open, 1);
  assert.equal((await readAll(paths(open))).lines, tweets(20));
});

test('a spool that could not be read to its end at once is hashed anew, and nothing is said of a payload that was hashed twice', async () => {
  let reads = 0;
  const disk: Disk = {
    ...systemDisk,
    async openToRead(path) {
      const file = await systemDisk.openToRead(path);
      return {
        ...file,
        bytesAt: async (offset, most, into) => {
          if (path.endsWith('.spool') && offset > 0 && ++reads === 1)
            throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
          return file.bytesAt(offset, most, into);
        },
      };
    },
  };
  await using open = await closedAtEnd(archiving({ disk }));
  const sink = open.begin();
  sink.bytes(await wireBytes(streamLines(3_000, 1_000)));
  sink.end(true);
  await sealed(open, 1);
  assert.ok(reads > 1, `read on ${reads} times`);
  await verified(open);
  assert.is((await readAll(paths(open))).lines.length, 3_000);
});

test('a file is synced before it has its name, and only then its spool goes', async () => {
  const steps: string[] = [];
  const disk: Disk = {
    ...systemDisk,
    async open(path, naming) {
      const file = await systemDisk.open(path, naming);
      return {
        ...file,
        async append(bytes) {
          steps.push(`append ${extname(path)}`);
          await file.append(bytes);
        },
        async sync() {
          await file.sync();
          steps.push(`sync ${extname(path)}`);
        },
      };
    },
    async publish(from, to) {
      steps.push(`name ${extname(from)}`);
      return systemDisk.publish(from, to);
    },
    async remove(path) {
      steps.push(`remove ${extname(path)}`);
      await systemDisk.remove(path);
    },
  };
  await using open = await closedAtEnd(archiving({ disk }));
  const sink = open.begin();
  sink.bytes(await wireBytes(streamLines(20)));
  sink.end(true);
  await sealed(open, 1);
  const order = ['append .open', 'sync .open', 'name .open', 'remove .spool'].map((step) => steps.lastIndexOf(step));
  assert.ok((order[0] ?? -1) >= 0, steps.join('\n'));
  assert.equal(
    order,
    order.toSorted((a, b) => a - b),
    steps.join('\n'),
  );
});

test('while the disk refuses the spool, bytes wait in memory; afterwards none is missing', async () => {
  const { disk, refuse } = refusing();
  await using open = await closedAtEnd(archiving({ disk }));
  const answer = await wireBytes(streamLines(200));
  const sink = open.begin();
  sink.bytes(answer.subarray(0, 4000));
  await spooled(open, 4000);
  refuse(/\.spool$/);
  await feed(open, sink, answer.subarray(4000, 9000));
  await told(open, 'raised');
  refuse(undefined);
  await feed(open, sink, answer.subarray(9000));
  await spooled(open, answer.length);
  sink.end(true);
  await sealed(open, 1);
  await told(open, 'ended');
  assert.equal((await readAll(paths(open))).lines, tweets(200));
  assert.equal(await verified(open), ['complete']);
});

test('where more waits than memory may hold, the rest of this answer is given up and told; the next one is archived', async () => {
  const { disk, refuse } = refusing();
  await using open = await closedAtEnd(archiving({ disk }));
  const sink = open.begin();
  const beginning = await wireBytes(streamLines(50), { isEnded: false });
  sink.bytes(beginning);
  await spooled(open, beginning.length);
  refuse(/\.spool$/);
  const filler = Buffer.alloc(1 << 20, 'x');
  for (let mebibytes = 0; mebibytes < 66; mebibytes++) sink.bytes(filler);
  assert.ok(open.world.said.some(({ event, level }) => event === 'warc.gave-up' && level === 'error'));
  refuse(undefined);
  await open.world.clock.pass(5_000);
  sink.bytes(Buffer.from('not archived'));
  sink.end(true);
  await sealed(open, 1);
  const [, response] = writtenRecords(open.folder, open.finished());
  assert.is(response?.fields.get('WARC-Truncated'), 'unspecified');
  assert.equal((await readAll(paths(open))).lines.slice(0, 50), tweets(50));
  const next = open.begin();
  next.bytes(await wireBytes(streamLines(5)));
  next.end(true);
  await sealed(open, 2);
  await told(open, 'ended');
});

test('on the disk of the minute files the archive stops before they would suffer, also where much else is written there', async () => {
  let free = 10e9;
  // Each look finds less than the one before it.
  const disk = { ...systemDisk, freeBytes: async () => (free -= 5e6) };
  await using open = await closedAtEnd(archiving({ disk, spool: temporaryFolder() }));
  const sink = open.begin();
  const answer = await wireBytes(streamLines(50));
  sink.bytes(answer.subarray(0, 1000));
  await spooled(open, 1000);
  await open.world.clock.pass(6_000);
  free = 100e6;
  sink.bytes(answer.subarray(1000));
  await told(open, 'raised');
  assert.match(open.world.raised.at(-1)?.sentence ?? '', 'minute files need it');
  free = 10e9;
  await spooled(open, answer.length);
  sink.end(true);
  await sealed(open, 1);
  assert.equal((await readAll(paths(open))).lines, tweets(50));
});

test.run();
