// Every kind of fault that fits into one process, as strikes: network, SFTP and sshd, processes, disks, clocks, mail, OSF.
// Takes the stage and a random number; leaves the fault done, and its name.
import { osfFaults } from '../../../src/emulate/osf-fault.ts';
import type { SftpFault } from '../../../src/emulate/sftp-fault.ts';
import { minuteMs } from '../../../src/domain/time.ts';
import type { Stage } from './stage.ts';

export type Random = () => number;

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
  'cut-off for=20m',
] as const;

const sftpMishaps: readonly SftpFault[] = [
  { on: 'any', is: 'drop' },
  { on: 'RENAME', is: 'drop', when: 'after' },
  { on: 'WRITE', is: 'corrupt' },
  { on: 'WRITE', is: 'shorten' },
  { on: 'WRITE', is: 'lie' },
  { on: 'WRITE', is: 'refuse', with: 'no-space' },
  { on: 'OPEN', is: 'refuse', with: 'permission-denied' },
  { on: 'RENAME', is: 'refuse', with: 'permission-denied' },
  { on: 'CONNECT', is: 'drop', times: 5 },
  { on: 'WRITE', is: 'hang' },
  { on: 'any', is: 'slow', delayMs: 5_000 },
];

type Strike = (random: Random, stage: Stage) => string;

const serverOf = (random: Random): 0 | 1 => (random() < 0.5 ? 0 : 1);

const stream: Strike = (random, { emulator }) => {
  const fault = pick(random, streamFaults);
  const [name = '', ...rest] = fault.split(' ');
  emulator.fault([name, `to=server${serverOf(random) + 1}`, ...rest].join(' '));
  return `stream ${fault}`;
};

/** Nobody hears anything: what comes then is lost, and must be said. */
const darkness: Strike = (_random, { emulator }) => {
  emulator.fault('cut-off for=70s');
  return 'both cut off';
};

const sftp: Strike = (random, { sshd, clock }) => {
  const fault = { ...pick(random, sftpMishaps), skip: Math.floor(random() * 20) };
  sshd.fault(fault);
  // The patience of the network is real time, which does not pass here.
  if (fault.is === 'hang') void clock.sleep(2 * minuteMs).then(() => sshd.dropAll());
  return `sftp ${fault.is} ${fault.on}`;
};

const sshdAway: Strike = (random, { sshd }) => {
  const isStranger = random() < 0.3;
  sshd.away({ forMs: (2 + 40 * random()) * minuteMs, isStranger });
  return isStranger ? 'sshd with another key' : 'sshd away';
};

const death: Strike = (random, { servers }) => {
  const { services } = servers[serverOf(random)];
  const [name, service] = pick(random, [...services]);
  if (random() < 0.4) {
    service.stop();
    return `stop ${name}`;
  }
  service.die(Math.floor(random() * 60));
  return `death ${name}`;
};

const disk: Strike = (random, { servers }) => {
  const trouble = random() < 0.5 ? 'ENOSPC' : 'EIO';
  servers[serverOf(random)].spoil(trouble, (0.2 + 6 * random()) * minuteMs);
  return `disk ${trouble}`;
};

/** Forward or back by up to two minutes; back to the right time later, as NTP does. */
const clockStep: Strike = (random, { servers, clock }) => {
  const server = servers[serverOf(random)];
  const byMs = Math.round((random() - 0.5) * 4 * minuteMs);
  server.clock.step(byMs);
  void clock.sleep((1 + 20 * random()) * minuteMs).then(() => server.clock.step(-byMs));
  return `clock ${byMs > 0 ? 'forward' : 'back'}`;
};

const mail: Strike = (random, { mailbox }) => {
  const forMs = (5 + 300 * random()) * minuteMs;
  const how = pick(random, ['away', 'later', 'refused'] as const);
  mailbox.spoil(how, forMs);
  return `mail ${how}`;
};

const osf: Strike = (random, stage) => {
  const fault = pick(random, osfFaults);
  stage.osf.fault(random() < 0.5 ? `${fault} times=${1 + Math.floor(random() * 4)}` : `${fault} share=0.5 for=20m`);
  return `osf ${fault}`;
};

const kinds: readonly (readonly [share: number, strike: Strike])[] = [
  [0.34, stream],
  [0.03, darkness],
  [0.14, sftp],
  [0.04, sshdAway],
  [0.2, death],
  [0.09, disk],
  [0.06, clockStep],
  [0.05, mail],
  [0.05, osf],
];

/** One fault at random; gives its name. */
export function strike(random: Random, stage: Stage): string {
  let left = random();
  for (const [share, kind] of kinds) {
    left -= share;
    if (left < 0) return kind(random, stage);
  }
  return stream(random, stage);
}
