import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contentDigest, partName } from '../../src/domain/minute-file.ts';
import { minuteName, minuteOf } from '../../src/domain/time.ts';
import { Closing } from '../../src/ingest/closing.ts';
import { MinutePart } from '../../src/ingest/minute-part.ts';
import { MinuteWriter } from '../../src/ingest/minute-writer.ts';
import { append as appendTo, type OpenMinute, openMinute } from '../../src/ingest/open-minute.ts';
import { rescue } from '../../src/ingest/rescue.ts';
import { DigestThread } from '../../src/ingest/running-digest.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { diskRefusal } from '../support/disk-refusal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testWorld } from '../support/test-world.ts';
import { type ReadMinute, readMinutes } from './journey.ts';

const test = suite('the part of a minute');
const minute = minuteOf(Date.parse('2026-03-10T13:00:00Z'));
const name = minuteName(minute);
const hourFolder = '2026-03-10/13';
const line = (id: number): Buffer => Buffer.from(`{"data":{"id":"${id}"}}\n`);

interface Scene {
  readonly root: string;
  readonly folder: string;
  readonly part: MinutePart;
  readonly said: readonly { readonly event: string; readonly facts: Readonly<Record<string, unknown>> }[];
  append(id: number): Promise<void>;
  /** The disk refuses that many of the next syncs. */
  refuseSyncs(count: number): void;
  /** Done once, in the moment before a file gets its name. */
  beforeName(deed: () => void): void;
  /** Which file stands under the name of the part, whatever it holds. */
  inode(): number;
  /** A line that the disk takes by half and then refuses, with the cut that would take it back. */
  refused(id: number): Promise<void>;
  closed(): Promise<ReadMinute[]>;
}

function scene(): Scene {
  const root = temporaryFolder();
  const { log, clock, said } = testWorld();
  let isRefusing = false;
  let refusedSyncs = 0;
  let deed = (): void => {};
  const refuse = (): never => {
    throw diskRefusal('EIO');
  };
  const disk: Disk = {
    ...systemDisk,
    async publish(from, to) {
      deed();
      deed = (): void => {};
      return systemDisk.publish(from, to);
    },
    async open(path, naming) {
      const file = await systemDisk.open(path, naming);
      return {
        ...file,
        async append(bytes) {
          await file.append(isRefusing ? bytes.subarray(0, bytes.length / 2) : bytes);
          if (isRefusing) refuse();
        },
        sync: async () => (refusedSyncs-- > 0 ? refuse() : file.sync()),
        truncate: async (bytes) => (isRefusing ? refuse() : file.truncate(bytes)),
      };
    },
  };
  const spool = { root, disk };
  const part = new MinutePart({ spool, thread: new DigestThread(), log, clock }, minute);
  const append = (id: number): Promise<void> =>
    part.append({ minute, bytes: line(id), length: line(id).length, lines: 1 });
  return {
    root,
    beforeName: (what) => void (deed = what),
    folder: join(root, hourFolder),
    part,
    said,
    append,
    refuseSyncs: (count) => void (refusedSyncs = count),
    inode: () => statSync(join(root, hourFolder, partName(minute))).ino,
    async refused(id) {
      isRefusing = true;
      const error: unknown = await append(id).catch((cause: unknown) => cause);
      assert.instance(error, Error);
      await part.recover(true, error);
      isRefusing = false;
    },
    async closed() {
      await new Closing({ minute, connectedSeconds: 60, part }).carryOut(spool, undefined);
      return readMinutes(root);
    },
  };
}

test('a file whose name was taken away is held through an error: its lines stand nowhere else', async () => {
  const { folder, part, append, refused, closed } = scene();
  await append(1);
  rmSync(folder, { recursive: true });
  await refused(2);
  await append(2);
  assert.is(await part.sync(), true);
  const [file, ...more] = await closed();
  assert.is(file?.text, `${line(1)}${line(2)}`);
  assert.equal([file?.lines, file?.connectedSeconds, more.length], [2, 60, 0]);
});

test('a file that comes back with less in it, as after a check of the file system: the loss is told, and no second is claimed', async () => {
  const { folder, said, append, refused, closed } = scene();
  await append(1);
  await append(2);
  await refused(3);
  truncateSync(join(folder, partName(minute)), line(1).length);
  await append(3);
  const [file, ...more] = await closed();
  assert.is(file?.text, `${line(1)}${line(3)}`);
  assert.equal([file?.lines, file?.connectedSeconds, more.length], [2, 0, 0]);
  const lost = said.filter(({ event }) => event === 'line.lost').map(({ facts }) => facts['bytes']);
  assert.equal(lost, [line(2).length]);
});

