import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemDisk as disk } from '../../src/outside/disk.ts';
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

test('publishing never overwrites', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'new'), 'new');
  writeFileSync(join(folder, 'old'), 'old');
  assert.is(await disk.publish(join(folder, 'new'), join(folder, 'old')), false);
  assert.is(readFileSync(join(folder, 'old'), 'utf8'), 'old');
  assert.is(await disk.publish(join(folder, 'new'), join(folder, 'fresh')), true);
  assert.not.ok(existsSync(join(folder, 'new')));
});

test('what is absent is listed as nothing, has no facts, and is removed without complaint', async () => {
  const path = join(temporaryFolder(), 'absent');
  assert.equal(await disk.list(path), []);
  assert.is(await disk.facts(path), undefined);
  await disk.remove(path);
  assert.is(await disk.removeEmptyFolder(path), true);
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
