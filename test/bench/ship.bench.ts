// Ship beside its peers, in one run on one machine: rsync -a over ssh, OpenSSH's sftp, and ship with its read-back proof.
// 60 minute files (about 140 MB) and one; whole processes. Then: from a file's final name to its name at the far side, 100 times.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { executable, neededPeer, peer } from '../support/peers.ts';
import { type RealSshd, startSshd } from '../support/real-sshd.ts';
import {
  filesBelow,
  firstMinute,
  madeContent,
  putMinute,
  shipConfig,
  shipConfigText,
  startShip,
  shipWorld,
  unprovenFiles,
} from '../support/ship-scene.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const rounds = Number(process.env.STREAMVAULT_ROUNDS ?? 5);
const contents = Array.from({ length: 60 }, (_, index) => madeContent(2_300_000, index));
const work = temporaryFolder();
let folders = 0;

function filled(count: number): string {
  const spool = temporaryFolder();
  contents.slice(0, count).forEach((content, index) => putMinute(spool, firstMinute + index, content));
  return spool;
}

function newFolder(): string {
  const folder = join(work, String(folders++));
  mkdirSync(folder);
  return folder;
}

type Peer = (server: RealSshd, spool: string, target: string) => readonly string[];

const sshOptions = (server: RealSshd): string[] => [
  '-F',
  'none',
  '-o',
  'BatchMode=yes',
  '-i',
  server.identity,
  '-o',
  `UserKnownHostsFile=${server.knownHosts}`,
  '-o',
  `Port=${server.port}`,
];

const rsync: Peer = (server, spool, target) => [
  neededPeer('rsync'),
  '-a',
  '-e',
  `ssh ${sshOptions(server).join(' ')}`,
  '--remove-source-files',
  `${spool}/`,
  `${server.user}@${server.host}:${target}/`,
];

const sftp: Peer = (server, spool, target) => {
  const batch = join(temporaryFolder(), 'batch');
  writeFileSync(batch, `put -r ${spool}/2026-03-10 ${target}/\n`);
  return [neededPeer('sftp'), ...sshOptions(server), '-q', '-b', batch, `${server.user}@${server.host}`];
};

const ship: Peer = (server, spool, target) => {
  const config = join(temporaryFolder(), 'config.toml');
  writeFileSync(config, shipConfigText({ spool, server: { ...server, inbox: target } }));
  const program = peer(executable) ? [executable] : [process.execPath, 'src/main.ts'];
  return [...program, 'ship', '--once', '--config', config];
};

/** Milliseconds of one whole process; throws unless it brought everything. */
function timed(run: Peer, server: RealSshd, count: number): number {
  const spool = filled(count);
  const target = newFolder();
  const [program = '', ...words] = run(server, spool, target);
  const since = performance.now();
  const { status, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  const tookMs = performance.now() - since;
  if (status !== 0 || filesBelow(target).length !== count || unprovenFiles(target).length > 0)
    throw new Error(`${program} brought not all: ${stderr.slice(-500)}`);
  return tookMs;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? NaN;

async function compare(server: RealSshd, count: number): Promise<void> {
  const peers = { 'rsync -a': rsync, sftp, ship };
  const times: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(peers)) (times[name] ??= []).push(timed(run, server, count));
  }
  const base = median(times['rsync -a'] ?? []);
  for (const [name, all] of Object.entries(times)) {
    const each = all.map((value) => (value / 1000).toFixed(2)).join(' ');
    const ratio = (median(all) / base).toFixed(2);
    console.log(
      `${count} files  ${name.padEnd(8)} median ${(median(all) / 1000).toFixed(2)} s, ${ratio} x rsync  (${each})`,
    );
  }
}

async function latency(server: RealSshd): Promise<void> {
  const spool = temporaryFolder();
  await using _service = startShip(shipConfig({ spool, server }), shipWorld());
  const times: number[] = [];
  for (let index = 0; index < 110; index++) {
    const path = putMinute(spool, firstMinute + index, contents[index % 60] ?? Buffer.alloc(0));
    const since = performance.now();
    while (!existsSync(join(server.inboxFolder, path))) await pause(1);
    // The first ones find the connection, and the code, cold.
    if (index >= 10) times.push(performance.now() - since);
    await pause(100);
  }
  console.log(
    `from close to visible there: median ${Math.round(median(times))} ms, p99 ${Math.round(quantile(times, 0.99))} ms, worst ${Math.round(Math.max(...times))} ms (${times.length} files of 2.3 MB)`,
  );
}

await using server = await startSshd();
console.log(`${peer(executable) ? executable : 'the sources'}, load before ${loadavg()[0]?.toFixed(1)}`);
await compare(server, 60);
await compare(server, 1);
await latency(server);
console.log(`load after ${loadavg()[0]?.toFixed(1)}`);
