import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { closedToOwner } from '../../src/outside/folder-rights.ts';
import { peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('folder rights');
const user = 4711;

interface Scene {
  readonly tree: string;
  readonly folder: string;
  readonly room: string;
  readonly file: string;
}

/** A tree of the user with a folder, a room in it and a file in that, all of the user. */
function scene(): Scene {
  const tree = temporaryFolder();
  const folder = join(tree, '.tell');
  const room = join(folder, 'outbox');
  const file = join(room, 'message.json');
  mkdirSync(room, { recursive: true });
  writeFileSync(file, '{}');
  for (const path of [tree, folder, room, file]) chownSync(path, user, user);
  return { tree, folder, room, file };
}

const rows: readonly (readonly [string, (scene: Scene) => void, keyof Scene | undefined])[] = [
  ['all is the user’s own', () => {}, undefined],
  ['the folder is root’s', ({ folder }) => chownSync(folder, 0, 0), 'folder'],
  [
    'the folder is root’s, and the user’s group may write',
    ({ folder }) => {
      chownSync(folder, 0, user);
      chmodSync(folder, 0o2770);
    },
    undefined,
  ],
  [
    'the tree is shared by a group, and the folder is somebody’s of it',
    ({ tree, folder, room, file }) => {
      chmodSync(tree, 0o2775);
      for (const path of [folder, room, file]) chownSync(path, user + 1, user);
    },
    undefined,
  ],
  ['a room in it is root’s', ({ room }) => chownSync(room, 0, 0), 'room'],
  ['a room in it is closed by its mode', ({ room }) => chmodSync(room, 0o500), 'room'],
  ['a file is root’s, and all may read it', ({ file }) => chownSync(file, 0, 0), undefined],
  [
    'a file is root’s secret',
    ({ file }) => {
      chownSync(file, 0, 0);
      chmodSync(file, 0o600);
    },
    'file',
  ],
  ['a link leads round in a circle', ({ room }) => symlinkSync('..', join(room, 'round')), undefined],
  [
    'the tree is root’s as well',
    ({ tree, folder }) => [tree, folder].forEach((path) => chownSync(path, 0, 0)),
    undefined,
  ],
];
for (const [what, deed, closed] of rows) {
  peerTest(
    test,
    ['to be root'],
    `${what}: ${closed === undefined ? 'nothing is' : `the ${closed} is`} closed`,
    async () => {
      const made = scene();
      deed(made);
      const found = await closedToOwner(made.tree, made.folder);
      assert.is(found?.path, closed && made[closed]);
      if (found) assert.is(found.user, `user ${user}`);
    },
  );
}

test('where there is no such folder, nothing is closed', async () => {
  const tree = temporaryFolder();
  assert.is(await closedToOwner(tree, join(tree, '.tell')), undefined);
});

test.run();
