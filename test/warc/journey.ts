// The whole way: emulator with faults → ingest with an archive, killed again and again → the archive recovered.
// Takes a number of kills and a seed; leaves every difference between what was sent, the minute files and the archive.
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startEmulator } from '../../src/emulate/emulator.ts';
import { type LedgerLine, type LedgerRecord, digestOf } from '../../src/emulate/ledger.ts';
import { fastClock, parseClockOption, systemClock } from '../../src/outside/clock.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { verifyWarcs } from '../../src/warc/verify.ts';
import { payloadsOf, readMinutes } from '../ingest/journey.ts';
import { lineDifferences } from '../ingest/ledger-check.ts';
import { startChild } from '../support/child.ts';
import { randomOf } from '../support/random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { stopUnread } from '../support/unread-bytes.ts';
import { until } from '../support/until.ts';
import { ingestFolder } from '../support/ingest-folder.ts';
import { archiving } from './archiving.ts';
import { readAll } from './reading.ts';

export interface JourneyReport {
  /** Lines that were certainly sent; tweets in the archive; lines in minute files. */
  readonly sent: number;
  readonly archived: number;
  readonly kept: number;
  readonly files: readonly string[];
  readonly answers: number;
  /** Lines at the end of a connection that nobody read: the kernel still held as many bytes when the process was killed. */
  readonly unread: number;
  readonly spool: string;
  readonly warc: string;
  readonly configPath: string;
  /** Was this payload certainly sent to somebody who was still there afterwards? */
  readonly isSure: (payload: string) => boolean;
  readonly differences: readonly string[];
}

const lineEndBytes = 2;
/**
 * Emulated seconds in one real second. Few: of what a connection and the archive are waited for, a busy machine must have enough left.
 * An archive that is not open after 5 s does not get that connection, as it should be.
 */
const speed = 3;
const tweetsPerSecond = 100;
const longestLifeMs = 4_000;
const faults = ['drop', 'end', 'half-line', 'chunks for=20s', 'split-characters for=20s', 'operational-disconnect'];

export async function archivedJourney({ kills, seed }: { kills: number; seed: number }): Promise<JourneyReport> {
  // An hour ends soon after the start, so that an answer is cut there.
  const option = `2026-03-10T12:59:50Z@${Date.now()}*${speed}`;
  const setting = parseClockOption(option);
  if (!setting) throw new Error(option);
  const ledger: LedgerRecord[] = [];
  await using emulator = await startEmulator({
    clock: fastClock(setting),
    realClock: systemClock(),
    seed,
    rate: tweetsPerSecond,
    limits: { connects: 1_000_000, connections: 1_000 },
    ledger: { record: (record) => void ledger.push(record) },
  });
  const { spool, warc, configPath } = ingestFolder(`${emulator.url}/server1`, { withArchive: true });
  const live = () => startChild(['ingest', '--config', configPath, '--clock', option]);
  const random = randomOf(seed);
  const differences: string[] = [];
  const atKills: Kill[] = [];
  process.setMaxListeners(kills + 20);
  for (let kill = 0; kill < kills; kill++) {
    const child = live();
    await until('a connection', () => child.stderr.includes('"stream.connected"') || child.end !== undefined, 60_000);
    await pause((random() * longestLifeMs) / 2);
    emulator.fault(faults[Math.floor(random() * faults.length)] as string);
    await pause((random() * longestLifeMs) / 2);
    const unreadBytes = stopUnread(child, Number(new URL(emulator.url).port));
    child.process.kill('SIGKILL');
    atKills.push({ connection: newestConnection(ledger), unreadBytes });
    await until('the end', () => child.end !== undefined);
    differences.push(
      ...(await onlyInMinuteFiles(spool, warc)).map((line) => `after kill ${kill + 1} only in minute files: ${line}`),
    );
  }
  const last = live();
  await until('a connection', () => last.stderr.includes('"stream.connected"'), 60_000);
  await pause(2_000);
  last.process.kill('SIGTERM');
  await until('the end', () => last.end !== undefined);
  await emulator.close();
  // What was not sealed in the time that a stop has, the next start seals.
  const next = await archiving({ folder: warc });
  await until('all to be sealed', () => !next.names().some((name) => name.includes('.spool')));
  await next.archive.close();
  const minutes = readMinutes(spool);
  const files = readdirSync(warc).filter((name) => name.endsWith('.warc.gz'));
  const paths = files.map((name) => join(warc, name));
  const archive = await readAll(paths);
  const report = await verifyWarcs(paths, { disk: systemDisk });
  const archived = { name: 'archive', text: `${archive.lines.join('\n')}\n` } as ReturnType<typeof readMinutes>[number];
  const left = readdirSync(warc).filter((name) => !/\.warc\.gz$|^manifest\.jsonl$|^\.warc\./.test(name));

  const unread = unreadLines(ledger, [...archive.lines, ...payloadsOf(minutes)], atKills);
  const isUnread = (line: LedgerLine): boolean => unread.has(line);
  const sure = new Set(ledger.flatMap((record) => (record.what === 'sure' ? [record.sha256] : [])));
  return {
    isSure: (payload) => sure.has(digestOf(Buffer.from(payload))),
    sent: ledger.filter(({ what }) => what === 'sure').length,
    archived: archive.lines.length,
    kept: minutes.reduce((sum, { lines }) => sum + lines, 0),
    files: paths,
    answers: report.answers.length,
    unread: unread.size,
    spool,
    warc,
    configPath,
    differences: [
      ...differences,
      ...(last.end === 0 ? [] : [`the last one ended with ${String(last.end)}: ${last.stderr.slice(-500)}`]),
      ...lineDifferences(ledger, minutes, isUnread).map((text) => `minute files: ${text}`),
      ...lineDifferences(ledger, [archived], isUnread).map((text) => `archive: ${text}`),
      ...report.issues.map(({ file, detail }) => `${file}: ${detail}`),
      ...left.map((name) => `${name} was left`),
    ],
  };
}

