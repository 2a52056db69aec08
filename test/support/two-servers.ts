// The two-server system in one process and in fast time, through faults of every kind that fits in one: the stream's and SFTP's,
// services stopped and dying at a random step of the disk, a disk that is full. At the end the emulator's ledger is held against
// the vault. Takes hours and a seed; leaves the differences, and how memory and file descriptors went.
import { readdirSync } from 'node:fs';
import { parseMinuteFileName } from '../../src/domain/minute-file.ts';
import { minuteMs } from '../../src/domain/time.ts';
import { compare, type Comparison } from '../../src/demo/comparison.ts';
import { recordedGaps, storedIds } from '../../src/demo/left-behind.ts';
import { configure, type Scene, setScene } from '../../src/demo/scene.ts';
import { type Emulator, startEmulator } from '../../src/emulate/emulator.ts';
import type { LedgerRecord } from '../../src/emulate/ledger.ts';
import type { SftpFault } from '../../src/emulate/sftp-fault.ts';
import { type SftpServer, startSftpServer } from '../../src/emulate/sftp-server.ts';
import { runIngest } from '../../src/ingest/service.ts';
import { type Clock, fastClock } from '../../src/outside/clock.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { silentLog } from '../../src/outside/log.ts';
import { loggedAlerts, type World } from '../../src/outside/world.ts';
import { runShip } from '../../src/ship/service.ts';
import { runWatch } from '../../src/watch/watch.ts';
import { randomOf } from './random.ts';

export interface SoakSetting {
  readonly folder: string;
  readonly hours: number;
  readonly seed: number;
  readonly rate: number;
  readonly speed: number;
  /** Emulated minutes between two faults, on average. */
  readonly faultEveryMinutes: number;
}

export interface SoakResult {
  readonly comparison: Comparison;
  readonly faults: Readonly<Record<string, number>>;
  /** One sample an emulated hour. */
  readonly megabytes: readonly number[];
  readonly descriptors: readonly number[];
}

const startMs = Date.parse('2026-03-10T00:00:00Z');
const quietMs = 20_000;

type Random = () => number;

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

/** Faults of the stream, each for one server or the other. */
const streamFaults = [
  'drop',
  'end',
  'half-line',
  'half-line how=reset',
  'operational-disconnect',
  'system-message',
  'stall for=40s',
  'split-keep-alive',
  'split-characters for=60s',
  'chunks bytes=7B for=10s',
  'refuse status=503 times=2',
  'refuse status=429 times=1',
  'html status=502 times=1',
  'accept-then-close times=2',
  'no-answer times=1',
  'cut-off for=90s',
] as const;

const sftpMishaps: readonly SftpFault[] = [
  { on: 'any', is: 'drop' },
  { on: 'RENAME', is: 'drop', when: 'after' },
  { on: 'WRITE', is: 'corrupt' },
  { on: 'WRITE', is: 'shorten' },
  { on: 'WRITE', is: 'refuse', with: 'no-space' },
  { on: 'OPEN', is: 'refuse', with: 'permission-denied' },
  { on: 'RENAME', is: 'refuse', with: 'permission-denied' },
  { on: 'CONNECT', is: 'drop' },
  { on: 'WRITE', is: 'hang' },
  { on: 'any', is: 'slow', delayMs: 5_000 },
];

class Died extends Error {}

/** A disk that, once told to, dies at one of its next steps: from then on nothing of this process reaches it any more. */
function mortalDisk(): { disk: Disk; dieAt(steps: number): void } {
  let left = Number.POSITIVE_INFINITY;
  const disk = new Proxy(systemDisk, {
    get(target, name: keyof Disk) {
      const operation = target[name] as (...given: unknown[]) => unknown;
      if (name === 'chunks') return operation;
      return async (...given: unknown[]) => {
        if (--left < 0) throw new Died('the process died here');
        return operation(...given);
      };
    },
  });
  return { disk, dieAt: (steps) => (left = steps) };
}

interface Supervised {
  /** Stops it as SIGTERM does; it is started again. */
  stop(): void;
  die(steps: number): void;
}

