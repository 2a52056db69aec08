import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ssh2 from 'ssh2';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('check');
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

function written(extra = ''): { path: string; token: string } {
  const folder = temporaryFolder();
  const [path, token] = [join(folder, 'config.toml'), join(folder, 'token')];
  writeFileSync(token, 'secret-words\n');
  chmodSync(token, 0o600);
  writeFileSync(path, `server = 1\n[ingest]\nbearer_token_file = "${token}"\n[watch]\n${extra}`);
  return { path, token };
}

test('a good configuration is called so, and no secret is shown', () => {
  const { path, token } = written();
  const shown = execFileSync(process.execPath, [main, 'check', '--config', path], { encoding: 'utf8' });
  assert.match(shown, `ok     ingest.bearer_token_file: ${token}`);
  assert.match(shown, 'server 1, with [ingest] [watch]');
  assert.not.match(shown, 'secret-words');
});

test('a configuration on which no service would start is not called good, and nothing is called well by it', () => {
  const path = join(temporaryFolder(), 'config.toml');
  writeFileSync(path, 'server = 1\n');
  for (const command of ['check', 'status']) {
    const words = [main, command, '--config', path];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    assert.is(status, 78, command);
    assert.match(stdout + stderr, 'none of [ingest], [ship] and [watch]');
  }
});

test('every problem of the file is listed at once, exit 78', () => {
  const { path } = written('patience = 5\nraw = "burn"\n[watsh]\n');
  const { status, stderr } = spawnSync(process.execPath, [main, 'check', '--config', path], { encoding: 'utf8' });
  assert.is(status, 78);
  for (const words of ['watch.patience: got 5', 'watch.raw: got "burn"', 'watsh: unknown key'])
    assert.match(stderr, words);
});

test('a secret that all may read, and one that is not there, must be mended, exit 78', () => {
  const { path, token } = written('[osf]\nproject = "abc12"\ntoken_file = "/nowhere/osf"\n');
  chmodSync(token, 0o644);
  const { status, stdout } = spawnSync(process.execPath, [main, 'check', '--config', path], { encoding: 'utf8' });
  assert.is(status, 78);
  assert.match(stdout, `Run: chmod o-rwx ${token}`);
  assert.match(stdout, 'MEND   osf.token_file');
  assert.match(stdout, 'published to OSF, project abc12, osfstorage: at most 1500000 IDs in 30 days');
});

peerTest(test, ['to be root'], 'alerts that the services may not keep must be mended, exit 74', () => {
  const vault = join(temporaryFolder(), 'vault');
  const told = join(vault, '.tell');
  mkdirSync(told, { recursive: true });
  chownSync(vault, 4711, 4711);
  const { path } = written(`vault = "${vault}"\n`);
  const { status, stdout } = spawnSync(process.execPath, [main, 'check', '--config', path], { encoding: 'utf8' });
  assert.is(status, 74);
  assert.match(stdout, `MEND   alerts: ${told} belongs to root and is closed to user 4711`);
  assert.match(stdout, `sudo chown -R --reference=${vault} ${told}`);
});

test('a key that is none, and a known_hosts without the host, are found before ship meets them, exit 78', () => {
  const folder = temporaryFolder();
  const [key, hosts, path] = ['key', 'known_hosts', 'config.toml'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const { public: line, private: pem } = ssh2.utils.generateKeyPairSync('ed25519');
  const ship = `host = "server1.example.org"\nidentity_file = "${key}"\nknown_hosts = "${hosts}"\n`;
  writeFileSync(path, `server = 2\n[ship]\nspool = "${folder}"\n${ship}`);
  const checked = (secret: string, known: string): { status: number | null; stdout: string } => {
    writeFileSync(key, `${secret}\n`, { mode: 0o600 });
    writeFileSync(hosts, `${known}\n`);
    return spawnSync(process.execPath, [main, 'check', '--config', path], { encoding: 'utf8' });
  };
  for (const [secret, known, words] of [
    [pem, `other.example.org ${line}`, 'has no key for server1.example.org'],
    [
      'no key',
      `server1.example.org ${line}`,
      'identity_file cannot be used: Cannot parse privateKey: Unsupported key format. Name',
    ],
    [line, `server1.example.org ${line}`, 'it is a public key. Name'],
  ] as const) {
    const { status, stdout } = checked(secret, known);
    assert.match(stdout, words);
    assert.is(status, 78, words);
  }
  assert.is(checked(pem, `server1.example.org ${line}`).status, 0);
});

test('a known_hosts that is not there is said with what makes it, and a vault of another zone before the watch meets it', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'vault'));
  writeFileSync(join(folder, 'vault', '.zone'), 'CET\n');
  const { path, token } = written(`vault = "${folder}/vault"
[ship]
host = "h"
identity_file = "IDENTITY"
known_hosts = "/nowhere/known_hosts"
`);
  writeFileSync(path, readFileSync(path, 'utf8').replace('IDENTITY', token));
  const { status, stdout } = spawnSync(process.execPath, [main, 'check', '--config', path], { encoding: 'utf8' });
  assert.is(status, 78);
  assert.match(stdout, 'MEND   ship.known_hosts: /nowhere/known_hosts');
  assert.match(stdout, 'streamvault ship --show-host-key');
  assert.match(stdout, 'MEND   timezone: The vault');
  assert.match(stdout, 'Set timezone = "CET"');
});

test.run();