interface Kill {
  /** The number of the connection that was heard. */
  readonly connection: number;
  /** What the kernel had received for it and the process had not read. */
  readonly unreadBytes: number;
}

const newestConnection = (ledger: readonly LedgerRecord[]): number =>
  ledger.reduce((newest, { connection }) => Math.max(newest, connection), 0);

/**
 * Sure lines that nobody read: a busy machine may leave lines in the kernel for more than a second. They are the end of a connection
 * that a kill ended, nothing behind them is anywhere, and the kernel held at least their bytes at that moment. Whatever is missing
 * otherwise, was received and is lost.
 */
function unreadLines(
  ledger: readonly LedgerRecord[],
  kept: readonly string[],
  kills: readonly Kill[],
): Set<LedgerLine> {
  const known = new Set(kept.map((line) => digestOf(Buffer.from(line))));
  const newest = new Map<number, number>();
  for (const record of ledger) {
    if (!('sha256' in record) || !known.has(record.sha256)) continue;
    newest.set(record.connection, Math.max(newest.get(record.connection) ?? 0, record.at));
  }
  const missing = ledger.filter(
    (record) => record.what === 'sure' && record.at > (newest.get(record.connection) ?? 0) && !known.has(record.sha256),
  ) as LedgerLine[];
  return new Set(
    kills.flatMap(({ connection, unreadBytes }) => {
      const lines = missing.filter((line) => line.connection === connection);
      const bytes = lines.reduce((sum, line) => sum + line.bytes + lineEndBytes, 0);
      return bytes <= unreadBytes ? lines : [];
    }),
  );
}

/** Lines that stand in minute files, open ones too, and not in what the archive gives once it is recovered: at any moment there is none. */
async function onlyInMinuteFiles(spool: string, warc: string): Promise<string[]> {
  const copy = join(temporaryFolder(), 'warc');
  cpSync(warc, copy, { recursive: true, filter: (path) => !path.includes('.warc.') || path.endsWith('.gz') });
  const open = await archiving({ folder: copy });
  await until('all to be sealed', () => !open.names().some((name) => name.includes('.spool')));
  await open.archive.close();
  const { lines } = await readAll(open.finished().map((name) => join(copy, name)));
  const archived = new Map<string, number>();
  for (const line of lines) archived.set(line, (archived.get(line) ?? 0) + 1);
  const parts = readdirSync(spool, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.part'));
  const texts = [...readMinutes(spool), ...parts.map((name) => ({ text: readFileSync(join(spool, name), 'utf8') }))];
  return payloadsOf(texts).filter((line) => {
    const left = archived.get(line) ?? 0;
    archived.set(line, left - 1);
    return left < 1;
  });
}