test('a file that is whole when it comes back loses nothing, and its minute no second', async () => {
  const { folder, said, append, refused, closed } = scene();
  await append(1);
  await refused(2);
  assert.ok(existsSync(join(folder, partName(minute))));
  assert.is.not(readFileSync(join(folder, partName(minute)), 'utf8'), String(line(1)), 'half a line stands there');
  await append(2);
  const [file] = await closed();
  assert.is(file?.text, `${line(1)}${line(2)}`);
  assert.is(file?.connectedSeconds, 60);
  assert.not(said.some(({ event }) => event === 'line.lost'));
});

test('a sync that failed is believed no more, whatever the next one says: the file is written anew, and then it is', async () => {
  const { part, append, refuseSyncs, inode, closed } = scene();
  await append(1);
  refuseSyncs(1);
  assert.match(String(await part.sync().catch((error: unknown) => error)), 'EIO');
  assert.is(await part.sync(), false, 'the kernel has told of its error, and says that all is well');
  const doubted = inode();
  refuseSyncs(1);
  assert.match(String(await part.renewed().catch((error: unknown) => error)), 'EIO');
  await append(2);
  assert.is(inode(), doubted, 'lines go on into the file that stands');
  await part.renewed();
  assert.is.not(inode(), doubted);
  assert.is(await part.sync(), true);
  await append(3);
  const [file] = await closed();
  assert.is(file?.text, `${line(1)}${line(2)}${line(3)}`);
  assert.is(file?.connectedSeconds, 60);
});

test('a file whose name was taken away is written anew as soon as a look misses it: killed later, the process leaves every line', async () => {
  const { folder, part, said, append, closed } = scene();
  await append(1);
  rmSync(folder, { recursive: true });
  await append(2);
  await part.look();
  await part.renewed();
  assert.is(readFileSync(join(folder, partName(minute)), 'utf8'), `${line(1)}${line(2)}`);
  await append(3);
  assert.is(readFileSync(join(folder, partName(minute)), 'utf8'), `${line(1)}${line(2)}${line(3)}`);
  assert.is(await part.sync(), true);
  await part.look();
  await part.renewed();
  const bytes = line(1).length + line(2).length;
  assert.equal(said, [{ level: 'warn', event: 'minute-file.rescued', facts: { minute: name, lines: 2, bytes } }]);
  const [file, ...more] = await closed();
  assert.equal([file?.lines, file?.connectedSeconds, more.length], [3, 60, 0]);
});

test('a file that the disk has no room to write anew takes lines as before, and stands again once it has', async () => {
  const { folder, part, append, refuseSyncs, closed } = scene();
  await append(1);
  rmSync(folder, { recursive: true });
  await part.look();
  refuseSyncs(1);
  assert.match(String(await part.renewed().catch((error: unknown) => error)), 'EIO');
  assert.equal(readdirSync(folder), [], 'nothing is left of the try');
  await append(2);
  await part.look();
  await part.renewed();
  assert.is(readFileSync(join(folder, partName(minute)), 'utf8'), `${line(1)}${line(2)}`);
  const [file] = await closed();
  assert.equal([file?.lines, file?.connectedSeconds], [2, 60]);
});

