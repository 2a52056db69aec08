// Two ingests, each a process of its own, hear one stream in real time, with faults on either.
// Takes a duration and a seed; leaves what happened, and every line that both lost outside of their joint gaps.
import { setTimeout as pause } from 'node:timers/promises';
import { readConfig } from '../../src/config/read.ts';
import { Dice } from '../../src/emulate/dice.ts';
import { startEmulator } from '../../src/emulate/emulator.ts';
import { digestOf, type LedgerLine, type LedgerRecord } from '../../src/emulate/ledger.ts';
import { systemClock } from '../../src/outside/clock.ts';
import { streamUrl } from '../../src/ingest/request.ts';
import { openStream } from '../../src/outside/http-stream.ts';
import { type Child, startChild } from '../support/child.ts';
import { until } from '../support/until.ts';
import { ingestFolder } from '../support/ingest-folder.ts';
import { readMinutes, type ReadMinute, withoutNote } from './journey.ts';
import { type Interval, lineDifferences, readGaps, readUnfinishedGap } from './ledger-check.ts';

export interface PairSetting {
  readonly seconds: number;
  readonly seed: number;
  readonly rate: number;
}

export interface PairReport {
  readonly lines: number;
  readonly kept: readonly number[];
  readonly inBoth: number;
  readonly inJointGaps: number;
  readonly gapSeconds: readonly number[];
  /** How long the emulator itself lagged when connections ended, summed. */
  readonly doubtSeconds: readonly number[];
  readonly faults: number;
  readonly differences: readonly string[];
}

const faults: readonly ((dice: Dice) => string)[] = [
  () => 'drop',
  () => 'end',
  () => 'half-line',
  () => 'half-line how=reset',
  () => 'operational-disconnect',
  () => 'stall for=26s',
  (dice) => `split-characters for=${2 + dice.below(10)}s`,
  (dice) => `chunks bytes=${1 + dice.below(20)}B for=${1 + dice.below(3)}s`,
  () => 'huge-line bytes=3MB',
  (dice) => `cut-off for=${1 + dice.below(15)}s`,
  () => 'refuse status=503; drop',
  () => 'accept-then-close times=2; drop',
];

interface Server {
  readonly spool: string;
  readonly child: Child;
}

function startServer(number: 1 | 2, api: string): Server {
  const { spool, configPath } = ingestFolder(`${api}/server${number}`, { server: number });
  return { spool, child: startChild(['ingest', '--config', configPath]) };
}

/** Someone who hears everything, asked for with the same fields: what was due, whatever befell the two. */
async function startReference(api: string, signal: AbortSignal): Promise<void> {
  const config = readConfig(
    `server = 1\n[ingest]\napi = "${api}/reference"\nbearer_token_file = "/nowhere"\n`,
    'reference',
    ['ingest'],
  );
  const headers = { Authorization: 'Bearer emulated' };
  const answer = await openStream({ url: streamUrl(config.ingest), headers, clock: systemClock(), signal });
  answer.hear(() => undefined).catch(() => {});
}

export async function hearTogether({ seconds, seed, rate }: PairSetting): Promise<PairReport> {
  const clock = systemClock();
  const ledger: LedgerRecord[] = [];
  const limits = { connects: 1_000, connections: 10 };
  await using emulator = await startEmulator({
    clock,
    seed,
    rate,
    limits,
    ledger: { record: (record) => void ledger.push(record) },
  });
  const over = new AbortController();
  await startReference(emulator.url, over.signal);
  const servers = [startServer(1, emulator.url), startServer(2, emulator.url)] as const;
  await until('both to hear', () => emulator.listeners.length === 3, 60_000);
  const beganMs = clock.now();
  const struck = await strike(emulator, { seconds, seed });
  // What was sent within the last second before the end is unsure; and an open gap would excuse too much.
  const hears = (label: string): boolean => emulator.listeners.some(({ setting }) => setting.label === label);
  await until('both to hear again', () => hears('server1') && hears('server2'), 600_000);
  await pause(2_500);
  for (const { child } of servers) child.process.kill('SIGTERM');
  for (const { child } of servers) await until('the end', () => child.end !== undefined);
  over.abort(new Error('over'));
  await emulator.close();
  return reportOf(
    servers.map(({ spool }) => spool),
    { ledger, beganMs, struck },
  );
}

async function strike(
  emulator: { fault(text: string): number },
  { seconds, seed }: { seconds: number; seed: number },
): Promise<number> {
  const dice = new Dice(seed, 0);
  const endMs = performance.now() + seconds * 1000;
  let struck = 0;
  while (performance.now() < endMs) {
    // Some thirty faults, however long it lasts, and fewer where it is short: more would use up the connects that the API
    // allows, and what is tried here is loss, not waiting.
    await pause(Math.max((seconds * 1000 * (50 + dice.below(100))) / 3_000, 3_000));
    // Mostly one of them suffers, sometimes both: then there is a joint gap.
    const aimed = dice.below(5) === 0 ? ['server1', 'server2'] : [`server${1 + dice.below(2)}`];
    const fault = faults[dice.below(faults.length)]?.(dice) ?? '';
    for (const label of aimed)
      emulator.fault(
        fault
          .split(';')
          .map((part) => `${part.trim()} to=${label}`)
          .join('; '),
      );
    struck += aimed.length;
  }
  return struck;
}

