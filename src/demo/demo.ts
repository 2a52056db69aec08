// `streamvault demo`: the whole two-server system in one process, in fast time, on stand-ins for what it talks to.
// Takes a folder and how long and how fast; leaves everything in the folder, and the comparison of what was sent with the vault.
import { join } from 'node:path';
import { hourMs, minuteMs } from '../domain/time.ts';
import { startEmulator } from '../emulate/emulator.ts';
import { type StandInMailServer, startMailServer } from '../emulate/mail-server.ts';
import type { LedgerRecord } from '../emulate/ledger.ts';
import { type OsfSetting, startOsf } from '../emulate/osf.ts';
import { startSftpServer } from '../emulate/sftp-server.ts';
import { runIngest } from '../ingest/service.ts';
import { type Clock, fastClock } from '../outside/clock.ts';
import type { Log } from '../outside/log.ts';
import { loggedAlerts, type World } from '../outside/world.ts';
import { runPublish } from '../publish/service.ts';
import { runShip } from '../ship/service.ts';
import { type Service, runBeside } from '../tell/beside.ts';
import { runWatch } from '../watch/watch.ts';
import { compare, type Comparison } from './comparison.ts';
import { type Course, followed, newCourse } from './course.ts';
import { recordedGaps, storedIds } from './left-behind.ts';
import { type Mailed, keepLetters, mailReport, mailed } from './mailed.ts';
import { isAllTaken } from './on-the-way.ts';
import { comparePublished, type Published } from './published.ts';
import { configure, demoProject, type Scene, setScene } from './scene.ts';

export interface DemoSetting {
  readonly folder: string;
  /** Emulated minutes of the stream; 60 make one complete hour. */
  readonly minutes: number;
  /** Tweets per emulated second. */
  readonly rate: number;
  /** Emulated seconds per second. */
  readonly speed: number;
  readonly seed: number;
}

export interface DemoParts {
  readonly world: World;
  /** Makes the log of the emulated time. */
  readonly logFor: (clock: Clock) => Log;
  /** Is told where things are, several times an emulated minute. */
  readonly onCourse: (course: Course, clock: Clock) => void;
}

export interface DemoResult {
  readonly vault: string;
  readonly comparison: Comparison;
  readonly published: Published;
  readonly mailed: Mailed;
}

/** The stream ends with an hour; one that begins in the middle of an hour leaves that hour incomplete, as a first day does. */
const endMs = Date.parse('2026-03-10T14:00:00Z');
/** The stream falls silent so long before the last hour's end, so that every line lies in an hour that is made. */
const quietMs = 20_000;
const patience = '2m';
/** Uploads and mails that are not there so long after the vault was complete never will be. */
const outwardMs = 6 * hourMs;
/** What befalls the servers, by share of the time: server 2 is cut off, and server 1's connection breaks once. */
const faults = (totalMs: number): string => {
  const at = (share: number): string => `${Math.round((totalMs * share) / 1000)}s`;
  return `cut-off to=server2 at=${at(0.35)} for=${at(0.12)}; drop to=server1 at=${at(0.7)}`;
};

/** What befalls the stand-in for OSF: the answer to the first upload of a file is lost. */
function osfFault(): NonNullable<OsfSetting['fault']> {
  let isOver = false;
  return ({ path }) => {
    if (isOver || !path.includes('kind=file')) return undefined;
    isOver = true;
    return 'reset-after';
  };
}

/** Runs the demo to its end. Throws what any of the services throws. */
export async function runDemo(setting: DemoSetting, parts: DemoParts): Promise<DemoResult> {
  const { disk } = parts.world;
  const clock = fastClock({ startMs: endMs - setting.minutes * minuteMs, speed: setting.speed });
  const sent: LedgerRecord[] = [];
  const scene = await setScene(disk, setting.folder);
  await using sftp = await startSftpServer({ folder: scene.inbox, clock, authorizedKeys: [scene.shipKey] });
  await using emulator = await startEmulator({
    clock,
    tokens: [scene.token],
    rate: setting.rate,
    seed: setting.seed,
    untilMs: endMs - quietMs,
    waitFor: 2,
    ledger: { record: (record) => void sent.push(record) },
  });
  emulator.fault(faults(setting.minutes * minuteMs));
  await using osf = await startOsf({ project: demoProject, token: scene.token, now: clock.now, fault: osfFault() });
  await using mail = await startMailServer();
  const configs = await configure(disk, scene, { api: emulator.url, sftp, patience, osf: osf.api, mail: mail.port });
  const published = (): Promise<Published> => comparePublished(disk, scene.vault, osf.tree.files());
  const play = { ...setting, scene, clock, configs, published, mail };
  await playThrough(play, parts);
  await emulator.close();
  const listeners = await Promise.all(
    scene.spools.map(async (spool, index) => ({ label: `server${index + 1}`, gaps: await recordedGaps(disk, spool) })),
  );
  const comparison = compare(sent, listeners, await storedIds(disk, scene.vault));
  await keepLetters(disk, join(setting.folder, 'mail'), mail);
  return { vault: scene.vault, comparison, published: await published(), mailed: mailed(mail) };
}

