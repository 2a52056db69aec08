// Who is trusted, and who is let in: host keys and account keys against a real OpenSSH server.
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { describeHostKey, hostName } from '../../src/domain/known-hosts.ts';
import { OperatorError } from '../../src/domain/operator-error.ts';
import { fetchHostKeys } from '../../src/outside/sftp-host-keys.ts';
import { neededPeer, peerTest } from '../support/peers.ts';
import { makeKey, type RealSshd, sshPrograms, startSshd } from '../support/real-sshd.ts';
import { openFar } from '../support/ship-scene.ts';

const test = suite('trust between client and sshd');
const keygen = (...words: string[]): string =>
  execFileSync(neededPeer('ssh-keygen'), words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

/** `in`, or the code of the error and what it says. */
async function outcome(server: RealSshd, passphrase?: string): Promise<string> {
  try {
    await using _disk = await openFar(server, { passphrase });
    return 'in';
  } catch (error) {
    if (error instanceof OperatorError) return `${error.code}: ${error.message} ${error.remedy}`;
    throw error;
  }
}

const edit = (path: string, change: (text: string) => string): void =>
  writeFileSync(path, change(readFileSync(path, 'utf8')));

peerTest(test, sshPrograms, 'an unknown host is refused with the fingerprint command to run', async () => {
  await using server = await startSshd();
  edit(server.knownHosts, () => '# nobody yet\n');
  assert.match(await outcome(server), /^refused: .* has no key for \[127\.0\.0\.1\]:\d+, .*--show-host-key/);
});

peerTest(test, sshPrograms, 'another host key than the known one is refused, with its fingerprint', async () => {
  await using server = await startSshd();
  const other = makeKey(join(server.folder, 'other'));
  const shown = keygen('-lf', join(server.folder, 'host_ed25519.pub')).split(' ')[1] ?? '';
  edit(server.knownHosts, () => `${hostName(server.host, server.port)} ${readFileSync(`${other}.pub`, 'utf8')}`);
  const said = await outcome(server);
  assert.match(said, /^refused: .* shows another host key/);
  assert.ok(said.includes(shown), said);
});

peerTest(test, sshPrograms, 'a revoked host key is refused', async () => {
  await using server = await startSshd();
  const line = readFileSync(server.knownHosts, 'utf8');
  edit(server.knownHosts, () => `${line}@revoked * ${line.slice(line.indexOf(' ') + 1)}`);
  assert.match(await outcome(server), /^refused: .* marks @revoked/);
});

peerTest(test, sshPrograms, 'a certificate authority alone is refused with a clear word', async () => {
  await using server = await startSshd();
  edit(server.knownHosts, (line) => `@cert-authority ${line}`);
  assert.match(await outcome(server), /^refused: .*@cert-authority only; host certificates are not supported/);
});

peerTest(test, sshPrograms, 'names that ssh-keygen has hashed are known', async () => {
  await using server = await startSshd();
  keygen('-H', '-f', server.knownHosts);
  assert.ok(readFileSync(server.knownHosts, 'utf8').startsWith('|1|'));
  assert.is(await outcome(server), 'in');
});

peerTest(test, sshPrograms, 'of a host with several keys, each one alone is enough', async () => {
  await using server = await startSshd({ hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'] });
  const lines = readFileSync(server.knownHosts, 'utf8').trim().split('\n');
  assert.is(lines.length, 3);
  for (const line of lines) {
    edit(server.knownHosts, () => `${line}\n`);
    assert.is(await outcome(server), 'in', line.split(' ')[1]);
  }
});

peerTest(test, sshPrograms, 'a host without a key of a known type is refused', async () => {
  await using server = await startSshd({ hostKeyTypes: ['rsa'] });
  const other = makeKey(join(server.folder, 'other'));
  edit(server.knownHosts, () => `${hostName(server.host, server.port)} ${readFileSync(`${other}.pub`, 'utf8')}`);
  assert.match(await outcome(server), /^refused: .*no host key of a type that .* has for it \(ssh-ed25519\)/);
});

peerTest(test, sshPrograms, 'host keys are shown as ssh-keygen shows them', async () => {
  await using server = await startSshd({ hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'] });
  const keys = await fetchHostKeys(server, { signal: new AbortController().signal });
  assert.equal(
    keys.map((key) => describeHostKey(key, 'test')),
    ['ed25519', 'ecdsa', 'rsa'].map((type) => keygen('-lf', join(server.folder, `host_${type}.pub`)).trim()),
  );
});

const kinds: readonly (readonly string[])[] = [
  ['-t', 'ed25519'],
  ['-t', 'ecdsa', '-b', '256'],
  ['-t', 'ecdsa', '-b', '384'],
  ['-t', 'ecdsa', '-b', '521'],
  ['-t', 'rsa', '-b', '2048'],
  ['-t', 'rsa', '-b', '3072', '-m', 'PEM'],
  ['-t', 'ecdsa', '-b', '256', '-m', 'PEM'],
];
for (const kind of kinds) {
  peerTest(
    test,
    sshPrograms,
    `the account is opened by a key made with ${kind.join(' ')}, and with a passphrase`,
    async () => {
      await using server = await startSshd({ userKey: kind });
      assert.is(await outcome(server), 'in');
      keygen(
        '-p',
        '-P',
        '',
        '-N',
        'correct horse',
        ...(kind.includes('PEM') ? ['-m', 'PEM'] : []),
        '-f',
        server.identity,
      );
      assert.is(await outcome(server, 'correct horse'), 'in');
      assert.match(await outcome(server, 'wrong horse'), /^config-invalid: \[ship\] identity_file cannot be used/);
      assert.match(await outcome(server), /^config-invalid: .*passphrase/);
    },
  );
}

peerTest(test, sshPrograms, 'a key that the account does not know is refused', async () => {
  await using server = await startSshd();
  writeFileSync(join(server.folder, 'authorized_keys'), '');
  assert.match(await outcome(server), /^refused: .* does not accept the key for the account/);
});

peerTest(test, sshPrograms, 'a key that others may read is not used', async () => {
  await using server = await startSshd();
  chmodSync(server.identity, 0o644);
  assert.match(await outcome(server), /^config-invalid: .*chmod o-rwx/);
});

peerTest(test, sshPrograms, 'an account without SFTP is told apart from a wrong key', async () => {
  await using server = await startSshd({ lines: ['ForceCommand /bin/false'] });
  const said = await outcome(server);
  assert.match(said, /^(refused|unreachable): /);
  assert.is(said.includes('does not accept the key'), false, said);
});

peerTest(test, sshPrograms, 'a port where nobody listens is unreachable', async () => {
  const server = await startSshd();
  await server.kill();
  assert.match(await outcome(server), /^unreachable: .*ECONNREFUSED/);
});

test.run();
