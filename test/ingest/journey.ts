// A running ingest for tests: a folder of its own, a clock wound by hand, a log that is kept; and readings of what it leaves.
import { chmodSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readConfig } from '../../src/config/read.ts';
import { type MinuteFile, parseMinuteFileName } from '../../src/domain/minute-file.ts';
import { minuteName } from '../../src/domain/time.ts';
import { silentMeter } from '../../src/ingest/meter.ts';
import { type IngestParts, runIngest } from '../../src/ingest/service.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { openStream } from '../../src/outside/http-stream.ts';
import type { Log } from '../../src/outside/log.ts';
import type { World } from '../../src/outside/world.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import type { StreamServer } from '../support/stream-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

export interface Event {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly [fact: string]: unknown;
}

export interface Journey {
  readonly spool: string;
  readonly clock: ManualClock;
  readonly events: Event[];
  /** Causes of alerts that were raised and not ended. */
  readonly alerts: Set<string>;
  /** Every cause raised, in order. */
  readonly raised: string[];
  /** Bytes of streams that it has read. */
  readonly heardBytes: number;
  /** It has asked for the stream, and has no answer yet. */
  readonly isAsking: boolean;
  /** How often that was said. */
  count(event: string): number;
  start(): void;
  /** Starts, and resolves when the stream is heard. */
  connect(): Promise<void>;
  /** As SIGTERM does; resolves when ingest has ended. */
  stop(): Promise<void>;
}

export interface JourneySetting {
  readonly api: string;
  /** More lines for the [ingest] section, or sections after it. */
  readonly config?: string;
  readonly clock?: ManualClock;
  readonly disk?: Disk;
  readonly parts?: IngestParts;
  readonly folder?: string;
}

function keptLog(events: Event[]): Log {
  const say =
    (level: Event['level']) =>
    (event: string, facts: Readonly<Record<string, unknown>> = {}): void => {
      events.push({ ...facts, level, event });
    };
  const log: Log = { info: say('info'), warn: say('warn'), error: say('error'), child: () => log };
  return log;
}

export function journey({
  api,
  config = '',
  clock = manualClock(),
  disk = systemDisk,
  parts = {},
  folder = temporaryFolder(),
}: JourneySetting): Journey {
  const token = join(folder, 'token');
  writeFileSync(token, 'test-token-of-no-worth\n');
  chmodSync(token, 0o600);
  const spool = join(folder, 'spool');
  const text = `server = 1\n[ingest]\napi = ${JSON.stringify(api)}\nbearer_token_file = ${JSON.stringify(token)}\nspool = ${JSON.stringify(spool)}\n${config}`;
  const settings = readConfig(text, 'test', ['ingest']);
  const events: Event[] = [];
  const alerts = new Set<string>();
  const raised: string[] = [];
  let stopper = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let [heardBytes, asking] = [0, 0];
  const { connect = openStream, meter = silentMeter } = parts;
  const watched: IngestParts = {
    random: () => 0,
    ...parts,
    meter: {
      ...meter,
      bytes(more) {
        heardBytes += more;
        meter.bytes(more);
      },
    },
    connect(request) {
      asking++;
      return connect(request).finally(() => asking--);
    },
  };
  const count = (name: string): number => events.filter(({ event }) => event === name).length;
  return {
    spool,
    clock,
    events,
    alerts,
    raised,
    get heardBytes() {
      return heardBytes;
    },
    get isAsking() {
      return asking > 0;
    },
    count,
    async connect() {
      const before = count('stream.connected');
      this.start();
      await until('a connection', () => count('stream.connected') > before);
    },
    start() {
      stopper = new AbortController();
      const world: World = {
        clock,
        disk,
        log: keptLog(events),
        alerts: {
          raise(cause, sentence) {
            if (!alerts.has(cause)) raised.push(cause);
            alerts.add(cause);
            events.push({ level: 'error', event: 'alert', cause, sentence });
          },
          end: (cause) => void alerts.delete(cause),
        },
        signal: stopper.signal,
      };
      running = runIngest(settings, world, watched);
      running.catch(() => {});
    },
    async stop() {
      stopper.abort(new Error('stopped by the test'));
      await running;
    },
  };
}

