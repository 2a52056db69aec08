import { spawnSync } from 'node:child_process';
import { type BigIntStats, copyFileSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { type FileHandle, open as openHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { open } from '../../src/outside/open-file.ts';
import { peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('a file open for writing');

type Deed = (paths: { readonly folder: string; readonly path: string; readonly elsewhere: string }) => void;

const deeds: readonly (readonly [string, string, Deed])[] = [
  ['is left alone', 'named', () => {}],
  ['is removed', 'nameless', ({ path }) => rmSync(path)],
  ['loses its folder', 'nameless', ({ folder }) => rmSync(folder, { recursive: true })],
  ['is moved away with its folder', 'nameless', ({ folder, elsewhere }) => renameSync(folder, elsewhere)],
  [
    'is replaced by a copy',
    'replaced',
    ({ path, elsewhere }) => {
      copyFileSync(path, elsewhere);
      renameSync(elsewhere, path);
    },
  ],
  [
    'is moved away, and a copy put in its place',
    'replaced',
    ({ path, elsewhere }) => {
      renameSync(path, elsewhere);
      copyFileSync(elsewhere, path);
    },
  ],
  [
    'is moved away, and a link to it left behind',
    'replaced',
    ({ path, elsewhere }) => {
      renameSync(path, elsewhere);
      symlinkSync(elsewhere, path);
    },
  ],
  ['gets another name beside its own', 'named', ({ path, elsewhere }) => linkSync(path, elsewhere)],
];
for (const [what, standing, deed] of deeds) {
  test(`knows whether its name leads to it when it ${what}`, async () => {
    const root = temporaryFolder();
    const folder = join(root, 'day');
    mkdirSync(folder);
    const path = join(folder, 'part');
    const file = await open(path, { isLeftToSync: true });
    await file.append(Buffer.from('a line\n'));
    deed({ folder, path, elsewhere: join(root, 'elsewhere') });
    assert.is(await file.standing(), standing);
    await file.close();
  });
}

/** A file as some file systems in user space have it: whoever asks gets another number. */
async function withOtherNumbers<T>(file: FileHandle, work: () => Promise<T>): Promise<T> {
  const prototype = Object.getPrototypeOf(file) as FileHandle;
  const { stat } = prototype;
  prototype.stat = async function numbered(this: FileHandle): Promise<never> {
    const facts = (await stat.call(this, { bigint: true })) as BigIntStats;
    return Object.assign(facts, { ino: facts.ino + 1n }) as never;
  };
  try {
    return await work();
  } finally {
    prototype.stat = stat;
  }
}

test('is not called replaced where numbers do not tell files apart: they differ as soon as it is open, or do not last', async () => {
  const folder = temporaryFolder();
  await using any = await openHandle(join(folder, 'any'), 'w');
  const path = join(folder, 'part');
  const [first, second] = await withOtherNumbers(any, async () => {
    const opened = await open(path);
    return [opened, await opened.standing()];
  });
  assert.is(second, 'named', 'they differed at once');
  assert.is(await first.standing(), 'named', 'and are not asked any more');
  await first.close();
  const other = await open(path);
  assert.is(await withOtherNumbers(any, () => other.standing()), 'named', 'its own number is not what it was');
  assert.is(await other.standing(), 'named');
  await other.close();
});

peerTest(
  test,
  ['unshare', 'mount', 'umount', 'to mount'],
  'that lies on a disk which is unmounted under it has its name there, out of sight',
  () => {
    const folder = join(temporaryFolder(), 'disk');
    mkdirSync(folder);
    const script = `
      const { execFileSync } = await import('node:child_process');
      const { open } = await import(process.argv[1]);
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', process.argv[2]]);
      const file = await open(process.argv[2] + '/day/part', { isLeftToSync: true });
      execFileSync('umount', ['-l', process.argv[2]]);
      console.log(await file.standing());
    `;
    const module = fileURLToPath(new URL('../../src/outside/open-file.ts', import.meta.url));
    const words = ['-m', process.execPath, '--input-type=module', '-e', script, module, folder];
    const { stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
    assert.is(stdout, 'unmounted\n', stderr);
  },
);

test.run();
