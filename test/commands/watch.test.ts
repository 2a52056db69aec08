// `streamvault watch` as a process: how it ends where another one is at work.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../src/outside/clock.ts';
import { takeLock } from '../../src/outside/lock.ts';
import { ensureTree } from '../../src/outside/tree.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('streamvault watch');

async function streamvault(config: string, ...words: string[]): Promise<{ status: number; stderr: string }> {
  return new Promise((resolve) => {
    const all = ['src/main.ts', 'watch', '--config', config, ...words];
    const child = execFile(process.execPath, all, (_error, _stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, stderr }),
    );
  });
}

test('beside the service a pass from cron ends with 0, and an hour that was asked for by name with 75', async () => {
  const folder = temporaryFolder();
  const vault = join(folder, 'vault');
  await ensureTree(vault, systemDisk);
  const config = join(folder, 'config.toml');
  writeFileSync(config, `server = 1\n[watch]\nown = "${folder}/own"\nvault = "${vault}"\n`);
  using _lock = takeLock(vault, 'watch', systemClock());
  assert.is((await streamvault(config, '--once')).status, 0);
  const { status, stderr } = await streamvault(config, '--once', '--hour', '2026-03-10T14');
  assert.is(status, 75);
  assert.match(stderr, `process ${process.pid}`);
});

test.run();
