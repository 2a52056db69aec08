import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemDisk as disk } from '../../src/outside/disk.ts';
import { recordSyncs } from '../support/recorded-syncs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('disk');

test('a written file stands whole under its name, and nothing beside it', async () => {
  const folder = join(temporaryFolder(), 'a/b');
  await disk.makeFolder(folder);
  await disk.write(join(folder, 'x'), 'one');
  await disk.write(join(folder, 'x'), 'two');
  assert.is(readFileSync(join(folder, 'x'), 'utf8'), 'two');
  assert.equal(
    (await disk.list(folder)).map((entry) => entry.name),
    ['x'],
  );
});

test('a file that cannot be written leaves nothing beside it', async () => {
  const folder = temporaryFolder();
  // In place of a full disk: no file takes the name of a folder.
  mkdirSync(join(folder, 'x'));
  const refused = await disk.write(join(folder, 'x'), 'one').then(
    () => false,
    () => true,
  );
  assert.ok(refused);
  assert.equal(
    (await disk.list(folder)).map((entry) => entry.name),
    ['x'],
  );
});

test('a file is renamed to another file system as well, whole and overwriting', async () => {
  const here = temporaryFolder();
  const there = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'streamvault-test-'));
  try {
    writeFileSync(join(here, 'x'), 'one');
    chmodSync(join(here, 'x'), 0o440);
    writeFileSync(join(there, 'y'), 'another');
    await disk.rename(join(here, 'x'), join(there, 'y'));
    assert.is(readFileSync(join(there, 'y'), 'utf8'), 'one');
    assert.equal([...readdirSync(here), ...readdirSync(there)], ['y']);
    const error = await disk.rename(join(here, 'absent'), join(there, 'z')).catch((refusal: unknown) => refusal);
    assert.is((error as NodeJS.ErrnoException).code, 'ENOENT');
  } finally {
    rmSync(there, { recursive: true });
  }
});

test('to another file system a link is renamed as the link that it is, and what is neither file nor link not at all', async () => {
  const here = temporaryFolder();
  if (!existsSync('/dev/shm')) return;
  const there = mkdtempSync('/dev/shm/streamvault-test-');
  try {
    writeFileSync(join(here, 'secret'), 'a secret');
    for (const [name, target] of [
      ['link', join(here, 'secret')],
      ['dangling', '/nowhere'],
    ] as const) {
      symlinkSync(target, join(here, name));
      await disk.rename(join(here, name), join(there, name));
      assert.is(readlinkSync(join(there, name)), target);
    }
    assert.equal(readdirSync(here), ['secret']);
    mkdirSync(join(here, 'folder'));
    const error = await disk.rename(join(here, 'folder'), join(there, 'folder')).catch((refusal: unknown) => refusal);
    assert.is((error as NodeJS.ErrnoException).code, 'EXDEV');
    assert.equal(readdirSync(there), ['dangling', 'link']);
  } finally {
    rmSync(there, { recursive: true });
  }
});

test('publishing never overwrites', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'new'), 'new');
  writeFileSync(join(folder, 'old'), 'old');
  assert.is(await disk.publish(join(folder, 'new'), join(folder, 'old')), false);
  assert.is(readFileSync(join(folder, 'old'), 'utf8'), 'old');
  assert.is(await disk.publish(join(folder, 'new'), join(folder, 'fresh')), true);
  assert.not.ok(existsSync(join(folder, 'new')));
});

test('what cannot be linked is published by a rename, and overwrites nothing either', async () => {
  const folder = temporaryFolder();
  // In place of a file system that gives no file a second name: Linux gives no folder one, with the same EPERM.
  for (const name of ['new', 'old']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'new/x'), 'new');
  assert.is(await disk.publish(join(folder, 'new'), join(folder, 'old')), false);
  assert.equal(readdirSync(join(folder, 'old')), []);
  assert.is(await disk.publish(join(folder, 'new'), join(folder, 'fresh')), true);
  assert.is(readFileSync(join(folder, 'fresh/x'), 'utf8'), 'new');
  assert.equal(readdirSync(folder).sort(), ['fresh', 'old']);
});

test('what is absent is listed as nothing, has no facts, and is removed without complaint', async () => {
  const path = join(temporaryFolder(), 'absent');
  assert.equal(await disk.list(path), []);
  assert.is(await disk.facts(path), undefined);
  await disk.remove(path);
  assert.is(await disk.removeEmptyFolder(path), true);
});