/**
 * Of each connection the time in which the emulator itself had not brought its lines through when it ended, by the reference's
 * times: from the last line that certainly went out to the end. A second before a break, and more where a busy machine's emulator
 * lagged: a stream in chunks of a few bytes costs it a great many writes. What was in doubt may have been received or not.
 */
function doubtsOf(ledger: readonly LedgerRecord[], label: string): Interval[] {
  const dueMs = new Map(
    ledger
      .filter(isLine)
      .filter(isReference)
      .map(({ sha256, at }) => [sha256, at]),
  );
  const surelyUpToMs = new Map<number, number>();
  const doubts: Interval[] = [];
  for (const record of ledger.filter((each) => each.label === label)) {
    const { connection, what, at } = record;
    if (what === 'opened') surelyUpToMs.set(connection, at);
    else if (what === 'sure')
      surelyUpToMs.set(connection, dueMs.get(record.sha256) ?? surelyUpToMs.get(connection) ?? at);
    else if (what !== 'unsure') doubts.push({ fromMs: surelyUpToMs.get(connection) ?? at, toMs: at });
  }
  return doubts;
}

const isLine = (record: LedgerRecord): record is LedgerLine => 'sha256' in record;
const isReference = ({ label }: LedgerRecord): boolean => label === 'reference';

const isWithin = (intervals: readonly Interval[], at: number): boolean =>
  intervals.some(({ fromMs, toMs }) => fromMs <= at && at <= toMs);

/** Does the gap touch the second of that moment, or one beside it? */
const isTouched = (gaps: readonly Interval[], at: number): boolean =>
  gaps.some(({ fromMs, toMs }) => fromMs - 1_000 < at && at < toMs + 1_000);

const gapsAbout = (gaps: readonly Interval[], at: number): Interval[] =>
  gaps.filter(({ fromMs, toMs }) => fromMs < at + 20_000 && toMs > at - 20_000);

const digestsOf = (minutes: readonly ReadMinute[]): Set<string> =>
  new Set(
    minutes
      .flatMap(({ text }) => text.split('\n').slice(0, -1))
      .map((line) => digestOf(Buffer.from(withoutNote(line)))),
  );

function reportOf(
  spools: readonly string[],
  { ledger, beganMs, struck }: { ledger: readonly LedgerRecord[]; beganMs: number; struck: number },
): PairReport {
  const servers = spools.map((spool, index) => {
    const minutes = readMinutes(spool);
    const gaps = [...readGaps(spool), readUnfinishedGap(spool)];
    const label = `server${index + 1}`;
    const doubts = doubtsOf(ledger, label);
    const isExcused = ({ at }: LedgerLine): boolean => isTouched(gaps, at) || isWithin(doubts, at);
    return { label, minutes, gaps, doubts, isExcused, kept: digestsOf(minutes) };
  });
  const due = ledger
    .filter(isLine)
    .filter(isReference)
    .filter(({ what, at }) => what === 'sure' && at > beganMs + 1_000);
  const isJoint = ({ at }: LedgerLine): boolean => servers.every(({ gaps }) => isTouched(gaps, at));
  const isJointlyExcused = (line: LedgerLine): boolean => servers.every(({ isExcused }) => isExcused(line));
  const say = ({ id, at }: LedgerLine): string => `${id} of ${new Date(at).toISOString()}`;
  const differences = [
    ...servers.flatMap(({ label, minutes }) =>
      lineDifferences(
        ledger.filter((record) => record.label === label),
        minutes,
      ),
    ),
    ...due
      .filter((line) => !isJointlyExcused(line) && !servers.some(({ kept }) => kept.has(line.sha256)))
      .map((line) => `nobody kept ${say(line)}, and it lies in no joint gap`),
    ...servers.flatMap(({ label, gaps, isExcused, kept }) =>
      due
        .filter((line) => !isExcused(line) && !kept.has(line.sha256))
        .map(
          (line) =>
            `${label} claims to have been connected, but lacks ${say(line)}; its gaps about then: ${JSON.stringify(gapsAbout(gaps, line.at))}`,
        ),
    ),
  ];
  return {
    lines: due.length,
    kept: servers.map(({ kept }) => kept.size),
    inBoth: due.filter(({ sha256 }) => servers.every(({ kept }) => kept.has(sha256))).length,
    inJointGaps: due.filter(isJoint).length,
    gapSeconds: servers.map(({ gaps }) =>
      Math.round(gaps.slice(0, -1).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) / 1000),
    ),
    doubtSeconds: servers.map(({ doubts }) =>
      Math.round(doubts.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, toMs - fromMs), 0) / 1000),
    ),
    faults: struck,
    differences,
  };
}
