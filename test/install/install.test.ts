// `streamvault install`: what it makes of a bare machine, and what it leaves alone.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfig } from '../../src/config/read.ts';
import { exampleFor } from '../../src/install/example.ts';
import { install } from '../../src/install/install.ts';
import { installSteps, packedNames, type ServerNumber } from '../../src/install/plan.ts';
import { leftToDo } from '../../src/install/todo.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { packagedText } from '../../src/outside/packaged-files.ts';
import { executable, neededPeer, peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('install');
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

async function stepsOf(server: ServerNumber, executable?: string) {
  const packed = new Map<string, string>();
  for (const name of packedNames(server)) packed.set(name, await packagedText(name));
  return installSteps({ server, packed, executable });
}

function tools() {
  const ran: string[] = [];
  const copied: string[] = [];
  const world = {
    disk: systemDisk,
    run: async (program: string, words: readonly string[]) => {
      ran.push([program, ...words].join(' '));
      return { is: 'done' as const };
    },
    copyExecutable: async (from: string, to: string) => {
      copied.push(`${from} ${to}`);
      mkdirSync(join(to, '..'), { recursive: true });
      writeFileSync(to, '');
    },
  };
  return { world, ran, copied };
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length))
    .sort();
}

test('server 1 gets ingest and watch, server 2 ingest and ship, both a user, folders, a configuration', async () => {
  for (const [server, service] of [
    [1, 'watch'],
    [2, 'ship'],
  ] as const) {
    const root = temporaryFolder();
    const { world, ran } = tools();
    await install(await stepsOf(server), world, { root, isDry: false });
    assert.equal(
      filesBelow(root),
      [
        ...(server === 1 ? ['/etc/ssh/sshd_config.d/streamvault.conf'] : []),
        '/etc/streamvault/config.toml',
        '/etc/systemd/system/streamvault-failed@.service',
        '/etc/systemd/system/streamvault-ingest.service',
        `/etc/systemd/system/streamvault-${service}.service`,
        '/etc/sysusers.d/streamvault.conf',
        '/etc/tmpfiles.d/streamvault.conf',
      ].sort(),
    );
    assert.equal(ran, [
      `systemd-sysusers --root=${root} streamvault.conf`,
      `systemd-tmpfiles --root=${root} --create streamvault.conf`,
    ]);
  }
});

test('the second time nothing is made, and what a person changed stays as it is', async () => {
  const root = temporaryFolder();
  const { world } = tools();
  await install(await stepsOf(1), world, { root, isDry: false });
  const unit = join(root, 'etc/systemd/system/streamvault-watch.service');
  writeFileSync(unit, 'mine');
  const deeds = await install(await stepsOf(1), world, { root, isDry: false });
  assert.equal(
    deeds.map((deed) => deed.is).filter((is) => is === 'made'),
    [],
  );
  assert.is(readFileSync(unit, 'utf8'), 'mine');
  const noted = deeds.filter(({ why }) => why?.startsWith('not as this version has it'));
  assert.equal(
    noted.map(({ what }) => what),
    ['/etc/systemd/system/streamvault-watch.service'],
  );
});

test('what a package brought is not made a second time', async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, 'usr/lib/systemd/system'), { recursive: true });
  writeFileSync(join(root, 'usr/lib/systemd/system/streamvault-watch.service'), '');
  await install(await stepsOf(1), tools().world, { root, isDry: false });
  assert.not.ok(existsSync(join(root, 'etc/systemd/system/streamvault-watch.service')));
});

test('a dry run says the same and does nothing', async () => {
  const root = temporaryFolder();
  const { world, ran } = tools();
  const said = await install(await stepsOf(2, '/home/me/streamvault'), world, { root, isDry: true });
  assert.equal([filesBelow(root), ran], [[], []]);
  const done = await install(await stepsOf(2, '/home/me/streamvault'), world, { root, isDry: false });
  assert.equal(said, done);
});

