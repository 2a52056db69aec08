// One contract for the far disk, held by the embedded server and by a real OpenSSH server.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FarRefusal } from '../../src/outside/sftp-refusal.ts';
import type { FarDisk } from '../../src/outside/sftp.ts';
import { startEmbeddedServer } from '../support/embedded-far-server.ts';
import { peerTest } from '../support/peers.ts';
import { type FarServer, sshPrograms, startSshd } from '../support/real-sshd.ts';
import { madeContent, openFar } from '../support/ship-scene.ts';

/** A folder at the far side of the test's own: `far` as the account sees it, `here` as this machine does. */
interface Place {
  readonly disk: FarDisk;
  readonly far: string;
  readonly here: string;
}

type Fact = [title: string, run: (place: Place) => Promise<void>];

async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    return error instanceof FarRefusal ? error.kind : String(error);
  }
}

const sizes = [0, 1, 32_767, 32_768, 261_120, 261_121, 1_000_003, 9_000_001];

const facts: readonly Fact[] = [
  [
    'files of any size arrive with the same bytes, and are read back as the same',
    async ({ disk, far, here }) => {
      for (const size of sizes) {
        const content = madeContent(size, size);
        await disk.create(`${far}/${size}`, content);
        assert.ok(readFileSync(join(here, String(size))).equals(content), `${size} bytes`);
        assert.is(await disk.holds(`${far}/${size}`, content), true, `${size} bytes`);
      }
    },
  ],
  [
    'many files at once arrive with the same bytes',
    async ({ disk, far, here }) => {
      const contents = Array.from({ length: 12 }, (_, index) => madeContent(300_000 + index, index));
      await Promise.all(contents.map((content, index) => disk.create(`${far}/a/b/${index}`, content)));
      assert.equal(
        await Promise.all(contents.map((content, index) => disk.holds(`${far}/a/b/${index}`, content))),
        contents.map(() => true),
      );
      contents.forEach((content, index) => assert.ok(readFileSync(join(here, 'a/b', String(index))).equals(content)));
    },
  ],
  [
    'one wrong bit, a byte too few, a byte too many: not the same',
    async ({ disk, far, here }) => {
      const content = madeContent(700_000, 1);
      for (const at of [0, 261_119, 261_120, 699_999]) {
        const wrong = Buffer.from(content);
        wrong.writeUInt8(wrong.readUInt8(at) ^ 1, at);
        writeFileSync(join(here, 'file'), wrong);
        assert.is(await disk.holds(`${far}/file`, content), false, `bit at ${at}`);
      }
      writeFileSync(join(here, 'file'), content.subarray(1));
      assert.is(await disk.holds(`${far}/file`, content), false);
      writeFileSync(join(here, 'file'), Buffer.concat([content, Buffer.from('x')]));
      assert.is(await disk.holds(`${far}/file`, content), false);
      writeFileSync(join(here, 'file'), '');
      assert.is(await disk.holds(`${far}/file`, content), false);
    },
  ],
  [
    'a file is never made over one that is there',
    async ({ disk, far, here }) => {
      writeFileSync(join(here, 'file'), 'old');
      assert.is(await refusalOf(disk.create(`${far}/file`, Buffer.from('new'))), 'failed');
      assert.is(readFileSync(join(here, 'file'), 'utf8'), 'old');
    },
  ],
  [
    'publishing gives the final name',
    async ({ disk, far, here }) => {
      await disk.create(`${far}/beside`, Buffer.from('bytes'));
      assert.is(await disk.publish(`${far}/beside`, `${far}/final`), true);
      assert.is(readFileSync(join(here, 'final'), 'utf8'), 'bytes');
      assert.is(existsSync(join(here, 'beside')), false);
    },
  ],
  [
    'publishing never overwrites',
    async ({ disk, far, here }) => {
      writeFileSync(join(here, 'final'), 'old');
      await disk.create(`${far}/beside`, Buffer.from('new'));
      assert.is(await disk.publish(`${far}/beside`, `${far}/final`), false);
      assert.is(readFileSync(join(here, 'final'), 'utf8'), 'old');
      assert.is(readFileSync(join(here, 'beside'), 'utf8'), 'new');
    },
  ],
  [
    'publishing what is not there is refused',
    async ({ disk, far }) => assert.is(await refusalOf(disk.publish(`${far}/none`, `${far}/final`)), 'no-such-file'),
  ],
  [
    'folders are listed with files and folders told apart, and absent ones are empty',
    async ({ disk, far, here }) => {
      mkdirSync(join(here, 'folder'));
      writeFileSync(join(here, 'file'), '');
      writeFileSync(join(here, '.hidden'), '');
      const entries = [...(await disk.list(far))].sort((a, b) => (a.name < b.name ? -1 : 1));
      assert.equal(entries, [
        { name: '.hidden', isFolder: false },
        { name: 'file', isFolder: false },
        { name: 'folder', isFolder: true },
      ]);
      assert.equal(await disk.list(`${far}/none`), []);
    },
  ],
  [
    'a folder of many entries is listed whole',
    async ({ disk, far, here }) => {
      for (let count = 0; count < 1500; count++) writeFileSync(join(here, `file-with-a-rather-long-name-${count}`), '');
      assert.is((await disk.list(far)).length, 1500);
    },
  ],
  [
    'facts say the size, and nothing of what is not there',
    async ({ disk, far, here }) => {
      writeFileSync(join(here, 'file'), 'seven b');
      assert.equal(await disk.facts(`${far}/file`), { bytes: 7 });
      assert.is(await disk.facts(`${far}/none`), undefined);
      assert.is(await disk.facts(`${far}/none/deeper`), undefined);
    },
  ],
  [
    'a file is removed once, and a second time is no harm',
    async ({ disk, far, here }) => {
      writeFileSync(join(here, 'file'), '');
      await disk.remove(`${far}/file`);
      assert.is(existsSync(join(here, 'file')), false);
      await disk.remove(`${far}/file`);
    },
  ],
  [
    'a folder is removed only when it is empty',
    async ({ disk, far, here }) => {
      mkdirSync(join(here, 'folder'));
      writeFileSync(join(here, 'folder/file'), '');
      assert.is(await disk.removeEmptyFolder(`${far}/folder`), false);
      await disk.remove(`${far}/folder/file`);
      assert.is(await disk.removeEmptyFolder(`${far}/folder`), true);
      assert.is(await disk.removeEmptyFolder(`${far}/folder`), true);
    },
  ],
  [
    'a file where a folder should be is refused, and so is a file in it',
    async ({ disk, far, here }) => {
      writeFileSync(join(here, 'a'), '');
      assert.is.not(await refusalOf(disk.create(`${far}/a/b/file`, Buffer.from('x'))), 'none');
      assert.is(readFileSync(join(here, 'a'), 'utf8'), '');
    },
  ],
  [
    'after the end every call says that the connection is gone',
    async ({ disk, far }) => {
      await disk[Symbol.asyncDispose]();
      assert.is(disk.lost.aborted, true);
      assert.match(await refusalOf(disk.list(far)), /broke/);
      assert.match(await refusalOf(disk.remove(`${far}/file`)), /broke/);
      assert.match(await refusalOf(disk.create(`${far}/file`, Buffer.alloc(3_000_000))), /broke/);
    },
  ],
];

