// The built file, not the sources, as it runs on a machine that gives it nothing.
import { execFile } from 'node:child_process';
import type { ExecFileOptions } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { executable, neededPeer, peerTest } from './support/peers.ts';

const test = suite<{ folder: string; program: string }>('executable', { folder: '', program: '' });

interface End {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, words: readonly string[], options: ExecFileOptions = {}): Promise<End> {
  return new Promise((resolve) => {
    const child = execFile(program, words, { env: {}, encoding: 'utf8', ...options }, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, stdout: String(stdout), stderr: String(stderr) }),
    );
  });
}

/** The compressor in a worker thread made a megabyte small, and wrote nothing where it runs. */
function assertSound({ status, stdout, stderr }: End): void {
  assert.is(status, 0, stderr);
  const { bytes, compressedBytes } = JSON.parse(stdout);
  assert.is(bytes, 1 << 20);
  assert.ok(compressedBytes > 50 && compressedBytes < 10_000, stdout);
}

test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'streamvault-test-'));
  context.program = join(context.folder, 'streamvault');
});
test.after(({ folder }) => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

peerTest(test, [executable], 'threads and the compressor work with an empty environment', async () => {
  assertSound(await run(neededPeer(executable), ['self-test']));
});

peerTest(
  test,
  [executable],
  'it runs as a user without rights or home, in a folder it cannot write to',
  async (context) => {
    const { folder, program } = context;
    copyFileSync(neededPeer(executable), program);
    chmodSync(program, 0o555);
    chmodSync(folder, 0o555);
    const isRoot = process.getuid?.() === 0;
    const nobody = isRoot ? { uid: 65_534, gid: 65_534 } : {};
    assertSound(await run(program, ['self-test'], { cwd: folder, env: { HOME: '/nonexistent' }, ...nobody }));
    assert.equal(readdirSync(folder), ['streamvault']);
  },
);

peerTest(test, [executable], 'a temporary folder that cannot be used is made up for by another', async () => {
  assertSound(await run(neededPeer(executable), ['self-test'], { env: { TMPDIR: '/nonexistent' } }));
});

peerTest(
  test,
  [executable],
  'it needs no Node and no sources beside it, and knows its version',
  async ({ program }) => {
    const { status, stdout } = await run(program, ['--version'], { cwd: '/' });
    assert.is(status, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  },
);

peerTest(
  test,
  [executable],
  'settings of V8 for which its code was not made change nothing of what it does',
  async () => {
    const settings = { NODE_OPTIONS: '--stack-trace-limit=20' };
    assertSound(await run(neededPeer(executable), ['self-test'], { env: settings }));
  },
);

peerTest(test, [executable], 'wrong usage ends with 64', async () => {
  assert.is((await run(neededPeer(executable), ['no-such-command'])).status, 64);
});

test.run();