test('the executable goes to where the units look for it, unless it is there already', async () => {
  const unitIn = async (executable: string): Promise<string> => {
    const root = temporaryFolder();
    const { world, copied } = tools();
    await install(await stepsOf(1, executable), world, { root, isDry: false });
    const unit = readFileSync(join(root, 'etc/systemd/system/streamvault-watch.service'), 'utf8');
    const called = new Set([...unit.matchAll(/^Exec\w+=-?(\S+)/gm)].map(([, path]) => path));
    return `${copied.map((copy) => copy.replace(root, '')).join()} ${[...called].join()}`;
  };
  const local = '/usr/local/bin/streamvault';
  assert.is(await unitIn('/home/me/streamvault'), `/home/me/streamvault ${local} ${local}`);
  assert.is(await unitIn(local), ` ${local}`);
  assert.is(await unitIn('/usr/bin/streamvault'), ' /usr/bin/streamvault');
});

test('a program that is not there, or fails, is left to a person and said, and the rest is done', async () => {
  const root = temporaryFolder();
  const run = async (program: string) =>
    program === 'systemd-sysusers' ? { is: 'absent' as const } : { is: 'failed' as const, reason: 'no such user' };
  const deeds = await install(await stepsOf(1), { ...tools().world, run }, { root, isDry: false });
  const byHand = deeds.filter((deed) => deed.is === 'to-do-by-hand').map((deed) => deed.why);
  assert.equal(byHand, [
    'it is not on this machine; it makes the user of all services',
    'no such user; it makes folders for configuration, spool and vault',
  ]);
  assert.ok(existsSync(join(root, 'etc/streamvault/config.toml')));
});

test('the first configuration of each server is valid and holds what that server does', async () => {
  const example = await packagedText('config.example.toml');
  const first = readConfig(exampleFor(1, example), 'server 1', ['ingest', 'watch']);
  const second = readConfig(exampleFor(2, example), 'server 2', ['ingest', 'ship']);
  assert.equal([first.server, first.ship, first.mail, first.osf], [1, undefined, undefined, undefined]);
  assert.equal([second.server, second.watch, second.mail, second.osf], [2, undefined, undefined, undefined]);
});

test('what is left to do names each file that is not there, and is over when all are', async () => {
  const config = readConfig(exampleFor(2, await packagedText('config.example.toml')), 'server 2');
  const before = leftToDo(2, { config, exists: () => false }).join('\n');
  for (const word of ['/etc/streamvault/bearer_token', 'ssh-keygen', '--show-host-key', 'systemctl enable --now'])
    assert.match(before, word);
  const named = { ...config, ...(config.ship && { ship: { ...config.ship, host: 'one.example.net' } }) };
  assert.is(leftToDo(2, { config: named, exists: () => true }).length, 2);
});

interface End {
  readonly status: number;
  readonly stdout: string;
}

const streamvault = (...words: string[]): Promise<End> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...words], (_error, stdout) =>
      resolve({ status: child.exitCode ?? -1, stdout }),
    );
  });

peerTest(
  test,
  ['systemd-sysusers', 'systemd-tmpfiles', 'to be root'],
  'on a bare root, user and folders are there afterwards',
  async () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'etc'));
    const { status, stdout } = await streamvault('install', '--server', '1', '--root', root);
    assert.is(status, 0, stdout);
    assert.match(readFileSync(join(root, 'etc/passwd'), 'utf8'), /^streamvault:/m);
    assert.ok(existsSync(join(root, 'var/lib/streamvault/vault')));
    const again = await streamvault('install', '--server', '1', '--root', root);
    assert.not.match(again.stdout, /^made /m);
  },
);

peerTest(test, [executable], 'the executable carries all that it installs', () => {
  for (const server of ['1', '2']) {
    const words = ['install', '--server', server, '--dry-run'];
    const printed = execFileSync(neededPeer(executable), words, { encoding: 'utf8', env: {} });
    assert.match(printed, 'would make  /usr/local/bin/streamvault');
  }
});

test('a server that is neither 1 nor 2 is wrong usage', async () => {
  assert.is((await streamvault('install', '--server', '3', '--dry-run')).status, 64);
  assert.is((await streamvault('install', '--dry-run')).status, 64);
});

test('a machine that is configured as one server is not made the other one by mistake', async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, 'etc/streamvault'), { recursive: true });
  writeFileSync(join(root, 'etc/streamvault/config.toml'), exampleFor(1, await packagedText('config.example.toml')));
  const of = (server: string): Promise<End> => streamvault('install', '--server', server, '--dry-run', '--root', root);
  const refused = await of('2');
  assert.equal([refused.status, refused.stdout], [64, '']);
  assert.is((await of('1')).status, 0);
});

test.run();
