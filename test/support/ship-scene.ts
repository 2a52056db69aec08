// A scene for shipments: a spool with minute files in it, a configuration for a far server, and looks at what came of it.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as assert from 'uvu/assert';
import type { ConfigWith } from '../../src/config/schema.ts';
import { readConfig } from '../../src/config/read.ts';
import { contentDigest, minuteFileName, minuteFolder } from '../../src/domain/minute-file.ts';
import { hostName } from '../../src/domain/known-hosts.ts';
import { type Minute, minuteOf } from '../../src/domain/time.ts';
import { type Clock, fastClock, systemClock } from '../../src/outside/clock.ts';
import { type FarDisk, openFarDisk } from '../../src/outside/sftp.ts';
import type { SftpPatience } from '../../src/outside/sftp-line.ts';
import { readSftpTarget } from '../../src/outside/sftp-target.ts';
import type { SftpFault } from '../../src/emulate/sftp-fault.ts';
import type { ShipOptions } from '../../src/ship/link.ts';
import { runShip } from '../../src/ship/service.ts';
import type { FarServer } from './real-sshd.ts';
import { startEmbeddedServer } from './embedded-far-server.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { type TestWorld, testWorld } from './test-world.ts';
import { until } from './until.ts';

/** Bytes that look like lines of a stream and are the same for the same number. */
export function madeContent(bytes: number, variety: number): Buffer {
  const lines: string[] = [];
  for (let size = 0, count = 0; size < bytes; count++) {
    const line = `{"data":{"id":"${variety}${count}","text":"${createHash('sha256').update(`${variety} ${count}`).digest('base64')}"}}\n`;
    lines.push(line);
    size += line.length;
  }
  return Buffer.from(lines.join('')).subarray(0, bytes);
}

/** Puts a closed minute file into a spool; leaves its path below the spool. */
export function putMinute(spool: string, minute: Minute, content: Buffer): string {
  const lines = content.toString('latin1').split('\n').length - 1;
  const name = minuteFileName({ minute, lines, connectedSeconds: 60, digest: contentDigest(content) });
  mkdirSync(join(spool, minuteFolder(minute)), { recursive: true });
  writeFileSync(join(spool, minuteFolder(minute), name), content);
  return `${minuteFolder(minute)}/${name}`;
}

export const firstMinute = minuteOf(Date.parse('2026-03-10T13:00:00Z'));

/** A spool with that many minute files in a row; sizes as `bytes` says for each. */
export function filledSpool(
  count: number,
  bytes: (index: number) => number = () => 1000,
  first: Minute = firstMinute,
): { spool: string; files: string[] } {
  const spool = temporaryFolder();
  const files = Array.from({ length: count }, (_, index) =>
    putMinute(spool, first + index, madeContent(bytes(index), index)),
  );
  return { spool, files };
}

interface ShipSetting {
  readonly spool: string;
  readonly server: FarServer;
  /** More keys of [ship]. */
  readonly more?: Readonly<Record<string, string | number>>;
}

/** A configuration that ships that spool to that server. */
export const shipConfig = (setting: ShipSetting): ConfigWith<'ship'> =>
  readConfig(shipConfigText(setting), 'test', ['ship']);

/** The same as text. */
export function shipConfigText({ spool, server, more = {} }: ShipSetting): string {
  const settings = {
    spool,
    host: server.host,
    port: server.port,
    user: server.user,
    identity_file: server.identity,
    known_hosts: server.knownHosts,
    inbox: server.inbox,
    ...more,
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return `server = 2\n[ship]\n${lines.join('\n')}\n`;
}

/** The far disk of that server. */
export async function openFar(
  server: FarServer,
  { patience, passphrase }: { patience?: SftpPatience; passphrase?: string | undefined } = {},
): Promise<FarDisk> {
  const target = await readSftpTarget(shipConfig({ spool: '/nowhere', server }).ship);
  return openFarDisk(
    { ...target, ...(passphrase !== undefined && { passphrase }) },
    { signal: new AbortController().signal, ...(patience && { patience }) },
  );
}

/** That server as it is reached through a proxy. */
export function through(proxy: { readonly host: string; readonly port: number }, server: FarServer): FarServer {
  const knownHosts = join(temporaryFolder(), 'known_hosts');
  const [, ...key] = readFileSync(server.knownHosts, 'utf8').trim().split(' ');
  writeFileSync(knownHosts, `${hostName(proxy.host, proxy.port)} ${key.join(' ')}\n`);
  return { ...server, host: proxy.host, port: proxy.port, knownHosts };
}

/** A world for shipments: everything is kept as in other tests, but time is real, since the network's is. */
export const shipWorld = (clock: Clock = systemClock()): ShipWorld => ({ ...testWorld(), clock });
export type ShipWorld = Omit<TestWorld, 'clock'> & { readonly clock: Clock };

/** Starts the service; it is stopped, and its end waited for, when the test leaves it. */
export function startShip(
  config: ConfigWith<'ship'>,
  world: ShipWorld = shipWorld(),
  options?: ShipOptions,
): AsyncDisposable & { readonly ended: Promise<void>; readonly world: ShipWorld } {
  const ended = runShip(config, world, options);
  return {
    ended,
    world,
    async [Symbol.asyncDispose]() {
      world.stop();
      await ended;
    },
  };
}

/** Every file below a folder, as paths below it, hidden ones too. */
export const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

/** Files of an inbox whose bytes are not what their name says, or that are no minute files. */
export function unprovenFiles(inbox: string): string[] {
  return filesBelow(inbox).filter((path) => {
    const digest = /_([0-9a-f]{16})\.jsonl$/.exec(basename(path))?.[1];
    return digest !== contentDigest(readFileSync(join(inbox, path)));
  });
}

/** Network waits for tests, so that a silent far side is given up in a second or two. */
export const quick: SftpPatience = { connectMs: 1500, keepAliveMs: 400, answerMs: 3000 };

/** Waits of the product pass a hundred times as fast, those of the network stay real. */
export const hurriedWorld = (): ShipWorld =>
  shipWorld(fastClock({ startMs: Date.parse('2026-03-10T15:00:00Z'), speed: 100 }));

export const eventsOf = (world: ShipWorld, event: string): number =>
  world.said.filter((said) => said.event === event).length;

/** Alerts raised and ended, such as `disk-full raised`; what ends without having been raised is left out. */
export function causesOf(world: ShipWorld): string[] {
  const raised = new Set<string>();
  return world.raised.flatMap(({ is, cause }) => {
    if (is === 'raised') raised.add(cause);
    return is === 'raised' || raised.delete(cause) ? [`${cause} ${is}`] : [];
  });
}

/** The service against an embedded server with these faults, until all has come through: at the end each file stands there once. */
export async function shipThrough(faults: readonly SftpFault[], count = 3): Promise<ShipWorld> {
  await using server = await startEmbeddedServer();
  const { spool, files } = filledSpool(count, (index) => 200_000 * index);
  faults.forEach((fault) => server.sftp.fault(fault));
  await using service = startShip(shipConfig({ spool, server }), hurriedWorld(), { patience: quick });
  await until('all sources are gone', () => filesBelow(spool).every((path) => path.startsWith('.')), 60_000);
  await until('nothing else lies there', () => filesBelow(server.inboxFolder).length === count);
  assert.equal(filesBelow(server.inboxFolder), files);
  assert.equal(unprovenFiles(server.inboxFolder), []);
  return service.world;
}
