// One of the two servers: its disk, which can be full or fail, and its services, each started again whenever it ends, as systemd does.
// Takes a clock and the services' commands; leaves handles to stop them, kill them and spoil the disk.
import type { Command } from '../../../src/commands/command.ts';
import { describeError } from '../../../src/domain/operator-error.ts';
import type { Disk, OpenFile } from '../../../src/outside/disk.ts';
import { immediateDisk } from '../immediate-disk.ts';
import { loggedAlerts } from '../../../src/outside/world.ts';
import type { ServerClock } from '../quiet-clock.ts';
import { silentLog } from '../silent-log.ts';

class Died extends Error {}

type DiskTrouble = 'ENOSPC' | 'EIO';

/** What a full disk still does. */
const needsNoRoom: ReadonlySet<string> = new Set([
  'list',
  'facts',
  'read',
  'openToRead',
  'remove',
  'removeEmptyFolder',
  'freeBytes',
  'rename',
]);

/** A disk that meets `check` before each step. */
function meeting(check: (operation: string) => void): Disk {
  const file = (open: OpenFile): OpenFile => ({
    ...open,
    append: async (bytes) => (check('append'), open.append(bytes)),
    sync: async () => check('sync'),
    truncate: async (bytes) => (check('truncate'), open.truncate(bytes)),
  });
  return new Proxy(immediateDisk, {
    get(target, name: keyof Disk) {
      const operation = target[name] as (...given: unknown[]) => unknown;
      if (name === 'chunks') return operation;
      return async (...given: unknown[]) => {
        check(name);
        const result = await operation(...given);
        return name === 'open' ? file(result as OpenFile) : result;
      };
    },
  });
}

export interface Service {
  /** As SIGTERM does; it is started again. */
  stop(): void;
  /** As SIGKILL does, after that many more steps on the disk: from then on nothing of it reaches the disk. */
  die(steps: number): void;
  readonly starts: number;
}

/** Span of true time, epoch ms. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Server {
  readonly clock: ServerClock;
  readonly services: ReadonlyMap<string, Service>;
  /** Until when the disk is in trouble (monotonic ms). */
  spoil(trouble: DiskTrouble, forMs: number): void;
  /** When what ingest held in memory may have died with it. */
  readonly lostMemory: readonly Span[];
  /** Rejects where a service ends for a reason that nobody gave it; resolves after the signal. */
  readonly ended: Promise<unknown>;
}

export interface ServerSetting {
  readonly clock: ServerClock;
  /** The true time. */
  readonly now: () => number;
  readonly config: string;
  readonly commands: readonly Command[];
  readonly signal: AbortSignal;
}

const restartMs = 3_000;
const deadMs = 5_000;
/** What ingest remembers may be this old. */
const memoryMs = 10_000;
/** A service may end of trouble that is just over. */
const afterwardsMs = 60_000;

interface Life {
  readonly stopper: AbortController;
  /** Of the disk, that it has left. */
  steps: number;
  /** It was killed. */
  isExcused: boolean;
}

const newLife = (): Life => ({ stopper: new AbortController(), steps: Number.POSITIVE_INFINITY, isExcused: false });

export function startServer({ clock, now, config, commands, signal }: ServerSetting): Server {
  let trouble: { is: DiskTrouble; sinceMs: number; untilMs: number } | undefined;
  const troubleNow = (): typeof trouble =>
    trouble !== undefined && clock.monotonic() < trouble.untilMs ? trouble : undefined;
  const lostMemory: Span[] = [];
  const check = (operation: string): void => {
    const { is } = troubleNow() ?? {};
    if (is === undefined || (is === 'ENOSPC' && needsNoRoom.has(operation))) return;
    throw Object.assign(new Error(`${is}: ${operation}`), { code: is });
  };

  const losing = (): void => {
    const ms = now();
    const fromMs = ms - (trouble === undefined ? 0 : clock.monotonic() - trouble.sinceMs) - memoryMs;
    lostMemory.push({ fromMs, toMs: ms + deadMs + restartMs + memoryMs });
  };

  /** One life of a service. Rejects where it ended for a reason that nobody gave it. */
  async function live(command: Command, life: Life): Promise<void> {
    const disk = meeting((operation) => {
      if (--life.steps < 0) throw new Died('the process died here');
      check(operation);
    });
    const alerts = loggedAlerts(silentLog);
    const stopped = AbortSignal.any([signal, life.stopper.signal]);
    try {
      await command.run({ config }, { clock, disk, log: silentLog, alerts, signal: stopped, results: process.stdout });
    } catch (error) {
      // A service ends with the status of its disk's trouble, and is started again.
      const isOfDisk = trouble !== undefined && clock.monotonic() - trouble.untilMs < afterwardsMs;
      if (isOfDisk) losing();
      if (!life.isExcused && !isOfDisk && !stopped.aborted)
        throw new Error(`${command.name} of ${config} ended: ${describeError(error)}`, { cause: error });
    } finally {
      life.steps = -1;
    }
  }

  function supervise(command: Command): Service & { ended: Promise<void> } {
    let life = newLife();
    let starts = 0;
    const liveOn = async (): Promise<void> => {
      while (!signal.aborted) {
        life = newLife();
        starts++;
        await live(command, life);
        await clock.sleep(restartMs, signal).catch(() => {});
      }
    };
    return {
      ended: liveOn(),
      get starts() {
        return starts;
      },
      stop() {
        if (troubleNow()) losing();
        life.stopper.abort(new Error('stopped'));
      },
      die(steps) {
        const dying = life;
        dying.isExcused = true;
        dying.steps = steps;
        losing();
        const end = (): void => {
          // Who is asked to stop while dead cannot write either.
          dying.steps = -1;
          dying.stopper.abort(new Error('dead'));
        };
        void clock.sleep(deadMs, signal).then(end, () => {});
      },
    };
  }

  const supervised = commands.map((command) => [command.name, supervise(command)] as const);
  return {
    clock,
    services: new Map(supervised),
    spoil: (is, forMs) => (trouble = { is, sinceMs: clock.monotonic(), untilMs: clock.monotonic() + forMs }),
    lostMemory,
    ended: Promise.all(supervised.map(([, { ended }]) => ended)),
  };
}
