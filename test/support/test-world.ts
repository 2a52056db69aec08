// A world for tests: real disk, a clock wound by hand, a log that is kept, alerts that are kept.
import type { AlertCause } from '../../src/domain/alert.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import type { Log } from '../../src/outside/log.ts';
import type { World } from '../../src/outside/world.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';

export interface Said {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface Raised {
  readonly is: 'raised' | 'ended';
  readonly cause: AlertCause;
  readonly sentence: string;
}

export interface TestWorld extends World {
  readonly clock: ManualClock;
  readonly said: Said[];
  readonly raised: Raised[];
  stop(): void;
}

function keptLog(said: Said[], more: Readonly<Record<string, unknown>> = {}): Log {
  const keep =
    (level: Said['level']) =>
    (event: string, facts = {}): void =>
      void said.push({ level, event, facts: { ...more, ...facts } });
  return {
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    child: (facts) => keptLog(said, { ...more, ...facts }),
  };
}

export function testWorld(startMs?: number): TestWorld {
  const said: Said[] = [];
  const raised: Raised[] = [];
  const controller = new AbortController();
  return {
    clock: manualClock(startMs),
    disk: systemDisk,
    log: keptLog(said),
    alerts: {
      raise: (cause, sentence) => void raised.push({ is: 'raised', cause, sentence }),
      end: (cause, sentence) => void raised.push({ is: 'ended', cause, sentence }),
    },
    signal: controller.signal,
    said,
    raised,
    stop: () => controller.abort(new Error('stopped')),
  };
}
