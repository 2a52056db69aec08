// A running ingest for tests: a folder of its own, a clock wound by hand, a log that is kept; and readings of what it leaves.
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../src/config/read.ts';
import { type MinuteFile, parseMinuteFileName } from '../../src/domain/minute-file.ts';
import { type IngestParts, runIngest } from '../../src/ingest/service.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import type { Log } from '../../src/outside/log.ts';
import type { World } from '../../src/outside/world.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

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
  start(): void;
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
  return {
    spool,
    clock,
    events,
    alerts,
    raised,
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
      running = runIngest(settings, world, { random: () => 0, ...parts });
      running.catch(() => {});
    },
    async stop() {
      stopper.abort(new Error('stopped by the test'));
      await running;
    },
  };
}

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

/** A line as it was sent: without the note of receipt. */
export function withoutNote(line: string): string {
  const at = line.lastIndexOf(',"__twarc":{');
  return at < 0 ? line : `${line.slice(0, at)}}`;
}

/** The payloads of minute files, as they were sent. */
export const payloadsOf = (minutes: readonly { readonly text: string }[]): string[] =>
  minutes.flatMap(({ text }) => text.split('\n').slice(0, -1)).map(withoutNote);
