import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { lookAtTree, type Sighting } from '../../src/watch/trees.ts';
import { diskRefusal } from '../support/disk-refusal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('a look at a tree');

function lookRefused(path: string, refused: string): Promise<Sighting> {
  const list: Disk['list'] = async (folder) => {
    if (folder === refused) throw diskRefusal('EIO');
    return systemDisk.list(folder);
  };
  const disk = { ...systemDisk, list };
  return lookAtTree({ path, server: 1 }, { disk, olderZone: 'UTC', olderMinute: async () => undefined });
}

test('one that cannot be listed itself is no empty one: nothing is decided without it', async () => {
  const path = temporaryFolder();
  const end: unknown = await lookRefused(path, path).catch((error: unknown) => error);
  assert.match(String(end), 'EIO');
});

test('a folder in it that cannot be listed is named, and the rest is seen', async () => {
  const path = temporaryFolder();
  mkdirSync(join(path, '2026-03-10/13'), { recursive: true });
  const { unreadable } = await lookRefused(path, join(path, '2026-03-10/13'));
  assert.equal(
    unreadable.map((folder) => folder.path),
    [join(path, '2026-03-10/13')],
  );
});

test.run();
