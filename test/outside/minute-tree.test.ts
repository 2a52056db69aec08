import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemDisk } from '../../src/outside/disk.ts';
import { hourFolders } from '../../src/outside/minute-tree.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('a tree of minute files');
const tree = temporaryFolder();
const hours = ['2026-03-09/23', '2026-03-10/00', '2026-03-10/13', '2026-03-11/07'];
for (const folder of [...hours, 'aside/13', 'shipped/2026-03-10/12', '2026-03-10/24', '2026-03-10/.13', '2026-3-10/13'])
  mkdirSync(join(tree, folder), { recursive: true });
writeFileSync(join(tree, '2026-03-12'), 'no folder');
writeFileSync(join(tree, '2026-03-11/08'), 'no folder');

async function all(folders: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const folder of folders) found.push(folder);
  return found;
}

test('its hours come in order of time, and nothing else that lies there', async () => {
  assert.equal(await all(hourFolders(systemDisk.list, tree)), hours);
});

test('of a day that is not wanted, or not reached, not even the hours are listed', async () => {
  const listed: string[] = [];
  const list = (folder: string) => {
    listed.push(folder.slice(tree.length));
    return systemDisk.list(folder);
  };
  assert.equal(await all(hourFolders(list, tree, { from: '2026-03-10/13' })), hours.slice(2));
  assert.equal(listed.splice(0), ['', '/2026-03-10', '/2026-03-11']);
  for await (const newest of hourFolders(list, tree, { isNewestFirst: true })) {
    assert.is(newest, '2026-03-11/07');
    break;
  }
  assert.equal(listed, ['', '/2026-03-11']);
});

test('a tree that is not there has no hours', async () => {
  assert.equal(await all(hourFolders(systemDisk.list, join(tree, 'none'))), []);
});

test.run();
