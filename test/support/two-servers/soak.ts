// The two-server system in one process, months in hours, through faults of every kind that fits in one. Takes hours and a seed;
// leaves the differences between what was sent and what was left behind, and how memory and file descriptors went.
import { readdirSync } from 'node:fs';
import { parseMinuteFileName } from '../../../src/domain/minute-file.ts';
import { hourMs, minuteMs } from '../../../src/domain/time.ts';
import { quietClock } from '../quiet-clock.ts';
import { randomOf } from '../random.ts';
import { type Reckoning, reckon, unpublished, waitingMessages } from './reckoning.ts';
import { type Stage, setStage } from './stage.ts';
import { strike } from './strikes.ts';

export interface SoakSetting {
  readonly folder: string;
  readonly hours: number;
  readonly seed: number;
  /** Tweets a second. */
  readonly rate: number;
  /** Emulated minutes between two faults, on average. */
  readonly faultEveryMinutes: number;
  /** Called about every emulated hour. */
  readonly onHour?: (hours: number) => void;
  /** Called every emulated hour after the end with what is not settled yet. */
  readonly onWait?: (waiting: readonly string[]) => void;
}

export interface SoakResult extends Reckoning {
  readonly faults: Readonly<Record<string, number>>;
  readonly starts: number;
  /** One sample an emulated hour. */
  readonly megabytes: readonly number[];
  readonly descriptors: readonly number[];
}

const startMs = Date.parse('2026-03-10T00:00:00Z');
/** The stream falls silent so long before the end, so that every line lies in an hour that is made. */
const quietMs = 10 * minuteMs;
/** What refuses one message is tried again after six hours at most, and so is OSF. */
const longestWaitMs = 30 * hourMs;

/** Runs it all. Rejects where a service ends by itself. */
export async function soak(setting: SoakSetting): Promise<SoakResult> {
  using clock = quietClock(startMs);
  const endMs = startMs + setting.hours * hourMs;
  const stage = await setStage({ ...setting, clock, untilMs: endMs - quietMs });
  const span = { startMs, endMs };
  try {
    const played = play(stage, setting, span);
    const ended = stage.servers.map(({ ended: end }) => end.then(() => played));
    const course = await Promise.race([played, ...ended]);
    return { ...course, ...(await reckon(stage, span)) };
  } finally {
    await stage.close();
  }
}

type Course = Omit<SoakResult, keyof Reckoning>;

/** Faults until the stream is over; then time for what waits. */
async function play(stage: Stage, setting: SoakSetting, { endMs }: { endMs: number }): Promise<Course> {
  const { clock, servers } = stage;
  const random = randomOf(setting.seed);
  const faults: Record<string, number> = {};
  const [megabytes, descriptors]: [number[], number[]] = [[], []];
  await clock.sleep(2 * minuteMs);
  while (clock.now() < endMs - quietMs) {
    const name = strike(random, stage);
    faults[name] = (faults[name] ?? 0) + 1;
    await clock.sleep(setting.faultEveryMinutes * minuteMs * 2 * random());
    if ((clock.now() - startMs) / hourMs > megabytes.length) {
      megabytes.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
      descriptors.push(readdirSync('/proc/self/fd').length);
      setting.onHour?.(megabytes.length);
    }
  }
  await stage.calm();
  // What was refused for itself waits longer each time; a start tries all of it at once.
  for (const { services } of servers) for (const service of services.values()) service.stop();
  await untilSettled(stage, { ...setting, endMs });
  const starts = servers.reduce(
    (sum, { services }) => sum + [...services.values()].reduce((all, one) => all + one.starts, 0),
    0,
  );
  return { faults, starts, megabytes, descriptors };
}

/** Until all is shipped, made, published and told, or hours have passed: then the reckoning says what is not. */
async function untilSettled(
  stage: Stage,
  { endMs, onWait }: { endMs: number } & Pick<SoakSetting, 'onWait'>,
): Promise<void> {
  const { clock, scene } = stage;
  const names = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const isBefore = (path: string): boolean => {
    const file = parseMinuteFileName(path.slice(path.lastIndexOf('/') + 1));
    return file !== undefined && file.minute * minuteMs < endMs;
  };
  /** What is still waited for. */
  const unsettled = async (): Promise<string[]> => {
    const made = names(scene.vault).filter((name) => name.endsWith('_receipt.json')).length;
    const hours = (endMs - startMs) / hourMs;
    return [
      ...(made < hours ? [`${made} of ${hours} hours made`] : []),
      ...names(scene.spools[1]).filter(isBefore),
      ...waitingMessages(stage),
      ...(await unpublished(stage, endMs)),
    ];
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; clock.now() < endMs + longestWaitMs; turn++) {
      const waiting = await unsettled();
      if (waiting.length === 0) return;
      if (turn % 60 === 59) onWait?.(waiting);
      await clock.sleep(minuteMs);
    }
  };
  await settle();
  // A remake for late files begins five minutes after the last one; then it is published.
  await clock.sleep(15 * minuteMs);
  await settle();
}

/** The last third's middle value as a multiple of the first third's. */
export function growth(samples: readonly number[]): number {
  const third = Math.ceil(samples.length / 3);
  const middle = (part: readonly number[]): number => [...part].sort((a, b) => a - b)[Math.floor(part.length / 2)] ?? 1;
  return middle(samples.slice(-third)) / middle(samples.slice(0, third));
}