const replacements: readonly (readonly [string, (path: string) => void])[] = [
  [
    'a copy that was put over it',
    (path) => {
      copyFileSync(path, `${path}.copy`);
      renameSync(`${path}.copy`, path);
    },
  ],
  [
    'a copy of it, while it was moved away itself',
    (path) => {
      renameSync(path, `${path}.moved`);
      copyFileSync(`${path}.moved`, path);
    },
  ],
];
for (const [what, replace] of replacements) {
  test(`${what}, is not closed in place of the open file, and not lost either`, async () => {
    const { root, folder, said, append, closed } = scene();
    const path = join(folder, partName(minute));
    await append(1);
    replace(path);
    appendFileSync(path, 'by somebody else\n');
    await append(2);
    const [file, ...more] = await closed();
    assert.is(file?.text, `${line(1)}${line(2)}`);
    assert.equal([file?.lines, more.length], [2, 0]);
    assert.is(file?.name.split('_').at(-1), `${contentDigest(Buffer.from(file?.text ?? ''))}.jsonl`);
    const aside = join(root, 'aside', partName(minute));
    assert.is(readFileSync(aside, 'utf8'), `${line(1)}by somebody else\n`);
    assert.ok(existsSync(`${aside}.txt`));
    assert.equal(
      said.map(({ event }) => event),
      ['file.set-aside', 'minute-file.rescued'],
    );
  });

  test(`${what}, is found by a look: lines go on into a file that stands under the minute's name`, async () => {
    const { folder, part, append, closed } = scene();
    const path = join(folder, partName(minute));
    await append(1);
    replace(path);
    await append(2);
    await part.look();
    await part.renewed();
    await append(3);
    assert.is(readFileSync(path, 'utf8'), `${line(1)}${line(2)}${line(3)}`);
    const [file] = await closed();
    assert.equal([file?.lines, file?.connectedSeconds], [3, 60]);
  });

  test(`${what}, is not closed in place of one that holds no line`, async () => {
    const { root, folder, part, closed } = scene();
    const path = join(folder, partName(minute));
    await part.opened();
    replace(path);
    appendFileSync(path, 'by somebody else\n');
    const [file, ...more] = await closed();
    assert.equal([file?.text, file?.lines, more.length], ['', 0, 0]);
    assert.is(readFileSync(join(root, 'aside', partName(minute)), 'utf8'), 'by somebody else\n');
  });
}

test('what is put in its place while it is written anew is set aside as well', async () => {
  const { root, folder, part, append, closed, beforeName } = scene();
  const path = join(folder, partName(minute));
  await append(1);
  rmSync(path);
  await part.look();
  beforeName(() => writeFileSync(path, 'by somebody else\n'));
  await part.renewed();
  assert.is(readFileSync(path, 'utf8'), String(line(1)));
  assert.is(readFileSync(join(root, 'aside', partName(minute)), 'utf8'), 'by somebody else\n');
  assert.is((await closed())[0]?.lines, 1);
});

test('two minutes of an hour that are written anew at once do not take each other’s place', async () => {
  const root = temporaryFolder();
  const both = Promise.withResolvers<void>();
  let begun = 0;
  const disk: Disk = {
    ...systemDisk,
    async open(path, naming) {
      const file = await systemDisk.open(path, naming);
      if (path.includes('rescued') && ++begun === 2) both.resolve();
      if (path.includes('rescued')) await both.promise;
      return file;
    },
  };
  const thread = new DigestThread();
  const opened = [minute, minute + 1].map((which) => openMinute({ root, disk }, which, { thread }));
  const [first, second] = (await Promise.all(opened)) as [OpenMinute, OpenMinute];
  await appendTo(first, { bytes: line(1), lines: 1 });
  await appendTo(second, { bytes: line(2), lines: 1 });
  rmSync(join(root, hourFolder), { recursive: true });
  await Promise.all([first, second].map((open) => rescue({ ...testWorld(), spool: { root, disk } }, open)));
  assert.is(readFileSync(first.path, 'utf8'), `${line(1)}`);
  assert.is(readFileSync(second.path, 'utf8'), `${line(2)}`);
  await Promise.all([first.file.close(), second.file.close()]);
});

test('a look that hangs keeps nothing from being synced', async () => {
  let synced = 0;
  const disk: Disk = {
    ...systemDisk,
    async open(path, naming) {
      const file = await systemDisk.open(path, naming);
      return {
        ...file,
        standing: () => new Promise(() => {}),
        async sync() {
          await file.sync();
          synced++;
        },
      };
    },
  };
  const thread = new DigestThread();
  const world = testWorld();
  const writer = new MinuteWriter({ ...world, spool: { root: temporaryFolder(), disk }, thread });
  writer.begin(minute);
  assert.is(await writer.durable(), true);
  const batch = writer.room(minute, line(1).length);
  batch.length += line(1).copy(batch.bytes, batch.length);
  batch.lines++;
  assert.is(await writer.durable(), true);
  assert.is(await writer.durable(), true);
  assert.is(synced, 2);
  await writer.finish();
});

test('a closing whose sync failed closes a file that was written anew', async () => {
  const { folder, part, append, refuseSyncs, inode, closed } = scene();
  await append(1);
  const doubted = inode();
  refuseSyncs(1);
  const error: unknown = await closed().catch((cause: unknown) => cause);
  assert.match(String(error), 'EIO');
  await part.recover(false, error);
  const [file] = await closed();
  assert.is(file?.text, String(line(1)));
  assert.is.not(statSync(join(folder, '../..', file?.name ?? '')).ino, doubted);
});

test.run();