interface Play extends DemoSetting {
  readonly scene: Scene;
  readonly clock: Clock;
  readonly configs: Awaited<ReturnType<typeof configure>>;
  readonly published: () => Promise<Published>;
  readonly mail: StandInMailServer;
}

/** Runs the services until the vault holds every hour, OSF what the vault holds, and the report is mailed; then stops them. */
async function playThrough(play: Play, { world, logFor, onCourse }: DemoParts): Promise<void> {
  const { clock, minutes } = play;
  const stop = new AbortController();
  const signal = AbortSignal.any([world.signal, stop.signal]);
  const course = newCourse();
  const log = logFor(clock);
  const worldOf = (server: 1 | 2): World => {
    const own = followed(log.child({ server }), course, server);
    return { ...world, clock, log: own, alerts: loggedAlerts(own), signal };
  };
  const services = servicesOf(play).map((service) => runBeside(service, worldOf(service.config.server)));
  const hours = Math.ceil(minutes / 60);
  let completeMs: number | undefined;
  const isDone = async (): Promise<boolean> => {
    if (course.hours < hours) return false;
    completeMs ??= clock.now();
    return (await isAllThere(play, world)) || clock.now() > completeMs + outwardMs;
  };
  const viewer = watchCourse(isDone, { clock, signal, onTurn: () => onCourse(course, clock) });
  // Whichever service ends before its time ends the demo: none of them ever does by itself.
  await Promise.race([viewer, ...services]).catch(() => {});
  stop.abort(new Error('the demo is over'));
  for (const end of await Promise.allSettled([...services, viewer])) {
    if (end.status === 'rejected' && end.reason !== signal.reason) throw end.reason;
  }
  world.signal.throwIfAborted();
}

/** The services of both servers as their machines run them, each with its alerts. */
function servicesOf({ configs: [first, second] }: Play): Service[] {
  const { osf } = first;
  const publishing = osf ? [(world: World) => runPublish({ ...first, osf }, world)] : [];
  return [
    { name: 'ingest', config: first, stage: (world) => runIngest(first, world) },
    { name: 'ingest', config: second, stage: (world) => runIngest(second, world) },
    { name: 'ship', config: second, stage: (world) => runShip(second, world) },
    { name: 'watch', config: first, stage: (world) => runWatch(first, world), companions: publishing },
  ];
}

/** Is the vault complete, and has everything left that should? The day's report is mailed once it is, unless it was. */
async function isAllThere({ scene, clock, configs, published, mail }: Play, world: World): Promise<boolean> {
  if (!(await isAllTaken(world.disk, scene, endMs))) return false;
  const nowMs = clock.now();
  await mailReport(configs[0], world, { atMs: endMs - minuteMs, nowMs });
  const { hasReport, hasAlert } = mailed(mail);
  const isPublished = (await published()).wrong.length === 0;
  return isPublished && hasReport && hasAlert;
}

const turnMs = 10_000;

/** Looks several times an emulated minute, until it is done or the signal aborts. */
async function watchCourse(
  isDone: () => Promise<boolean>,
  { clock, signal, onTurn }: { clock: Clock; signal: AbortSignal; onTurn: () => void },
): Promise<void> {
  while (!(await isDone())) {
    await clock.sleep(turnMs, signal);
    onTurn();
  }
}

/** Where the demo's log lies, below its folder. */
export const demoLogPath = (folder: string): string => join(folder, 'log.jsonl');