function contract(name: string, start: () => Promise<FarServer>, programs: readonly string[]): void {
  const test = suite(`far disk, ${name}`);
  let server: FarServer | undefined;
  facts.forEach(([title, run], index) => {
    peerTest(test, programs, title, async () => {
      server ??= await start();
      const here = join(server.inboxFolder, String(index));
      mkdirSync(here);
      await using disk = await openFar(server);
      await run({ disk, far: `${server.inbox}/${index}`, here });
    });
  });
  test.after(async () => server?.[Symbol.asyncDispose]());
  test.run();
}

contract('embedded server', startEmbeddedServer, []);
contract('OpenSSH', startSshd, sshPrograms);

const real = suite('far disk, OpenSSH alone');
peerTest(real, sshPrograms, 'free space is told as df tells it', async () => {
  await using server = await startSshd();
  await using disk = await openFar(server);
  assert.ok(((await disk.freeBytes(server.inbox)) ?? 0) > 1e6);
  assert.is(await disk.freeBytes(`${server.inbox}/none`), undefined);
});
peerTest(real, sshPrograms, 'a server that wants new keys each megabyte gets files with the same bytes', async () => {
  await using server = await startSshd({ lines: ['RekeyLimit 1M'] });
  await using disk = await openFar(server);
  const contents = [1, 2, 3].map((variety) => madeContent(3_000_000, variety));
  await Promise.all(contents.map((content, index) => disk.create(`${server.inbox}/${index}`, content)));
  assert.equal(await Promise.all(contents.map((content, index) => disk.holds(`${server.inbox}/${index}`, content))), [
    true,
    true,
    true,
  ]);
});
real.run();
