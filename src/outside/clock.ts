// The clock: the only place that knows the time of day and timers.
// Leaves the system's clock, and a fast one for the demo and tests (`--clock START*SPEED`).

/** Time as stages see it. `now` may step (NTP); `monotonic` never goes back and bounds every wait. */
export interface Clock {
  /** Epoch milliseconds of the wall clock. */
  now(): number;
  /** Milliseconds since some fixed moment; for measuring and for waits. */
  monotonic(): number;
  /** Resolves after that many milliseconds (soon, for 0 or less); rejects with the signal's reason when that aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
  /** This is not the time of day: other machines' clocks say nothing about it. */
  readonly isReplaced?: boolean;
}

const longestTimerMs = 2 ** 31 - 1;

/** The clock of the machine. */
export function systemClock(): Clock {
  const monotonic = (): number => performance.now();
  return {
    now: () => Date.now(),
    monotonic,
    async sleep(durationMs, signal) {
      const due = monotonic() + durationMs;
      // One timer holds 24.8 days at most; a longer wait is several.
      do await onTimer(Math.max(0, Math.min(due - monotonic(), longestTimerMs)), signal);
      while (monotonic() < due - 1);
    },
  };
}

function onTimer(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, durationMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** What `--clock` says: emulated epoch ms at the start, and emulated seconds per real second. */
export interface ClockSetting {
  readonly startMs: number;
  readonly speed: number;
  /** Real epoch ms at which `startMs` held, so that several processes share one time; default: the start of the process. */
  readonly anchorMs?: number;
}

/** Reads `2026-03-10T13:00Z*120` or `2026-03-10T13:00Z@1773147600000*120`; undefined for anything else. */
export function parseClockOption(text: string): ClockSetting | undefined {
  const match = /^([^*@]+)(?:@(\d+))?\*(\d+(?:\.\d+)?)$/.exec(text);
  const startMs = Date.parse(match?.[1] ?? '');
  const speed = Number(match?.[3]);
  if (Number.isNaN(startMs) || !(speed > 0)) return undefined;
  return match?.[2] === undefined ? { startMs, speed } : { startMs, speed, anchorMs: Number(match[2]) };
}

interface Sleeper {
  readonly dueMs: number;
  wake(): void;
}

const turnMs = 2;
const longestStepMs = 1000;

/**
 * A clock that runs `speed` times as fast as the machine's, for all who hold this object. It advances at most one emulated second
 * per turn of the event loop, so that it stands still while the process does and no stall is seen that only this machine had.
 */
export function fastClock({ startMs, speed, anchorMs }: ClockSetting): Clock {
  const firstMs = anchorMs === undefined ? startMs : startMs + (Date.now() - anchorMs) * speed;
  const sleepers = new Set<Sleeper>();
  let elapsedMs = 0;
  let lastTurn = performance.now();
  const ticker = setInterval(() => {
    const turn = performance.now();
    elapsedMs += Math.min((turn - lastTurn) * speed, longestStepMs);
    lastTurn = turn;
    const due = [...sleepers].filter((sleeper) => sleeper.dueMs <= elapsedMs).sort((a, b) => a.dueMs - b.dueMs);
    for (const sleeper of due) sleeper.wake();
  }, turnMs).unref();

  function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const leave = (): void => {
        sleepers.delete(sleeper);
        signal?.removeEventListener('abort', onAbort);
        if (sleepers.size === 0) ticker.unref();
      };
      const onAbort = (): void => {
        leave();
        reject(signal?.reason as Error);
      };
      const sleeper: Sleeper = {
        dueMs: elapsedMs + durationMs,
        wake: () => {
          leave();
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      sleepers.add(sleeper);
      ticker.ref();
    });
  }

  return { now: () => Math.floor(firstMs + elapsedMs), monotonic: () => elapsedMs, sleep, isReplaced: true };
}

/** Processor time that the calling thread used so far, ms: what work costs here, whoever else wants the processor. */
export function threadTimeMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
