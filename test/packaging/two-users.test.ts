// The account that server 2 ships to, as packaging/sshd shuts it in, and watch as another user: on a real sshd, with real users.
// Needs root, since it makes two users and a folder that only root may write above.
// runs alone
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperatorError } from '../../src/domain/operator-error.ts';
import { shipOnce } from '../../src/ship/once.ts';
import { neededPeer, peerTest } from '../support/peers.ts';
import { type FarServer, type RealSshd, startSshd } from '../support/real-sshd.ts';
import {
  eventsOf,
  filesBelow,
  filledSpool,
  firstMinute,
  madeContent,
  putMinute,
  shipConfig,
  shipWorld,
  unprovenFiles,
} from '../support/ship-scene.ts';
import { atExit, temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('ship and watch as two users');
const root = fileURLToPath(new URL('../..', import.meta.url));
const needed = ['sshd', 'ssh-keygen', 'ssh', 'useradd', 'userdel', 'mount', 'to be root'];

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

function makeAccount(name: string): Account {
  // A password of * opens nothing but is not locked: without PAM sshd lets no locked account in.
  const words = ['--system', '--user-group', '--shell', '/usr/sbin/nologin', '--password', '*', name];
  execFileSync(neededPeer('useradd'), words);
  atExit(() => spawnSync(neededPeer('userdel'), [name]));
  const [, , uid, gid] = execFileSync('getent', ['passwd', name], { encoding: 'utf8' }).split(':');
  return { name, uid: Number(uid), gid: Number(gid) };
}

/** Server 1 as install leaves it: folders of two users below one of root's, and the snippet of packaging/sshd for one of them. */
interface Server1 extends AsyncDisposable {
  readonly sshd: RealSshd;
  readonly far: FarServer;
  readonly home: string;
  readonly inbox: string;
  readonly receiver: Account;
  readonly service: Account;
}

async function startServer1(): Promise<Server1> {
  const tag = Math.random().toString(36).slice(2, 8);
  const service = makeAccount(`svtest-${tag}`);
  const receiver = makeAccount(`svtest-in-${tag}`);
  // Not in /tmp: sshd shuts nobody in a folder below one that others may write.
  const home = mkdtempSync('/var/lib/streamvault-test-');
  atExit(() => rmSync(home, { recursive: true, force: true }));
  chmodSync(home, 0o755);
  const folder = (name: string, { uid, mode }: { uid: number; mode: number }): string => {
    const path = join(home, name);
    mkdirSync(path);
    chownSync(path, uid, service.gid);
    chmodSync(path, mode);
    return path;
  };
  const inbox = folder('inbox', { uid: receiver.uid, mode: 0o2770 });
  folder('spool', { uid: service.uid, mode: 0o2770 });
  folder('vault', { uid: service.uid, mode: 0o2750 });
  const keys = join(home, 'inbox_authorized_keys');
  const snippet = readFileSync(join(root, 'packaging/sshd/streamvault.conf'), 'utf8')
    .replace('Match User streamvault-inbox', `Match User ${receiver.name}`)
    .replace('ChrootDirectory /var/lib/streamvault', `ChrootDirectory ${home}`)
    .replace('/etc/streamvault/inbox_authorized_keys', keys);
  const sshd = await startSshd({ lines: [snippet] });
  writeFileSync(keys, readFileSync(`${sshd.identity}.pub`), { mode: 0o644 });
  const far = { ...sshd, user: receiver.name, inbox: '/inbox', inboxFolder: inbox };
  return { sshd, far, home, inbox, receiver, service, [Symbol.asyncDispose]: () => sshd.kill() };
}

peerTest(test, needed, 'ship brings an hour as one user, and watch merges and removes it as the other', async () => {
  await using server1 = await startServer1();
  const { far, home, inbox, service, receiver } = server1;
  const spool = temporaryFolder();
  const files = Array.from({ length: 60 }, (_, index) => {
    const content = madeContent(1000, index);
    return putMinute(spool, firstMinute + index, content.subarray(0, content.lastIndexOf('\n') + 1));
  });
  const counts = await shipOnce(shipConfig({ spool, server: far }), shipWorld());
  assert.is(counts.shipped, 60);
  assert.equal(filesBelow(inbox), files);
  assert.equal(unprovenFiles(inbox), []);
  const file = statSync(join(inbox, files[0] ?? ''));
  assert.equal([file.uid, file.gid, file.mode & 0o777], [receiver.uid, service.gid, 0o660]);
  const hour = statSync(join(inbox, dirname(files[0] ?? '')));
  assert.equal([hour.uid, hour.gid, hour.mode & 0o7777], [receiver.uid, service.gid, 0o2770]);

  const config = join(home, 'config.toml');
  writeFileSync(config, `server = 1\n[watch]\nown = "${home}/spool"\npartner = "${inbox}"\nvault = "${home}/vault"\n`);
  const watched = spawnSync(process.execPath, [join(root, 'src/main.ts'), 'watch', '--once', '--config', config], {
    encoding: 'utf8',
    cwd: '/',
    env: {},
    uid: service.uid,
    gid: service.gid,
  });
  assert.is(watched.status, 0, watched.stderr);
  assert.equal(filesBelow(inbox), [], 'what it has used is gone');
  assert.ok(filesBelow(join(home, 'vault')).includes('2026-03-10/2026-03-10_13_receipt.json'));
});

peerTest(test, needed, 'the account has no shell, no forwarding, and sees nothing above its folder', async () => {
  await using server1 = await startServer1();
  const { far } = server1;
  const ssh = (...words: string[]): string => {
    const options = ['-F', 'none', '-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${far.knownHosts}`];
    const { stdout, stderr } = spawnSync(
      neededPeer('ssh'),
      [...options, '-i', far.identity, '-p', String(far.port), ...words],
      { encoding: 'utf8', timeout: 10_000 },
    );
    return stdout + stderr;
  };
  assert.match(ssh(`${far.user}@${far.host}`, 'id'), /sftp connections only/);
  assert.match(ssh('-W', `127.0.0.1:${far.port}`, `${far.user}@${far.host}`), /forwarding|prohibited|failed/i);
  const { spool } = filledSpool(1);
  const server = { ...far, inbox: '/../../etc/inbox' };
  const world = shipWorld();
  assert.is((await shipOnce(shipConfig({ spool, server }), world)).left, 1, 'it can make nothing beside its inbox');
  assert.ok(eventsOf(world, 'shipment.refused') > 0);
});

peerTest(test, needed, 'an inbox that the account may not write into is told, and nothing is lost', async () => {
  await using server1 = await startServer1();
  chmodSync(server1.inbox, 0o2550);
  const { spool, files } = filledSpool(2);
  const world = shipWorld();
  const counts = await shipOnce(shipConfig({ spool, server: server1.far }), world);
  assert.equal([counts.shipped, counts.left], [0, 2]);
  const said = world.said.find(({ event }) => event === 'shipment.refused');
  assert.match(String(said?.facts['reason']), /Permission denied/i);
  chmodSync(server1.inbox, 0o2770);
  await shipOnce(shipConfig({ spool, server: server1.far }), shipWorld());
  assert.equal(filesBelow(server1.inbox), files);
});

const mountOptions = ({ receiver, service }: Server1): string => `mode=2770,uid=${receiver.uid},gid=${service.gid}`;

function mountOver({ inbox }: Server1, ...words: string[]): void {
  execFileSync('mount', [...words, inbox]);
  atExit(() => spawnSync('umount', ['-l', inbox]));
}

peerTest(test, needed, 'a full disk there is told as such; once there is room, everything comes to stand', async () => {
  await using server1 = await startServer1();
  mountOver(server1, '-t', 'tmpfs', '-o', `${mountOptions(server1)},size=1m`, 'tmpfs');
  const { spool, files } = filledSpool(5, () => 400_000);
  const error = await shipOnce(shipConfig({ spool, server: server1.far }), shipWorld()).catch(
    (reason) => reason as Error,
  );
  assert.ok(error instanceof OperatorError && error.code === 'disk-full', String(error));
  const arrived = filesBelow(server1.inbox);
  assert.ok(
    arrived.length > 0 && arrived.length < 5 && arrived.every((path) => path.endsWith('.jsonl')),
    String(arrived),
  );
  assert.is(filesBelow(spool).filter((path) => path.endsWith('.jsonl')).length, 5 - arrived.length);
  execFileSync('mount', ['-o', 'remount,size=10m', server1.inbox]);
  await shipOnce(shipConfig({ spool, server: server1.far }), shipWorld());
  assert.equal(filesBelow(server1.inbox), files);
});

/** A file system of its own over the inbox, in which there is room for a megabyte and not more; leaves how to allow more. */
function mountWithQuota(server1: Server1): (limit: string) => void {
  const { inbox, receiver, service } = server1;
  const image = join(temporaryFolder(), 'image');
  writeFileSync(image, '');
  truncateSync(image, 256 << 20);
  execFileSync(neededPeer('mkfs.btrfs'), ['-q', image], { stdio: 'ignore' });
  mountOver(server1, '-o', 'loop', image);
  const btrfs = (...words: string[]): Buffer => execFileSync(neededPeer('btrfs'), words);
  btrfs('quota', 'enable', inbox);
  btrfs('subvolume', 'create', join(inbox, 'limited'));
  btrfs('subvolume', 'set-default', join(inbox, 'limited'));
  execFileSync('umount', [inbox]);
  mountOver(server1, '-o', 'loop', image);
  const limit = (size: string): void => void btrfs('qgroup', 'limit', size, inbox);
  limit('1M');
  chownSync(inbox, receiver.uid, service.gid);
  chmodSync(inbox, 0o2770);
  return limit;
}

peerTest(
  test,
  [...needed, 'btrfs', 'mkfs.btrfs'],
  'a quota there refuses files, which wait; with more of it they come to stand',
  async () => {
    await using server1 = await startServer1();
    const limit = mountWithQuota(server1);
    const { inbox, far } = server1;
    const { spool, files } = filledSpool(5, () => 400_000);
    const world = shipWorld();
    const counts = await shipOnce(shipConfig({ spool, server: far }), world);
    const arrived = filesBelow(inbox);
    // All five travel at once: which of them find room is chance, and that none does, where each has taken a part of it.
    assert.ok(arrived.length <= 2, String(arrived));
    assert.equal([counts.shipped, counts.left], [arrived.length, 5 - arrived.length]);
    assert.equal(unprovenFiles(inbox), [], 'nothing that is half there stays');
    assert.equal(
      filesBelow(spool).filter((path) => path.endsWith('.jsonl')),
      files.filter((path) => !arrived.includes(path)),
    );
    assert.ok(eventsOf(world, 'shipment.refused') >= 3);
    limit('10M');
    await shipOnce(shipConfig({ spool, server: far }), shipWorld());
    assert.equal(filesBelow(inbox), files);
    assert.equal(unprovenFiles(inbox), []);
  },
);

test.run();
