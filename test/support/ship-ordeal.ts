// An ordeal for ship: a real sshd behind a link with random faults, SIGKILL to ship and to sshd at random moments.
// Takes counts and a seed; leaves, or throws: every file stands once with its bytes, sources gone, nothing else at either side.
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { fastClock } from '../../src/outside/clock.ts';
import { shipOnce } from '../../src/ship/once.ts';
import { type LinkManner, type LinkProxy, startLinkProxy } from './link-proxy.ts';
import { randomOf } from './random.ts';
import { startSshd } from './real-sshd.ts';
import {
  filesBelow,
  firstMinute,
  madeContent,
  putMinute,
  quick,
  shipConfig,
  shipConfigText,
  shipWorld,
  through,
  unprovenFiles,
} from './ship-scene.ts';
import { atExit, temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

export interface Ordeal {
  readonly files: number;
  readonly faults: number;
  readonly shipKills: number;
  readonly sshdKills: number;
  readonly seed: number;
}

const kinds = ['reset', 'reset', 'reset', 'end', 'end', 'flip', 'flip', 'silence', 'half-open'] as const;

/** Resolves to what was done, for people. */
export async function runOrdeal(ordeal: Ordeal): Promise<string> {
  const random = randomOf(ordeal.seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  await using server = await startSshd();
  await using proxy = await startLinkProxy(server);
  const far = through(proxy, server);
  const spool = temporaryFolder();
  const put: string[] = [];
  const putMore = (count: number): void => {
    for (let more = 0; more < count; more++) {
      const content = madeContent(below(8) === 0 ? 0 : below(80_000), put.length);
      put.push(putMinute(spool, firstMinute + put.length, content));
    }
  };
  proxy.behave((): LinkManner => {
    if (proxy.faults >= ordeal.faults) return {};
    const is = kinds[below(kinds.length)] ?? 'reset';
    return { fault: { is, direction: random() < 0.5 ? 'up' : 'down', afterBytes: below(250_000) } };
  });
  const ship = shipProcess(shipConfigText({ spool, server: far }), { proxy, random });
  let sshdKills = 0;
  const since = performance.now();
  const isWaiting = (): boolean => waiting(spool) > 0;
  for (;;) {
    const isMet = proxy.faults >= ordeal.faults && ship.kills() >= ordeal.shipKills && sshdKills >= ordeal.sshdKills;
    if (isMet && put.length >= ordeal.files && !isWaiting()) break;
    // Never idle before the counts are met: there is always something under way to be broken.
    if (put.length < ordeal.files || (!isMet && waiting(spool) < 20)) putMore(20);
    await pause(below(500));
    if (ship.kills() < ordeal.shipKills && random() < 0.5) await ship.killAndRestart();
    else if (sshdKills < ordeal.sshdKills && random() < 0.5) sshdKills += await server.killAndRestart().then(() => 1);
    if (performance.now() - since > 3_600_000)
      throw new Error(`Not done within an hour: ${waiting(spool)} files wait.`);
  }
  await ship.end();
  await cleanAfterTwoDays(spool, server);
  assert.equal(filesBelow(server.inboxFolder), put.sort(), 'every file stands once, and nothing else');
  assert.equal(unprovenFiles(server.inboxFolder), [], 'with its bytes');
  assert.equal(
    filesBelow(spool).filter((path) => !path.startsWith('.ship')),
    [],
    'and its source is gone',
  );
  const seconds = Math.round((performance.now() - since) / 1000);
  return `seed ${ordeal.seed}: ${put.length} files, ${proxy.faults} faults on ${proxy.connections} connections, ship killed ${ship.kills()} times, sshd ${sshdKills} times, ${seconds} s`;
}

const waiting = (spool: string): number => filesBelow(spool).filter((path) => path.endsWith('.jsonl')).length;

/** What killed processes left at the far side goes after a day. */
async function cleanAfterTwoDays(spool: string, server: Parameters<typeof shipConfig>[0]['server']): Promise<void> {
  const clock = fastClock({ startMs: Date.parse('2026-03-13T00:00:00Z'), speed: 100 });
  await shipOnce(shipConfig({ spool, server }), shipWorld(clock), { patience: quick });
}

interface Surroundings {
  readonly proxy: LinkProxy;
  random(): number;
}

interface ShipProcess {
  kills(): number;
  killAndRestart(): Promise<void>;
  end(): Promise<void>;
}

/** A login takes about 6 kB, a shipment up to twice 80 kB. */
const bytesBeforeKill = 400_000;

function shipProcess(config: string, { proxy, random }: Surroundings): ShipProcess {
  const path = join(temporaryFolder(), 'config.toml');
  writeFileSync(path, config);
  let kills = 0;
  let before = 0;
  let child: ChildProcess = start();
  atExit(() => child.kill('SIGKILL'));

  function start(): ChildProcess {
    return spawn(process.execPath, ['test/support/ship-child.ts', path], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  async function kill(): Promise<void> {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await ended;
    } else throw new Error(`ship ended by itself, with ${child.exitCode ?? child.signalCode}.`);
  }
  return {
    kills: () => kills,
    async killAndRestart() {
      // It must have got to its work, or else one after the other would be killed at its very start: moments are counted in bytes,
      // since milliseconds mean little on a busy machine.
      await until('ship is connected', () => proxy.connections > before, 60_000);
      const [mark, since] = [proxy.bytes + random() * bytesBeforeKill, performance.now()];
      await until('it has moved some', () => proxy.bytes >= mark || performance.now() - since > 5000, 60_000);
      await kill();
      kills++;
      before = proxy.connections;
      child = start();
    },
    end: kill,
  };
}
