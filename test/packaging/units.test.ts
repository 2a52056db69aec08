// The units that systemd starts: sound to systemd itself, shut in as far as it can tell, and the same for all three services.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { neededPeer, peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('systemd units');
const packaging = new URL('../../packaging/', import.meta.url).pathname;
const services = ['ingest', 'ship', 'watch'] as const;
const unitOf = (service: string): string => `streamvault-${service}.service`;
const textOf = (service: string): string => readFileSync(`${packaging}systemd/${unitOf(service)}`, 'utf8');

test('all three restart for ever, and are watched over while they run', () => {
  for (const service of services) {
    const lines = textOf(service).split('\n');
    for (const line of ['Type=notify', 'NotifyAccess=all', 'Restart=always', 'RestartSec=3', 'StartLimitIntervalSec=0'])
      assert.ok(lines.includes(line), `${service}: ${line}`);
    assert.match(textOf(service), /^WatchdogSec=\d+min$/m);
    assert.ok(lines.includes(`ExecStart=/usr/bin/streamvault ${service} --config /etc/streamvault/config.toml`));
  }
});

test('what they may not do is the same for all of them', () => {
  const fences = [...services, 'failed@'].map(
    (service) => /# What it may not do[^]*?(?=\n\n|\n$)/.exec(textOf(service))?.[0],
  );
  assert.ok(fences[0]?.includes('ProtectSystem=strict'));
  assert.equal(new Set(fences).size, 1);
});

test('a death is told: where a restart follows by the service that is started again, else by a unit of its own', () => {
  for (const service of services) {
    const lines = textOf(service).split('\n');
    assert.ok(lines.includes('OnFailure=streamvault-failed@%N.service'));
    const words = 'alert %N --queue --config /etc/streamvault/config.toml';
    assert.ok(
      lines.includes(`ExecStopPost=-/usr/bin/streamvault ${words}`),
      'it neither fails nor waits for the network',
    );
  }
  assert.match(textOf('failed@'), /^ExecStart=\/usr\/bin\/streamvault alert %i --config/m);
});

test('each credential that is loaded has an empty one to fall back on, so that a missing file stops no service', () => {
  for (const service of services) {
    const loaded = [...textOf(service).matchAll(/^LoadCredential=([^:]+):\/etc\/streamvault\/(.+)$/gm)];
    assert.ok(loaded.length > 0);
    for (const [, id, file] of loaded) {
      assert.is(id, file);
      assert.ok(textOf(service).includes(`\nSetCredential=${id}:\\n\n`), `${service}: ${id}`);
    }
  }
});

test('every secret of the configuration is shown to the services that use it, and to no other', () => {
  const example = readFileSync(join(packaging, '../config.example.toml'), 'utf8');
  const users: Readonly<Record<string, readonly string[]>> = {
    bearer_token: ['ingest'],
    proxy_password: ['ingest'],
    id_ed25519: ['ship'],
    'id_ed25519.passphrase': ['ship'],
    mail_password: ['ingest', 'ship', 'watch', 'failed@'],
    osf_token: ['watch'],
  };
  const secrets = [...example.matchAll(/^#? ?(?!ca_file)\w+_file = "\/etc\/streamvault\/([^"]+)"/gm)].map(
    ([, name]) => name,
  );
  assert.equal([...new Set(secrets)].sort(), Object.keys(users).sort());
  for (const [name, wanted] of Object.entries(users)) {
    const having = [...services, 'failed@'].filter((unit) =>
      textOf(unit).includes(`LoadCredential=${name}:/etc/streamvault/${name}\n`),
    );
    assert.equal(having, wanted, name);
  }
});

peerTest(test, ['systemd-analyze'], 'systemd finds nothing wrong with them', () => {
  const folder = temporaryFolder();
  // The executable is elsewhere than on the machine they are meant for.
  const all = [...services, 'failed@'];
  for (const service of all)
    writeFileSync(join(folder, unitOf(service)), textOf(service).replaceAll('/usr/bin/streamvault', '/bin/true'));
  const units = all.map((service) => join(folder, unitOf(service)));
  const { status, stderr } = spawnSync(neededPeer('systemd-analyze'), ['verify', '--man=no', ...units], {
    encoding: 'utf8',
    env: { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:` },
  });
  const own = stderr.split('\n').filter((line) => line.includes('streamvault'));
  assert.equal(own, []);
  assert.is(status, 0, stderr);
});

peerTest(test, ['systemd-analyze'], 'systemd rates their exposure below 2.0', () => {
  for (const service of [...services, 'failed@']) {
    const words = ['security', '--offline=true', '--no-pager', `${packaging}systemd/${unitOf(service)}`];
    const printed = execFileSync(neededPeer('systemd-analyze'), words, { encoding: 'utf8' });
    const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(printed)?.[1]);
    console.log(`${unitOf(service)}: exposure ${exposure}`);
    assert.ok(exposure < 2, printed);
  }
});

peerTest(
  test,
  ['systemd-sysusers', 'systemd-tmpfiles'],
  'user and folders are made as they say, twice as well as once',
  () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'etc'));
    for (let time = 0; time < 2; time++) {
      execFileSync(neededPeer('systemd-sysusers'), [`--root=${root}`, `${packaging}sysusers.d/streamvault.conf`]);
      // Only root can give folders away; anybody can have the lines checked.
      const isRoot = process.getuid?.() === 0;
      if (isRoot)
        execFileSync(neededPeer('systemd-tmpfiles'), [
          `--root=${root}`,
          '--create',
          `${packaging}tmpfiles.d/streamvault.conf`,
        ]);
    }
    const users = readFileSync(join(root, 'etc/passwd'), 'utf8').split('\n');
    const own = users.filter((line) => line.startsWith('streamvault:'));
    assert.is(own.length, 1);
    assert.ok(users.some((line) => line.startsWith('streamvault-inbox:')));
    assert.match(own[0] ?? '', /:\/var\/lib\/streamvault:\/usr\/sbin\/nologin$/);
  },
);

peerTest(test, ['sshd', 'ssh-keygen'], 'sshd takes the inbox account’s lines', () => {
  const folder = temporaryFolder();
  execFileSync(neededPeer('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
  writeFileSync(join(folder, 'config'), `HostKey ${folder}/key\nInclude ${packaging}sshd/streamvault.conf\n`);
  const who = 'user=streamvault-inbox,host=server2,addr=192.0.2.2';
  const printed = execFileSync(neededPeer('sshd'), ['-T', '-f', join(folder, 'config'), '-C', who], {
    encoding: 'utf8',
  });
  for (const line of [
    'chrootdirectory /var/lib/streamvault',
    'forcecommand internal-sftp -u 0007',
    'authenticationmethods publickey',
    'allowtcpforwarding no',
    'permittty no',
  ])
    assert.ok(printed.split('\n').includes(line), line);
});

test.run();
