// Ingest as a process of its own, ended by SIGKILL at random moments again and again, in fast time.
// Takes a number of kills and a seed; leaves what happened, and every difference between what was sent and what was kept.
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { contentDigest } from '../../src/domain/minute-file.ts';
import { startEmulator } from '../../src/emulate/emulator.ts';
import { digestOf, type LedgerRecord } from '../../src/emulate/ledger.ts';
import { fastClock, parseClockOption, systemClock } from '../../src/outside/clock.ts';
import { startChild } from '../support/child.ts';
import { randomOf } from '../support/random.ts';
import { until } from '../support/until.ts';
import { ingestFolder } from '../support/ingest-folder.ts';
import { type ReadMinute, readMinutes, withoutNote } from './journey.ts';
import { type Interval, lineDifferences, minuteDifferences, readGaps, readUnfinishedGap } from './ledger-check.ts';
import { judged, type Life, liveOn } from './lives.ts';

export interface KillsSetting {
  readonly kills: number;
  readonly seed: number;
  /** The disk takes so long for each sync, at most; as long as it likes where left out. */
  readonly syncMs?: number;
}

export interface KillsReport {
  readonly minutes: number;
  /** Lines that were certainly received, and lines kept. */
  readonly sent: number;
  readonly kept: number;
  readonly connects: number;
  /** Lines sent to a process after it was last seen with nothing left to do, and before its death: they may be missing. */
  readonly unsure: number;
  /** Lines of which a kill left a part. */
  readonly torn: number;
  readonly differences: readonly string[];
}

/** Emulated seconds in one real second: the API's limit of connects passes in half a minute. */
const speed = 30;
const longestLifeMs = 4_000;
/** A machine that is busy with much else starts a process slowly. */
const patienceMs = 600_000;

export async function killAgainAndAgain({ kills, seed, syncMs }: KillsSetting): Promise<KillsReport> {
  const option = `2026-03-10T13:00Z@${Date.now()}*${speed}`;
  const setting = parseClockOption(option);
  if (!setting) throw new Error(option);
  const clock = fastClock(setting);
  const ledger: LedgerRecord[] = [];
  const limits = { connects: 1_000_000, connections: 1_000 };
  await using emulator = await startEmulator({
    clock,
    realClock: systemClock(),
    seed,
    rate: 10,
    limits,
    ledger: { record: (record) => void ledger.push(record) },
  });
  const { spool, configPath } = ingestFolder(`${emulator.url}/server1`);
  const live = () => startChild(['ingest', '--config', configPath, '--clock', option], nodeWith(syncMs));
  const startMs = clock.now();
  // Each process that is started leaves one listener, so that none outlives the test.
  process.setMaxListeners(kills + 20);
  const random = randomOf(seed);
  const lives: Life[] = [];
  let torn = 0;
  for (let kill = 0; kill < kills; kill++) {
    const beganMs = clock.now();
    const child = live();
    // Most deaths come in the midst of hearing, some while a start takes up what the one before left.
    if (random() < 0.8)
      await until(
        'a connection, or the end',
        () => child.stderr.includes('"stream.connected"') || child.end !== undefined,
        patienceMs,
      );
    const writtenUpToMs = await liveOn(child, { forMs: random() * longestLifeMs, clock, emulator });
    child.process.kill('SIGKILL');
    lives.push({ beganMs, writtenUpToMs });
    await child.ended(patienceMs);
    torn += child.stderr.split('"line.torn"').length - 1;
  }
  lives.push({ beganMs: clock.now(), writtenUpToMs: undefined });
  const last = live();
  await until('a connection', () => last.stderr.includes('"stream.connected"'), patienceMs);
  await pause(2_000);
  last.process.kill('SIGTERM');
  await last.ended(patienceMs);
  await emulator.close();
  const records = judged(ledger, lives);
  const minutes = readMinutes(spool);
  const gaps = [...readGaps(spool), readUnfinishedGap(spool)];
  return {
    minutes: minutes.length,
    sent: records.filter(({ what }) => what === 'sure').length,
    unsure: records.filter(({ what }) => what === 'unsure').length,
    kept: minutes.reduce((sum, { lines }) => sum + lines, 0),
    connects: ledger.filter(({ what }) => what === 'opened').length,
    torn,
    differences: [
      ...(last.end === 0 ? [] : [`the last one ended with ${String(last.end)}: ${last.stderr.slice(-500)}`]),
      ...lineDifferences(records, minutes),
      ...minuteDifferences(minutes, gaps, { startMs, mayClaimLess: true }),
      ...minutes
        .filter(({ text, digest }) => contentDigest(Buffer.from(text)) !== digest)
        .map(({ name }) => `${name} does not hold what its name says`),
      ...readdirSync(spool, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.part'))
        .map((name) => `${name} was left`),
      ...deathDifferences(ledger, gaps, minutes),
    ],
  };
}

/** Node and the sources, on a disk that syncs so slowly. */
function nodeWith(syncMs: number | undefined): string[] {
  const preload = `${new URL('../support/slow-syncs.ts', import.meta.url).href}?ms=${syncMs}`;
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  return [process.execPath, ...(syncMs === undefined ? [] : ['--import', preload]), main];
}

/** Between the last line kept of one connection and the first of the next lies a gap, by the clock of those who heard them. */
function deathDifferences(
  ledger: readonly LedgerRecord[],
  gaps: readonly Interval[],
  minutes: readonly ReadMinute[],
): string[] {
  const received = new Map<string, number>();
  for (const line of minutes.flatMap(({ text }) => text.split('\n').slice(0, -1)))
    received.set(digestOf(Buffer.from(withoutNote(line))), receivedMs(line));
  const heard = new Map<number, { firstMs: number; lastMs: number }>();
  for (const record of ledger) {
    const atMs = 'sha256' in record ? received.get(record.sha256) : undefined;
    if (atMs === undefined) continue;
    const { firstMs, lastMs } = heard.get(record.connection) ?? { firstMs: atMs, lastMs: atMs };
    heard.set(record.connection, { firstMs: Math.min(firstMs, atMs), lastMs: Math.max(lastMs, atMs) });
  }
  const inOrder = [...heard.values()].sort((a, b) => a.firstMs - b.firstMs);
  return inOrder.slice(1).flatMap(({ firstMs }, index) => {
    const lastMs = inOrder[index]?.lastMs ?? firstMs;
    const hasGap = gaps.some(({ fromMs, toMs }) => fromMs <= firstMs && toMs >= lastMs);
    return hasGap ? [] : [`no gap between ${new Date(lastMs).toISOString()} and ${new Date(firstMs).toISOString()}`];
  });
}

const receivedMs = (line: string): number =>
  Date.parse((JSON.parse(line) as { __twarc: { retrieved_at: string } }).__twarc.retrieved_at);