/** So many seconds of a stream that brings keep-alives only, heard to the last, each in its second. */
export async function keepAlive(made: Journey, server: StreamServer, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await made.clock.pass(1_000);
    const before = made.heardBytes;
    await server.send('\r\n');
    await until('it to be heard', () => made.heardBytes > before);
    await made.clock.pass(0);
  }
}

/**
 * Winds the clock second by second until the condition holds. Time stands while an answer is waited for: how soon the network
 * brings it is no fact of what is tested.
 */
export const windUntil = (made: Journey, what: string, isTrue: () => boolean): Promise<boolean> =>
  until(
    what,
    async () => {
      if (!isTrue()) await made.clock.pass(made.isAsking ? 0 : 1_000);
      return isTrue();
    },
    120_000,
  );

/**
 * Stops it while its clock is wound; resolves to the ms that this took by that clock. `realMs`: how long disk and network, which know no
 * other time than the real one, have of it between two steps.
 */
export async function msToStop({ clock, stop }: Pick<Journey, 'clock' | 'stop'>, realMs = 0): Promise<number> {
  const beganMs = clock.now();
  let isStopped = false;
  const stopping = stop().then(() => (isStopped = true));
  await until('the end', async () => {
    if (realMs > 0) await pause(realMs);
    if (!isStopped) await clock.pass(100);
    return isStopped;
  });
  await stopping;
  return clock.now() - beganMs;
}

/** What a SIGKILL would leave now, in a folder to start from again. */
export function afterKill({ spool }: Journey): string {
  const folder = temporaryFolder();
  cpSync(spool, join(folder, 'spool'), { recursive: true });
  return folder;
}

/** A time of the day on which journeys begin, at 13:00:00; epoch ms. */
export const at = (clock: string): number => Date.parse(`2026-03-10T${clock}Z`);

interface RememberedCoverage {
  /** Until when it is known what was heard, epoch ms. */
  readonly certainMs: number;
  readonly gap?: { readonly fromMs: number };
}

/** What the next start would know of the time before it. */
export function rememberedCoverage(spool: string): RememberedCoverage {
  const last = readFileSync(join(spool, '.ingest.state'), 'utf8').trimEnd().split('\n').at(-1) ?? '';
  return (JSON.parse(last) as { coverage: RememberedCoverage }).coverage;
}

export const rememberedMs = (spool: string): number => rememberedCoverage(spool).certainMs;

export interface ReadMinute extends MinuteFile {
  readonly name: string;
  readonly text: string;
}

/** Every closed minute file of a spool, in order of name. */
export function readMinutes(spool: string): ReadMinute[] {
  const names = readdirSync(spool, { recursive: true, encoding: 'utf8' }).sort();
  return names.flatMap((path) => {
    const file = parseMinuteFileName(path.slice(path.lastIndexOf('/') + 1));
    return file ? [{ ...file, name: path, text: readFileSync(join(spool, path), 'utf8') }] : [];
  });
}

/** Each closed minute's clock time, lines and connected seconds, as `13:00 2 60`. */
export const briefly = (spool: string): string[] =>
  readMinutes(spool).map(
    ({ minute, lines, connectedSeconds }) => `${minuteName(minute).slice(11, 16)} ${lines} ${connectedSeconds}`,
  );

/** A line as it was sent: without the note of receipt. */
export function withoutNote(line: string): string {
  const at = line.lastIndexOf(',"__twarc":{');
  return at < 0 ? line : `${line.slice(0, at)}}`;
}

/** The payloads of minute files, as they were sent. */
export const payloadsOf = (minutes: readonly { readonly text: string }[]): string[] =>
  minutes.flatMap(({ text }) => text.split('\n').slice(0, -1)).map(withoutNote);