test('a new name survives a power cut: the folder is synced behind the file, and the folder above behind a new folder', async () => {
  const root = temporaryFolder();
  const folder = join(root, '2026-03-10/13');
  const path = join(folder, 'part');
  const { syncs, restore } = recordSyncs();
  try {
    await disk.makeFolder(folder);
    assert.equal(syncs.splice(0), [join(root, '2026-03-10'), root]);
    await disk.makeFolder(folder);
    assert.equal(syncs.splice(0), [], 'a folder that stands costs nothing');
    const file = await disk.open(path);
    assert.equal(syncs.splice(0), [folder]);
    await file.append(Buffer.from('line\n'));
    await file.sync();
    assert.equal(syncs.splice(0), [path]);
    await file.close();
    await (await disk.open(path)).close();
    assert.equal(syncs.splice(0), [], 'a file that stands costs nothing');
    await disk.rename(path, join(folder, 'closed'));
    assert.equal(syncs.splice(0), [folder]);
    await (await disk.open(path)).close();
    syncs.splice(0);
    await disk.publish(path, join(folder, 'published'));
    assert.equal(syncs.splice(0), [folder]);
  } finally {
    restore();
  }
});

test('what is written whole is synced before it has its name, and a file that moves is durable in both folders', async () => {
  const root = temporaryFolder();
  const [here, there] = [join(root, 'here'), join(root, 'there')];
  await disk.makeFolder(here);
  await disk.makeFolder(there);
  const { syncs, restore } = recordSyncs();
  try {
    await disk.write(join(here, 'x'), 'one');
    assert.equal(syncs.splice(0), [join(here, '.x.next'), here]);
    await disk.rename(join(here, 'x'), join(there, 'x'));
    assert.equal(syncs.splice(0), [there, here]);
  } finally {
    restore();
  }
});

test('a name may be left to the first sync: bytes are with the kernel before any sync, names with the bytes', async () => {
  const root = temporaryFolder();
  const folder = join(root, '2026-03-10/13');
  const path = join(folder, 'part');
  const { syncs, restore } = recordSyncs();
  try {
    const file = await disk.open(path, { isLeftToSync: true });
    await file.append(Buffer.from('line\n'));
    assert.equal([file.isNew, readFileSync(path, 'utf8'), syncs.splice(0)], [true, 'line\n', []]);
    await file.sync();
    assert.equal(syncs.splice(0), [path, join(root, '2026-03-10'), root, folder]);
    await file.sync();
    assert.equal(syncs.splice(0), [path]);
    await file.close();
    const again = await disk.open(path, { isLeftToSync: true });
    await again.sync();
    assert.equal([again.isNew, syncs.splice(0)], [false, [path, folder]], 'who made it may have died before he could');
    await again.close();
    const gone = await disk.open(join(folder, 'gone'), { isLeftToSync: true });
    rmSync(folder, { recursive: true });
    await gone.sync();
    await gone.close();
  } finally {
    restore();
  }
});

test('what is open can be read to its end, also after its name was taken away', async () => {
  const path = join(temporaryFolder(), 'gone');
  const file = await disk.open(path);
  await file.append(Buffer.from('one'));
  await disk.remove(path);
  await file.append(Buffer.from(' two'));
  const pieces: Buffer[] = [];
  for await (const piece of file.content()) pieces.push(piece);
  assert.is(Buffer.concat(pieces).toString(), 'one two');
  await file.append(Buffer.from(' three'));
  await file.close();
});

test('only an empty folder is removed', async () => {
  const folder = join(temporaryFolder(), 'hour');
  mkdirSync(folder);
  writeFileSync(join(folder, 'file'), '');
  assert.is(await disk.removeEmptyFolder(folder), false);
  await disk.remove(join(folder, 'file'));
  assert.is(await disk.removeEmptyFolder(folder), true);
  assert.not.ok(existsSync(folder));
});

test('an open file is appended to, synced and cut', async () => {
  const path = join(temporaryFolder(), 'open');
  const file = await disk.open(path);
  await file.append(Buffer.from('one two'));
  await file.sync();
  await file.truncate(4);
  await file.append(Buffer.from('three'));
  await file.close();
  assert.is(readFileSync(path, 'utf8'), 'one three');
});

test.run();
