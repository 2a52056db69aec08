// An older vault, verified day by day. Takes its folder; leaves what each hour holds and what is wrong, and for days that are
// sound throughout the sums that make damage visible later. Outputs of the older system are never changed.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isDayFolder } from '../domain/minute-file.ts';
import { hourLabelOfReceipt, reportName, sumsName, sumsText } from '../domain/vault.ts';
import { type Disk, textAt } from '../outside/disk.ts';
import { coreCount, startWorker } from '../outside/workers.ts';
import { openJournal, type Journal } from './journal.ts';
import { type OlderHour, olderKinds, readOlderName, reportedTotals } from './vault-check.ts';
import type { OlderQuestion } from './worker.ts';

export interface OlderDay {
  readonly day: string;
  readonly hours: readonly OlderHour[];
  /** Does a report of the older system stand there? */
  readonly hasReport: boolean;
}

export interface VaultSetting {
  readonly disk: Disk;
  readonly signal: AbortSignal;
  readonly isDry: boolean;
}

interface Bench extends VaultSetting {
  readonly vault: string;
  readonly journal: Journal;
  ask(question: OlderQuestion): Promise<OlderHour>;
}

/** Verifies every day that holds hours of the older system, oldest first; hours with a receipt of ours are not its concern. */
export async function* verifyOlderVault(vault: string, setting: VaultSetting): AsyncGenerator<OlderDay> {
  const { disk, signal, isDry } = setting;
  await using stack = new AsyncDisposableStack();
  const workers = Array.from({ length: coreCount() }, () => stack.use(startWorker<OlderQuestion, OlderHour>('older')));
  const journal = stack.use(await openJournal(vault, disk, isDry));
  let turn = 0;
  const ask: Bench['ask'] = (question) => {
    const worker = workers[turn++ % workers.length];
    if (worker === undefined) throw new Error('no worker');
    return worker.ask(question);
  };
  for (const { name, isFile } of await disk.list(vault)) {
    signal.throwIfAborted();
    // A day may lie on another disk, with a link in its place.
    if (isFile || !isDayFolder(name)) continue;
    const day = await verifyDay(name, { ...setting, vault, journal, ask });
    if (day.hours.length > 0) yield day;
  }
}

async function verifyDay(day: string, bench: Bench): Promise<OlderDay> {
  const folder = join(bench.vault, day);
  const names = (await bench.disk.list(folder)).filter(({ isFolder }) => !isFolder).map(({ name }) => name);
  const ours = new Set(names.map((name) => hourLabelOfReceipt(name)?.label));
  const read = names.map(readOlderName).filter((older) => older?.day === day);
  const labels = [...new Set(read.map((older) => older?.label ?? ''))].filter((label) => !ours.has(label));
  const totals = reportedTotals((await textAt(join(folder, reportName(day)), bench.disk)) ?? '');
  const hours = await Promise.all(
    labels.map((label) => verifyHour({ folder, prefix: `${day}_${label}`, reported: totals.get(label) }, bench)),
  );
  const isWhole = hours.length > 0 && ours.size === 1 && hours.every(({ problems }) => problems.length === 0);
  if (isWhole && !bench.isDry && !names.includes(sumsName)) await writeSums(folder, { names, hours }, bench.disk);
  return { day, hours, hasReport: names.includes(reportName(day)) };
}

async function verifyHour(question: OlderQuestion, { journal, disk, ask }: Bench): Promise<OlderHour> {
  const facts = await Promise.all(
    olderKinds.map((kind) => disk.facts(join(question.folder, `${question.prefix}_${kind}`))),
  );
  const stamp = [...facts.map((fact) => `${fact?.bytes} ${fact?.modifiedMs}`), question.reported].join(', ');
  const known = journal.known(question.prefix, stamp);
  if (known) return known;
  const found = await ask(question);
  await journal.add(stamp, found);
  return found;
}

interface DayFiles {
  readonly names: readonly string[];
  readonly hours: readonly OlderHour[];
}

async function writeSums(folder: string, { names, hours }: DayFiles, disk: Disk): Promise<void> {
  const sums = new Map<string, string>();
  const read = Object.assign({}, ...hours.map(({ sha256 }) => sha256)) as Record<string, string>;
  for (const name of names) {
    if (name.startsWith('.')) continue;
    const sum =
      read[name] ??
      createHash('sha256')
        .update(await disk.read(join(folder, name)))
        .digest('hex');
    sums.set(name, sum);
  }
  await disk.write(join(folder, sumsName), sumsText(sums));
}
