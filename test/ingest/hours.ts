// Hours of emulated time with faults of every kind at random moments, the clock wound by hand: an hour of a server's life in seconds.
// Takes a number of hours and a seed; leaves what happened, and every difference between what was sent and what was kept.
import { Dice } from '../../src/emulate/dice.ts';
import { startEmulator } from '../../src/emulate/emulator.ts';
import type { LedgerRecord } from '../../src/emulate/ledger.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { manualClock } from '../support/manual-clock.ts';
import { randomOf } from '../support/random.ts';
import { gapDifferences, lineDifferences, minuteDifferences, readGaps, readUnfinishedGap } from './ledger-check.ts';
import { journey, readMinutes } from './journey.ts';

export interface HoursSetting {
  readonly hours: number;
  readonly seed: number;
  /** Tweets a second. */
  readonly rate: number;
  /** Seconds between faults, in the mean. */
  readonly faultEverySeconds: number;
}

export interface HoursReport {
  readonly minutes: number;
  readonly sent: number;
  readonly kept: number;
  readonly gaps: number;
  readonly gapSeconds: number;
  readonly connects: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly differences: readonly string[];
}

/** What may happen; numbers are drawn for each. None lets a line of ours be part of a tweet's: what is stored must stay comparable. */
const faults: readonly ((dice: Dice) => string)[] = [
  () => 'drop',
  () => 'end',
  () => 'close',
  () => 'half-line',
  () => 'half-line how=reset',
  () => 'half-line how=end',
  () => 'operational-disconnect',
  () => 'operational-disconnect reason=UpstreamOperationalDisconnect',
  () => 'system-message',
  () => 'split-keep-alive',
  (dice) => `stall for=${5 + dice.below(40)}s`,
  () => 'stall',
  (dice) => `huge-line bytes=${1 + dice.below(2_000)}kB`,
  () => `inject base64=${Buffer.from('no object\r\n\r\n[]\r\n\0\0\r\n').toString('base64')}`,
  (dice) => `split-characters for=${10 + dice.below(60)}s`,
  (dice) => `chunks bytes=${1 + dice.below(60)}B for=${5 + dice.below(10)}s`,
  (dice) => `drip bytes=${200 + dice.below(3_000)}B every=200ms for=${5 + dice.below(20)}s`,
  (dice) => `drip bytes=1B every=2s for=${90 + dice.below(90)}s`,
  (dice) => `endless-line bytes=${1 + dice.below(900)}kB; close`,
  (dice) => `refuse status=503 times=${1 + dice.below(5)}; drop`,
  (dice) => `refuse status=500 times=${1 + dice.below(3)}; end`,
  () => 'refuse status=429 kind=connections; drop',
  (dice) => (dice.chance(0.2) ? 'refuse status=429 kind=rate; end' : 'end'),
  () => 'refuse status=401; drop',
  () => 'refuse status=404; drop',
  (dice) => `html times=${1 + dice.below(3)}; close`,
  (dice) => `accept-then-close times=${1 + dice.below(6)}; drop`,
  (dice) => `no-answer times=${1 + dice.below(2)}; end`,
  (dice) => `cut-off for=${1 + dice.below(120)}s`,
];

const busy = new Set(['FSReqPromise', 'FSReqCallback', 'TCPConnectWrap', 'ShutdownWrap', 'WriteWrap', 'CloseReq']);

/** Lets everything run that a moment started, until the process only waits for time to pass. */
async function untilQuiet(): Promise<void> {
  for (let [calm, turns] = [0, 0]; calm < 8 && turns < 100_000; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    calm = process.getActiveResourcesInfo().some((name) => busy.has(name)) ? 0 : calm + 1;
  }
}

/** A disk that does not wait for the platters: what a power cut would take is not asked here. */
const hastyDisk: Disk = {
  ...systemDisk,
  async open(path, naming) {
    return { ...(await systemDisk.open(path, naming)), sync: () => Promise.resolve() };
  },
};

export async function liveThrough({ hours, seed, rate, faultEverySeconds }: HoursSetting): Promise<HoursReport> {
  const clock = manualClock(Date.parse('2026-03-10T13:00:07.300Z'), untilQuiet);
  const startMs = clock.now();
  const ledger: LedgerRecord[] = [];
  const emulator = await startEmulator({
    clock,
    realClock: clock,
    seed,
    rate,
    tokens: ['test-token-of-no-worth'],
    ledger: { record: (record) => void ledger.push(record) },
  });
  const made = journey({ api: `${emulator.url}/server1`, clock, disk: hastyDisk, parts: { random: randomOf(seed) } });
  const struck: Record<string, number> = {};
  made.start();
  await clock.pass(0);
  const dice = new Dice(seed, 0);
  const endMs = startMs + hours * 3_600_000;
  let nextFaultMs = startMs + 30_000;
  while (clock.now() < endMs) {
    await clock.pass(Math.min(nextFaultMs, endMs) - clock.now());
    if (clock.now() < nextFaultMs) continue;
    nextFaultMs += 1 + dice.below(2 * faultEverySeconds * 1000);
    // While nobody is connected they would only pile up.
    if (emulator.listeners.length === 0) continue;
    const fault = faults[dice.below(faults.length)]?.(dice) ?? '';
    emulator.fault(fault);
    const kind = fault.replace(/ .*$/, '');
    struck[kind] = (struck[kind] ?? 0) + 1;
  }
  emulator.clearFaults();
  await made.stop();
  await emulator.close();
  const minutes = readMinutes(made.spool);
  const finished = readGaps(made.spool);
  const gaps = [...finished, readUnfinishedGap(made.spool)];
  const strange = finished.filter(({ cause }) =>
    ['process-held', 'clock-step', 'buffer-full', 'process-dead'].includes(cause),
  );
  return {
    minutes: minutes.length,
    sent: ledger.filter(({ what }) => what === 'sure').length,
    kept: minutes.reduce((sum, { lines }) => sum + lines, 0),
    gaps: finished.length,
    gapSeconds: Math.round(finished.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) / 1000),
    connects: ledger.filter(({ what }) => what === 'opened').length,
    faults: struck,
    differences: [
      ...lineDifferences(ledger, minutes),
      ...minuteDifferences(minutes, gaps, { startMs }),
      ...gapDifferences(ledger, gaps, { startMs, endMs }),
      ...strange.map(({ cause, fromMs }) => `${cause} at ${new Date(fromMs).toISOString()}`),
    ],
  };
}
