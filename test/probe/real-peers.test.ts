// `streamvault check --probe` against a real sshd and a real mail server: what works, and what each refuses.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { check as command } from '../../src/commands/check.ts';
import type { CommandWorld } from '../../src/commands/command.ts';
import { systemClock } from '../../src/outside/clock.ts';
import { lookAtTree } from '../../src/watch/trees.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { makeCertificate } from '../support/certificate.ts';
import { peerTest } from '../support/peers.ts';
import { startExim } from '../support/real-exim.ts';
import { type RealSshd, makeKey, sshPrograms, startSshd } from '../support/real-sshd.ts';
import { streamvault } from '../support/streamvault.ts';
import { testWorld } from '../support/test-world.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('check --probe with real peers');

function shipSection(server: RealSshd, identity = server.identity): string {
  const spool = temporaryFolder();
  return `[ship]\nspool = "${spool}"\nhost = "${server.host}"\nport = ${server.port}\nuser = "${server.user}"\nidentity_file = "${identity}"\nknown_hosts = "${server.knownHosts}"\ninbox = "${server.inbox}"\n`;
}

function configured(sections: string): string {
  const config = join(temporaryFolder(), 'config.toml');
  writeFileSync(config, `server = 2\n${sections}`);
  return config;
}

/** The command in this process: what it printed, and its exit status. */
async function check(sections: string): Promise<{ status: number; stdout: string }> {
  let stdout = '';
  const results = { write: (text: string) => (stdout += text) };
  const world = { ...testWorld(), clock: systemClock(), results } as unknown as CommandWorld;
  return { status: await command.run({ config: configured(sections), probe: true } as never, world), stdout };
}

peerTest(test, sshPrograms, 'a real sshd: login, host key, and a file that the watch would not see', async () => {
  await using server = await startSshd();
  const words = ['check', '--probe', '--config', configured(shipSection(server))];
  const { status, stdout, stderr } = await streamvault(words);
  assert.is(status, 0, stdout + stderr);
  assert.match(stdout, /\nworks  SFTP to server 1  \S+ lets us in, its host key is the known one, .* free there\n/);
  assert.match(stdout, 'All 2 things tried work.');
  assert.equal(readdirSync(server.inboxFolder), []);
  // Were it broken off between writing and removing, the watch would leave the file alone.
  writeFileSync(join(server.inboxFolder, '.streamvault-check'), 'left behind');
  mkdirSync(join(server.inboxFolder, '2026-03-10', '13'), { recursive: true });
  writeFileSync(join(server.inboxFolder, '2026-03-10', '13', '.streamvault-check'), 'left behind');
  const olderMinute = async (): Promise<undefined> => undefined;
  const looking = { disk: systemDisk, olderZone: 'UTC', olderMinute };
  const { files, strays } = await lookAtTree({ path: server.inboxFolder, server: 2 }, looking);
  assert.equal([files, strays], [[], []]);
});

peerTest(test, sshPrograms, 'a real sshd that is read-only, or does not know the key, is told, exit 77', async () => {
  await using server = await startSshd({ lines: ['ForceCommand internal-sftp -R'] });
  const readOnly = await check(shipSection(server));
  assert.match(readOnly.stdout, 'MEND   SFTP to server 1');
  assert.not.equal(readOnly.status, 0);
  const stranger = await check(shipSection(server, makeKey(join(temporaryFolder(), 'key'))));
  assert.is(stranger.status, 77, stranger.stdout);
  assert.match(stranger.stdout, /does not accept the key for the account .*\n +→ Put the public half/);
  const known = readFileSync(server.knownHosts, 'utf8');
  const other = readFileSync(`${makeKey(join(temporaryFolder(), 'other'))}.pub`, 'utf8');
  writeFileSync(server.knownHosts, `${known.split(' ')[0]} ${other}`);
  const changed = await check(shipSection(server));
  assert.is(changed.status, 77, changed.stdout);
  assert.match(changed.stdout, 'shows another host key than');
});

peerTest(test, ['exim4', 'openssl'], 'a real mail server: STARTTLS, its certificate, the login', async () => {
  const folder = temporaryFolder();
  const certificate = makeCertificate(folder);
  const login = { user: 'archive', password: 'only-for-this-test' };
  await using exim = await startExim(folder, { certificate, login });
  const section = (password: string, more: string): string => {
    writeFileSync(join(folder, 'password'), `${password}\n`, { mode: 0o600 });
    const watch = `[watch]\nown = "${folder}"\nvault = "${folder}/vault"\n`;
    return `${watch}[mail]\nsmtp = "smtp://127.0.0.1:${exim.port}"\nfrom = "a@example.org"\nto = ["b@example.org"]\nuser = "archive"\npassword_file = "${folder}/password"\n${more}`;
  };
  const authority = `ca_file = "${certificate.authorityPath}"\n`;
  const good = await check(section(login.password, authority));
  assert.is(good.status, 0, good.stdout);
  assert.match(good.stdout, 'over TLS, its certificate is trusted; it knows archive');
  const wrong = await check(section('wrong', authority));
  assert.is(wrong.status, 77, wrong.stdout);
  assert.match(wrong.stdout, 'does not accept the login of archive');
  const unchecked = await check(section(login.password, ''));
  assert.is(unchecked.status, 77, unchecked.stdout);
  assert.match(unchecked.stdout, /wants TLS.*\n +→ Give its authority/);
  const other = makeCertificate(temporaryFolder());
  const stranger = await check(section(login.password, `ca_file = "${other.authorityPath}"\n`));
  assert.is(stranger.status, 77, stranger.stdout);
  assert.match(stranger.stdout, 'shows a certificate that is not trusted');
  assert.equal(exim.mails(), []);
});

test.run();