interface Supervision {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Starts a service again whenever it ends, as systemd does. Rejects where it ended for a reason that nobody gave it. */
function supervise(
  run: (world: World) => Promise<void>,
  { clock, signal }: Supervision,
): Supervised & { ended: Promise<void> } {
  let stopper = new AbortController();
  let mortal = mortalDisk();
  let mayDie = false;
  const live = async (): Promise<void> => {
    while (!signal.aborted) {
      stopper = new AbortController();
      mortal = mortalDisk();
      mayDie = false;
      const world = {
        clock,
        disk: mortal.disk,
        log: silentLog,
        alerts: loggedAlerts(silentLog),
        signal: AbortSignal.any([signal, stopper.signal]),
      };
      try {
        await run(world);
      } catch (error) {
        if (!mayDie && !world.signal.aborted) throw error;
      }
      await clock.sleep(3_000, signal).catch(() => {});
    }
  };
  return {
    ended: live(),
    stop: () => stopper.abort(new Error('stopped')),
    die(steps) {
      mayDie = true;
      mortal.dieAt(steps);
      // Who is asked to stop while dead cannot write either.
      void clock.sleep(5_000).then(() => stopper.abort(new Error('dead')));
    },
  };
}

interface Stage {
  readonly emulator: Emulator;
  readonly sftp: SftpServer;
  readonly services: Readonly<Record<'ingest2' | 'ship' | 'watch', Supervised>>;
}

/** One fault at random; gives its name. Only server 2's ingest is stopped: what nobody heard is no difference to look for. */
function strike(random: Random, { emulator, sftp, services }: Stage): string {
  const kind = random();
  if (kind < 0.5) {
    const fault = pick(random, streamFaults);
    const [name = '', ...rest] = fault.split(' ');
    emulator.fault([name, `to=server${random() < 0.5 ? 1 : 2}`, ...rest].join(' '));
    return `stream ${fault}`;
  }
  if (kind < 0.75) {
    const fault = { ...pick(random, sftpMishaps), skip: Math.floor(random() * 20) };
    sftp.fault(fault);
    return `sftp ${fault.is} ${fault.on}`;
  }
  const name = pick(random, ['ingest2', 'ship', 'watch'] as const);
  if (name === 'ingest2' || random() < 0.4) {
    services[name].stop();
    return `stop ${name}`;
  }
  services[name].die(Math.floor(random() * 60));
  return `death ${name}`;
}

const longestWaitMs = 3 * 60 * minuteMs;

/** Until all is shipped, every hour has its receipt, and what came late was merged. Rejects where that takes hours. */
async function untilSettled(
  { vault, spools }: Scene,
  { clock, endMs }: { clock: Clock; endMs: number },
): Promise<void> {
  const names = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const isSettled = (): boolean =>
    names(vault).filter((name) => name.endsWith('_receipt.json')).length >= (endMs - startMs) / (60 * minuteMs) &&
    !names(spools[1]).some((name) => name.endsWith('.jsonl') && name.includes('/') && minuteIsBefore(name, endMs));
  while (!isSettled()) {
    if (clock.now() > endMs + longestWaitMs) throw new Error('Hours after the stream ended, not every hour is made.');
    await clock.sleep(30_000);
  }
  // A remake for late files begins five minutes after the last one.
  await clock.sleep(10 * minuteMs);
}

const minuteIsBefore = (path: string, endMs: number): boolean => {
  const file = parseMinuteFileName(path.slice(path.lastIndexOf('/') + 1));
  return file !== undefined && file.minute * minuteMs < endMs;
};

/** Runs it all. Rejects where a service ends by itself. */
export async function soak(setting: SoakSetting): Promise<SoakResult> {
  const { hours, seed, rate, speed } = setting;
  const clock = fastClock({ startMs, speed });
  const endMs = startMs + hours * 60 * minuteMs;
  const scene = await setScene(systemDisk, setting.folder);
  const sent: LedgerRecord[] = [];
  await using sftp = await startSftpServer({ folder: scene.inbox, clock, authorizedKeys: [scene.shipKey] });
  await using emulator = await startEmulator({
    clock,
    tokens: [scene.token],
    rate,
    seed,
    untilMs: endMs - quietMs,
    waitFor: 2,
    ledger: { record: (record) => void sent.push(record) },
  });
  const [first, second] = await configure(systemDisk, scene, { api: emulator.url, sftp, patience: '10m' });
  const end = new AbortController();
  const supervision = { clock, signal: end.signal };
  const ingest1 = supervise((world) => runIngest(first, world), supervision);
  const ingest2 = supervise((world) => runIngest(second, world), supervision);
  const ship = supervise((world) => runShip(second, world), supervision);
  const watch = supervise((world) => runWatch(first, world), supervision);
  const ends = [ingest1, ingest2, ship, watch].map(({ ended }) => ended);
  const stage = { emulator, sftp, services: { ingest2, ship, watch } };
  const played = play({ ...setting, endMs }, { clock, stage, scene });
  const report = await Promise.race([played, ...ends.map((ended) => ended.then(() => played))]).finally(() =>
    end.abort(),
  );
  await Promise.allSettled(ends);
  await emulator.close();
  const listeners = await Promise.all(
    scene.spools.map(async (spool, index) => ({
      label: `server${index + 1}`,
      gaps: await recordedGaps(systemDisk, spool),
    })),
  );
  const comparison = compare(sent, listeners, await storedIds(systemDisk, scene.vault));
  return { ...report, comparison };
}

/** Faults until the stream is over; then time for what waits. */
async function play(
  { seed, faultEveryMinutes, endMs }: SoakSetting & { readonly endMs: number },
  { clock, stage, scene }: { clock: Clock; stage: Stage; scene: Scene },
): Promise<Omit<SoakResult, 'comparison'>> {
  const random = randomOf(seed);
  const faults: Record<string, number> = {};
  const megabytes: number[] = [];
  const descriptors: number[] = [];
  const measure = (): void => {
    megabytes.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
    descriptors.push(readdirSync('/proc/self/fd').length);
  };
  await clock.sleep(2 * minuteMs);
  while (clock.now() < endMs - 5 * minuteMs) {
    const name = strike(random, stage);
    faults[name] = (faults[name] ?? 0) + 1;
    await clock.sleep(faultEveryMinutes * minuteMs * 2 * random());
    if ((clock.now() - startMs) / (60 * minuteMs) > megabytes.length) measure();
  }
  stage.emulator.clearFaults();
  stage.sftp.clearFaults();
  await untilSettled(scene, { clock, endMs });
  measure();
  return { faults, megabytes, descriptors };
}

/** The last third's middle value as a multiple of the second third's: the first third is warming up. */
export function growth(samples: readonly number[]): number {
  const third = Math.ceil(samples.length / 3);
  const middle = (part: readonly number[]): number => [...part].sort((a, b) => a - b)[Math.floor(part.length / 2)] ?? 1;
  return middle(samples.slice(-third)) / middle(samples.slice(third, 2 * third));
}
