// The stage of the soak: both servers with their services as the commands run them, and a stand-in for everything that they talk to,
// in one process and one time. Takes a folder, rate, seed and end; leaves it all running until it is disposed of.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { ingest } from '../../../src/commands/ingest.ts';
import { ship } from '../../../src/commands/ship.ts';
import { watch } from '../../../src/commands/watch.ts';
import { type Scene, configure, demoProject, setScene } from '../../../src/demo/scene.ts';
import { type Emulator, startEmulator } from '../../../src/emulate/emulator.ts';
import type { LedgerRecord } from '../../../src/emulate/ledger.ts';
import { type OsfStandIn, startOsf } from '../../../src/emulate/osf.ts';
import type { SftpFault } from '../../../src/emulate/sftp-fault.ts';
import { type SftpServer, startSftpServer } from '../../../src/emulate/sftp-server.ts';
import { type Clock } from '../../../src/outside/clock.ts';
import { systemDisk } from '../../../src/outside/disk.ts';
import { type StandInMailServer, startMailServer, type TakenLetter } from '../../../src/emulate/mail-server.ts';
import type { QuietClock } from '../quiet-clock.ts';
import { type Server, startServer } from './server.ts';

/** sshd on server 1: it can be gone for a while, or another machine may answer in its place. */
export interface Sshd {
  fault(fault: SftpFault): void;
  clearFaults(): void;
  dropAll(): void;
  away(how: { readonly forMs: number; readonly isStranger: boolean }): void;
}

export interface Mailbox {
  /** away: nobody listens. later: 450. refused: 550. */
  spoil(how: 'away' | 'later' | 'refused', forMs: number): void;
  readonly taken: readonly TakenLetter[];
}

export interface Stage {
  readonly clock: Clock;
  readonly scene: Scene;
  readonly sent: readonly LedgerRecord[];
  readonly emulator: Emulator;
  readonly sshd: Sshd;
  readonly osf: OsfStandIn;
  readonly mailbox: Mailbox;
  readonly servers: readonly [Server, Server];
  /** No fault from now on. Resolves when those that last are ended. */
  calm(): Promise<void>;
  close(): Promise<void>;
}

export interface StageSetting {
  readonly folder: string;
  readonly clock: QuietClock;
  readonly rate: number;
  readonly seed: number;
  /** True epoch ms: no tweet from then on. */
  readonly untilMs: number;
}

/** How long a service may need to end. */
const lastingMs = 10_000;

/** Outages one after the other: each is over before the next one begins. */
interface Outages {
  add(forMs: number, work: (over: () => Promise<void>) => Promise<void>): void;
  /** Ends the one that lasts, and leaves out those that wait. */
  end(): Promise<void>;
}

function outages(clock: Clock): Outages {
  const ending = new AbortController();
  let last = Promise.resolve();
  return {
    add(forMs, work) {
      const over = (): Promise<void> => clock.sleep(forMs, ending.signal).catch(() => {});
      last = last.then(() => (ending.signal.aborted ? undefined : work(over)));
    },
    end() {
      ending.abort(new Error('calm'));
      return last;
    },
  };
}

async function startSshd(
  scene: Scene,
  clock: Clock,
): Promise<Sshd & { first: SftpServer; calm(): Promise<void>; close(): Promise<void> }> {
  const setting = { folder: scene.inbox, clock, authorizedKeys: [scene.shipKey] };
  const first = await startSftpServer(setting);
  let server = first;
  const away = outages(clock);
  return {
    first,
    fault: (fault) => server.fault(fault),
    clearFaults: () => server.clearFaults(),
    dropAll: () => server.dropAll(),
    away: ({ forMs, isStranger }) =>
      away.add(forMs, async (over) => {
        await server.close();
        const stranger = isStranger ? await startSftpServer({ ...setting, port: first.port }) : undefined;
        await over();
        await stranger?.close();
        server = await startSftpServer({ ...setting, port: first.port, hostKey: first.hostKey });
      }),
    calm: away.end,
    close: () => server.close(),
  };
}

async function startMailbox(
  clock: Clock,
): Promise<Mailbox & { port: number; calm(): Promise<void>; close(): Promise<void> }> {
  let server: StandInMailServer = await startMailServer();
  const { port } = server;
  const earlier: TakenLetter[] = [];
  const troubles = outages(clock);
  const away = async (over: () => Promise<void>): Promise<void> => {
    await server[Symbol.asyncDispose]();
    earlier.push(...server.taken);
    await over();
    server = await startMailServer({ port });
  };
  const refuse = async (code: number, over: () => Promise<void>): Promise<void> => {
    server.refuse = () => ({ code, text: 'not now' });
    await over();
    server.refuse = () => undefined;
  };
  return {
    port,
    spoil: (how, forMs) =>
      troubles.add(forMs, (over) => (how === 'away' ? away(over) : refuse(how === 'later' ? 450 : 550, over))),
    get taken() {
      return [...earlier, ...server.taken];
    },
    calm: troubles.end,
    close: async () => server[Symbol.asyncDispose](),
  };
}

const tellingText = (port: number): string =>
  `[mail]\nsmtp = "smtp://127.0.0.1:${port}"\nfrom = "streamvault@localhost"\nto = ["people@localhost"]\nreport_at = "02:00"\n[alerts]\ndisk_free = "1s"\n`;

export async function setStage({ folder, clock, rate, seed, untilMs }: StageSetting): Promise<Stage> {
  const scene = await setScene(systemDisk, folder);
  const sent: LedgerRecord[] = [];
  const sshd = await startSshd(scene, clock);
  const mailbox = await startMailbox(clock);
  const osf = await startOsf({ project: demoProject, token: scene.token, now: clock.now, seed });
  const emulator = await startEmulator({
    clock,
    realClock: clock,
    tokens: [scene.token],
    rate,
    seed,
    untilMs,
    waitFor: 2,
    ledger: { record: (record) => void sent.push(record) },
  });
  // Raw files of every hour that lacks one stay for the window: the default's eight days of them, looked at every five seconds
  // of a month, would be most of the work. A day is longer than any fault here lasts.
  const waiting = { patience: '10m', lateWindow: '24h' };
  await configure(systemDisk, scene, { api: emulator.url, sftp: sshd.first, ...waiting, osf: osf.api });
  const configs = [1, 2].map((server) => join(folder, `server-${server}`, 'config.toml'));
  for (const path of configs) appendFileSync(path, tellingText(mailbox.port));
  const end = new AbortController();
  const start = (index: 0 | 1): Server =>
    startServer({
      clock: clock.server(),
      now: clock.now,
      config: configs[index] ?? '',
      commands: index === 0 ? [ingest, watch] : [ingest, ship],
      signal: end.signal,
    });
  const servers = [start(0), start(1)] as const;
  return {
    clock,
    scene,
    sent,
    emulator,
    sshd,
    osf,
    mailbox,
    servers,
    async calm() {
      emulator.clearFaults();
      sshd.clearFaults();
      await Promise.all([sshd.calm(), mailbox.calm()]);
    },
    async close() {
      end.abort(new Error('the soak is over'));
      await Promise.race([Promise.allSettled(servers.map(({ ended }) => ended)), clock.sleep(lastingMs)]);
      await emulator.close();
      await Promise.all([sshd.close(), mailbox.close(), osf[Symbol.asyncDispose]()]);
    },
  };
}
