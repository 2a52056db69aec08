// Two hosts in network namespaces, each with its own address: server 1 runs a real sshd, server 2 ships. The link goes down, drops
// packets, and is slow to answer. Needs root, since it makes namespaces; what it measures is printed.
// runs alone
// may take 400 s
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { shipOnce } from '../../src/ship/once.ts';
import { startLinkProxy } from '../support/link-proxy.ts';
import { peerTest } from '../support/peers.ts';
import { type RealSshd, sshPrograms, startSshd } from '../support/real-sshd.ts';
import {
  filesBelow,
  filledSpool,
  shipConfig,
  shipConfigText,
  shipWorld,
  through,
  unprovenFiles,
} from '../support/ship-scene.ts';
import { atExit, temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const test = suite('ship between two hosts');
const needed = [...sshPrograms, 'ip', 'nft', 'to make networks'];
const ip = (...words: string[]): string => execFileSync('ip', words, { encoding: 'utf8' });

interface Hosts extends AsyncDisposable {
  readonly sshd: RealSshd;
  /** Names of the namespaces. */
  readonly one: string;
  readonly two: string;
}

async function startHosts(): Promise<Hosts> {
  const tag = `${process.pid}`.slice(-5);
  const [one, two] = [`sv1-${tag}`, `sv2-${tag}`];
  for (const name of [one, two]) {
    ip('netns', 'add', name);
    atExit(() => spawnSync('ip', ['netns', 'del', name]));
  }
  ip('link', 'add', `v1${tag}`, 'netns', one, 'type', 'veth', 'peer', 'name', `v2${tag}`, 'netns', two);
  ip('-n', one, 'addr', 'add', '10.231.7.1/24', 'dev', `v1${tag}`);
  ip('-n', two, 'addr', 'add', '10.231.7.2/24', 'dev', `v2${tag}`);
  for (const [name, link] of [
    [one, `v1${tag}`],
    [two, `v2${tag}`],
  ] as const) {
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', name, 'link', 'set', link, 'up');
  }
  const sshd = await startSshd({ listen: '10.231.7.1', prefix: ['ip', 'netns', 'exec', one] });
  return {
    sshd,
    one,
    two,
    async [Symbol.asyncDispose]() {
      await sshd.kill();
      for (const name of [one, two]) spawnSync('ip', ['netns', 'del', name]);
    },
  };
}

/** Ship as a service on server 2; ended when the test leaves it. */
function shipOnServer2({ sshd, two }: Hosts, spool: string): Disposable {
  const path = join(temporaryFolder(), 'config.toml');
  writeFileSync(path, shipConfigText({ spool, server: sshd }));
  const words = ['netns', 'exec', two, process.execPath, 'test/support/ship-child.ts', path];
  const child = spawn('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] });
  atExit(() => child.kill('SIGKILL'));
  return { [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

const arrived = ({ sshd }: Hosts): number =>
  filesBelow(sshd.inboxFolder).filter((path) => path.endsWith('.jsonl')).length;

async function allStands(hosts: Hosts, { spool, files }: { spool: string; files: string[] }): Promise<void> {
  await until('all sources are gone', () => filesBelow(spool).every((path) => path.startsWith('.')), 120_000);
  await until('nothing else lies there', () => filesBelow(hosts.sshd.inboxFolder).length === files.length);
  assert.equal(filesBelow(hosts.sshd.inboxFolder), files);
  assert.equal(unprovenFiles(hosts.sshd.inboxFolder), []);
}

peerTest(test, needed, 'a link that goes down in the middle, and up again, loses and doubles nothing', async () => {
  await using hosts = await startHosts();
  const scene = filledSpool(40, () => 500_000);
  const since = performance.now();
  using _ship = shipOnServer2(hosts, scene.spool);
  const link = ip('-n', hosts.two, '-o', 'link').match(/\b(v2\d+)@/)?.[1] ?? '';
  for (const share of [5, 15]) {
    await until('some have come', () => arrived(hosts) >= share, 60_000);
    ip('-n', hosts.two, 'link', 'set', link, 'down');
    await pause(2500);
    ip('-n', hosts.two, 'link', 'set', link, 'up');
  }
  await allStands(hosts, scene);
  console.log(`twice down for 2.5 s: ${rate(20_000_000, since)}`);
});

peerTest(test, needed, 'every tenth packet dropped, in both directions: everything arrives', async () => {
  await using hosts = await startHosts();
  const rules = `table inet loss { chain input { type filter hook input priority 0; tcp sport != 0 numgen random mod 100 < 10 drop; }; }\n`;
  for (const name of [hosts.one, hosts.two]) {
    execFileSync('ip', ['netns', 'exec', name, 'nft', '-f', '-'], { input: rules });
  }
  const scene = filledSpool(10, () => 200_000);
  const since = performance.now();
  using _ship = shipOnServer2(hosts, scene.spool);
  await allStands(hosts, scene);
  console.log(`10 % of packets lost each way: ${rate(2_000_000, since)}`);
});

peerTest(test, needed, 'answers that are swallowed for a while are given up and taken up again', async () => {
  await using hosts = await startHosts();
  const scene = filledSpool(40, () => 500_000);
  const since = performance.now();
  using _ship = shipOnServer2(hosts, scene.spool);
  await until('some have come', () => arrived(hosts) >= 5, 60_000);
  const rules = 'table inet hole { chain input { type filter hook input priority 0; drop; }; }\n';
  execFileSync('ip', ['netns', 'exec', hosts.two, 'nft', '-f', '-'], { input: rules });
  await pause(4000);
  execFileSync('ip', ['netns', 'exec', hosts.two, 'nft', 'delete', 'table', 'inet', 'hole']);
  await allStands(hosts, scene);
  console.log(`all answers swallowed for 4 s: ${rate(20_000_000, since)}`);
});

peerTest(test, needed, '300 ms from question to answer slow down, and stop nothing', async () => {
  await using sshd = await startSshd();
  await using proxy = await startLinkProxy(sshd);
  proxy.behave({ delayMs: 150 });
  const { spool, files } = filledSpool(20, () => 500_000);
  const since = performance.now();
  const counts = await shipOnce(shipConfig({ spool, server: through(proxy, sshd) }), shipWorld());
  assert.is(counts.shipped, 20);
  assert.equal(filesBelow(sshd.inboxFolder), files);
  console.log(`300 ms from question to answer: ${rate(10_000_000, since)}, 20 files, each read back`);
});

function rate(bytes: number, since: number): string {
  const seconds = (performance.now() - since) / 1000;
  return `${(bytes / 1e6).toFixed(0)} MB in ${seconds.toFixed(1)} s, ${(bytes / 1e6 / seconds).toFixed(2)} MB/s`;
}

test.run();
