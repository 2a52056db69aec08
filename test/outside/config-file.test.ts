import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperatorError } from '../../src/domain/operator-error.ts';
import { readConfigFile, readSecret } from '../../src/outside/config-file.ts';
import { readAuthorities } from '../../src/outside/authorities.ts';
import { readSftpTarget } from '../../src/outside/sftp-target.ts';
import { peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('configuration and secrets on disk');

function secretFile(text: string, mode = 0o600): string {
  const path = join(temporaryFolder(), 'bearer_token');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

async function refusalOf(work: Promise<unknown>): Promise<OperatorError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof OperatorError) return error;
  }
  throw new Error('nothing was refused');
}

test('a secret is read without the white space around it', async () => {
  assert.is(await readSecret(secretFile(' s3cret\n'), 'ingest.bearer_token_file'), 's3cret');
});

test('what decides whom to trust is refused where every user can change it', async () => {
  const path = secretFile('[server1]:22 ssh-ed25519 AAAA\n', 0o646);
  const ship = { host: 'h', port: 22, user: 'u', identity_file: secretFile('key'), known_hosts: path };
  const settings = { ...ship, inbox: '/inbox', keep: 0 };
  for (const work of [() => readSftpTarget(settings), () => readAuthorities(path, '[mail] ca_file')]) {
    const { code, message, remedy } = await refusalOf(work());
    assert.is(code, 'config-invalid');
    assert.match(message, 'can be changed by every user of this machine');
    assert.is(remedy, `Look through it, then run: chmod o-w ${path}`);
  }
  chmodSync(path, 0o644);
  assert.match((await readSftpTarget(settings)).knownHosts, 'ssh-ed25519');
});

test('a secret that others can read is refused, with the command that mends it', async () => {
  for (const mode of [0o604, 0o644, 0o601, 0o602]) {
    const path = secretFile('s3cret', mode);
    const { code, remedy, message } = await refusalOf(readSecret(path, 'ingest.bearer_token_file'));
    assert.is(code, 'config-invalid');
    assert.is(remedy, `Run: chmod o-rwx ${path}`);
    assert.not.ok(message.includes('s3cret'));
  }
});

test('an empty secret and a missing one are refused', async () => {
  assert.match((await refusalOf(readSecret(secretFile('\n'), 'key'))).message, 'is empty');
  assert.match((await refusalOf(readSecret('/nonexistent/token', 'key'))).message, 'ENOENT');
});

peerTest(test, ['to be root'], 'to a user who may not read a secret it is said who may', async () => {
  const path = secretFile('s3cret');
  chmodSync(join(path, '..'), 0o755);
  const source = `import { readSecret } from ${JSON.stringify(new URL('../../src/outside/config-file.ts', import.meta.url).href)};
    await readSecret(${JSON.stringify(path)}, 'key').catch(({ message, remedy }) => console.log(message, remedy));`;
  const words = ['--input-type=module', '-e', source];
  const said = execFileSync(process.execPath, words, { uid: 4711, gid: 4711, encoding: 'utf8' });
  assert.match(said, 'EACCES');
  assert.match(said, `Ask as root (sudo)`);
  assert.match(said, `sudo chown streamvault: ${path}`);
});

test('a credential that systemd shows comes first, whatever the file’s own mode', async () => {
  const path = secretFile('from the file', 0o644);
  const credentials = temporaryFolder();
  writeFileSync(join(credentials, 'bearer_token'), 'from systemd\n');
  assert.is(await readSecret(path, 'key', credentials), 'from systemd');
});

test('an empty or absent credential leaves the file to be read', async () => {
  const path = secretFile('from the file');
  const credentials = temporaryFolder();
  assert.is(await readSecret(path, 'key', credentials), 'from the file');
  writeFileSync(join(credentials, 'bearer_token'), '\n');
  assert.is(await readSecret(path, 'key', credentials), 'from the file');
});

test('a configuration that is not there is said by name', async () => {
  const { code, message } = await refusalOf(readConfigFile('/nonexistent/config.toml'));
  assert.is(code, 'config-invalid');
  assert.match(message, '/nonexistent/config.toml');
});

test('a configuration that others can change is refused, with the command that mends it', async () => {
  const path = join(temporaryFolder(), 'config.toml');
  writeFileSync(path, 'server = 1\n');
  chmodSync(path, 0o666);
  assert.match((await refusalOf(readConfigFile(path))).remedy, `chmod o-w ${path}`);
  chmodSync(path, 0o664);
  assert.is((await readConfigFile(path)).server, 1);
});

test.run();
