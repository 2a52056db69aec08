// What `npm run package` makes: installed, run, upgraded and removed below a root of its own, as dpkg does it.
// may take 400 s
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makePackages } from '../../build/package.ts';
import { executable, peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('packages');
const needed = [executable, 'dpkg', 'dpkg-deb', 'tar', 'gzip', 'sha256sum', 'systemd-sysusers', 'systemd-tmpfiles'];

/** Both packages and their sums, made once for all tests. */
let making: Promise<readonly string[]> | undefined;
const packages = (): Promise<readonly string[]> => (making ??= makePackages());
const pathOf = async (ending: string): Promise<string> =>
  (await packages()).find((path) => path.endsWith(ending)) ?? '';

function dpkg(root: string, ...words: string[]): string {
  const options = [`--root=${root}`, '--force-script-chrootless', '--force-depends', '--no-triggers'];
  const { status, stdout, stderr } = spawnSync('dpkg', [...options, ...words], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  assert.is(status, 0, stdout + stderr);
  return stdout + stderr;
}

function emptyRoot(): string {
  const root = temporaryFolder();
  for (const folder of ['etc', 'var/lib/dpkg/info', 'var/lib/dpkg/updates', 'usr'])
    mkdirSync(join(root, folder), { recursive: true });
  for (const name of ['status', 'available']) writeFileSync(join(root, 'var/lib/dpkg', name), '');
  return root;
}

peerTest(test, needed, 'the checksums are right as sha256sum reads them', async () => {
  const sums = await pathOf('SHA256SUMS');
  const printed = execFileSync('sha256sum', ['-c', basename(sums)], { cwd: dirname(sums), encoding: 'utf8' });
  assert.match(printed, /\.tar\.gz: OK\n.*\.deb: OK\n/);
});

peerTest(test, needed, 'made twice they are the same, byte for byte', async () => {
  const first = readFileSync(await pathOf('SHA256SUMS'), 'utf8');
  await makePackages();
  assert.is(readFileSync(await pathOf('SHA256SUMS'), 'utf8'), first);
});

peerTest(
  test,
  [...needed, 'to be root'],
  'the Debian package installs, works, and leaves data and configuration when it goes',
  async () => {
    const root = emptyRoot();
    const said = dpkg(root, '--install', await pathOf('.deb'));
    assert.match(said, 'streamvault install --server 1');
    assert.match(readFileSync(join(root, 'etc/passwd'), 'utf8'), /^streamvault:/m);
    assert.ok(existsSync(join(root, 'var/lib/streamvault/spool')));
    for (const service of ['ingest', 'ship', 'watch'])
      assert.ok(existsSync(join(root, `usr/lib/systemd/system/streamvault-${service}.service`)), service);

    const program = join(root, 'usr/bin/streamvault');
    assert.match(execFileSync(program, ['--version'], { env: {}, encoding: 'utf8' }), /^\d+\.\d+\.\d+\n$/);
    const installed = execFileSync(program, ['install', '--server', '1', '--root', root], { encoding: 'utf8' });
    assert.match(installed, 'was there   /usr/lib/systemd/system/streamvault-watch.service');
    assert.match(installed, 'made        /etc/streamvault/config.toml');

    dpkg(root, '--install', await pathOf('.deb'));
    writeFileSync(join(root, 'var/lib/streamvault/vault/hour'), 'data');
    dpkg(root, '--remove', 'streamvault');
    assert.not.ok(existsSync(program));
    dpkg(root, '--purge', 'streamvault');
    assert.is(readFileSync(join(root, 'var/lib/streamvault/vault/hour'), 'utf8'), 'data');
    assert.ok(existsSync(join(root, 'etc/streamvault/config.toml')));
  },
);

peerTest(test, needed, 'the archive holds the executable, ready to install from where it was unpacked', async () => {
  const folder = temporaryFolder();
  execFileSync('tar', ['-xzf', await pathOf('.tar.gz'), '-C', folder, '--strip-components=1']);
  const printed = execFileSync(join(folder, 'streamvault'), ['install', '--server', '2', '--dry-run'], {
    env: {},
    encoding: 'utf8',
  });
  assert.match(printed, 'would make  /usr/local/bin/streamvault');
  for (const name of [
    'README.md',
    'config.example.toml',
    'completion/streamvault.bash',
    'systemd/streamvault-ship.service',
  ])
    assert.ok(existsSync(join(folder, name)), name);
  const links = [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/\]\(([^)#]+)[^)]*\)/g)];
  assert.ok(links.length > 5);
  for (const [, target = ''] of links) assert.ok(existsSync(join(folder, target)), target);
});

test.run();
