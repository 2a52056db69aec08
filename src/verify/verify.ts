// `streamvault verify`: the vault held against its receipts. Takes the vault; changes nothing; leaves a verdict an hour and a
// day. Hours are read in parallel, and told in order.
import { join } from 'node:path';
import type { ConfigWith } from '../config/schema.ts';
import { idTableOf } from '../domain/id-table.ts';
import type { IdTable } from '../domain/id-table.ts';
import type { Receipt } from '../domain/receipt.ts';
import { reportText } from '../domain/report.ts';
import { hourBefore, hourName, hoursOfDay, nextHour } from '../domain/time.ts';
import type { Hour } from '../domain/time.ts';
import { nextReceiptName, parseSums, receiptName, reportName, sumsName } from '../domain/vault.ts';
import type { OutputKind } from '../domain/vault.ts';
import { sha256OfFile } from '../outside/disk.ts';
import { filesBelow, VaultView } from '../outside/vault-view.ts';
import { coreCount, startWorker } from '../outside/workers.ts';
import type { WorkerHandle } from '../outside/workers.ts';
import type { World } from '../outside/world.ts';
import { borderProblems, hourProblems } from './hour.ts';
import { verifyKept } from './kept.ts';
import type { Reading, ReadQuestion } from './worker.ts';

/** sound; wrong, and how; in progress: its commit is half done, which the watch finishes; foreign: another tool's, without proof. */
export interface Verdict {
  /** An hour (2026-03-10T14) or a day. */
  readonly of: string;
  readonly is: 'sound' | 'wrong' | 'in progress' | 'foreign';
  readonly problems: readonly string[];
}

interface Bench {
  readonly vault: VaultView;
  readonly world: World;
  readonly workers: readonly WorkerHandle<ReadQuestion, Reading>[];
}

/** Verifies one day, or every day of the vault, oldest first. */
export async function* verifyVault(config: ConfigWith<'watch'>, world: World, day?: string): AsyncGenerator<Verdict> {
  const vault = new VaultView(config.watch.vault, config.timezone, world.disk);
  await using crew = new AsyncDisposableStack();
  const workers = Array.from({ length: coreCount() }, () => crew.use(startWorker<ReadQuestion, Reading>('verify')));
  const bench = { vault, world, workers };
  for (const each of day === undefined ? await vault.days() : [day]) {
    world.signal.throwIfAborted();
    // Of a day that is not there, nothing is sound.
    if ((await vault.names(each)).length > 0) yield* verifyDay(each, bench);
    else if (day === undefined) yield verdictOf(each, ['nothing is in its folder, or its link leads nowhere']);
  }
}

/** The hour before one that is verified, which shares a border with it. */
interface Before {
  readonly start: number;
  readonly ids: IdTable;
}

async function* verifyDay(day: string, bench: Bench): AsyncGenerator<Verdict> {
  let before: Before | undefined;
  const kept = new Map<string, string>();
  const wrong: string[] = [];
  const noted = (verdict: Verdict): Verdict => {
    if (verdict.is === 'wrong') wrong.push(verdict.of);
    return verdict;
  };
  for (const hour of hoursOfDay(day, bench.vault.zone)) {
    const seen = await bench.vault.hour(hour);
    const isInProgress = (await bench.vault.names(day)).includes(nextReceiptName(hour));
    if (isInProgress) yield { of: hourName(hour), is: 'in progress', problems: [] };
    else if (seen.is === 'foreign') yield noted(foreignVerdict(hour, seen.names));
    else if (seen.is === 'made') {
      const found = await verifyHour(hour, seen.receipt, { bench, before });
      yield noted(verdictOf(hourName(hour), found.problems));
      for (const [path, sha256] of found.kept) kept.set(path, sha256);
      before = { start: hour.start, ids: found.ids };
    }
  }
  // A day is no sounder than its hours, for who reads its line alone.
  const ofHours = wrong.length === 0 ? [] : [`wrong hours: ${wrong.join(', ')}`];
  yield verdictOf(day, [...ofHours, ...(await dayProblems(day, kept, bench))]);
}

const verdictOf = (of: string, problems: readonly string[]): Verdict => ({
  of,
  is: problems.length === 0 ? 'sound' : 'wrong',
  problems,
});

interface HourFindings {
  readonly problems: readonly string[];
  readonly ids: IdTable;
  /** SHA-256 of the minute files that the vault keeps, by path below the day's folder. */
  readonly kept: ReadonlyMap<string, string>;
}

/** Outputs, borders and kept minute files of a made hour. */
async function verifyHour(
  hour: Hour,
  receipt: Receipt,
  { bench, before }: { readonly bench: Bench; readonly before: Before | undefined },
): Promise<HourFindings> {
  const { vault, workers, world } = bench;
  const readings = await readOutputs(hour, receipt, bench);
  const ids = idTableOf(readings.get('IDs') ?? { high: new Float64Array(), low: new Float64Array() });
  const known = before?.start === hour.start - 60 ? before.ids : await idsOf(hourBefore(hour, vault.zone), bench);
  const problems = [...hourProblems(receipt, readings), ...borderProblems(known, ids, 'before')];
  const next = nextHour(hour, vault.zone);
  if (next.day !== hour.day) problems.push(...borderProblems(await idsOf(next, bench), ids, 'after'));
  const kept = await verifyKept(hour, receipt, { folder: vault.folder(hour.day), disk: world.disk, workers });
  return { problems: [...problems, ...kept.problems], ids, kept: kept.sha256 };
}

/** Another tool's outputs are no matter of ours; but what bears a receipt's name and is none was cut off or damaged. */
function foreignVerdict(hour: Hour, names: readonly string[]): Verdict {
  const of = hourName(hour);
  if (!names.includes(receiptName(hour)))
    return { of, is: 'foreign', problems: [`no ${receiptName(hour)}: made by another tool, or its receipt is gone`] };
  return verdictOf(of, [`${receiptName(hour)} cannot be read as a receipt: it is cut off or damaged`]);
}

async function readOutputs(hour: Hour, receipt: Receipt, { vault, workers }: Bench): Promise<Map<OutputKind, Reading>> {
  const folder = vault.folder(hour.day);
  const read = receipt.outputs.map(async ({ kind, file }, index) => {
    const worker = workers[index % workers.length] as (typeof workers)[number];
    return [kind, await worker.ask({ path: join(folder, file), kind })] as const;
  });
  return new Map(await Promise.all(read));
}

/** The IDs of an hour beyond those that are looked at. */
async function idsOf(hour: Hour, bench: Bench): Promise<IdTable> {
  const seen = await bench.vault.hour(hour);
  const output = seen.is === 'made' ? seen.receipt.outputs.find(({ kind }) => kind === 'IDs') : undefined;
  const none = { high: new Float64Array(), low: new Float64Array() };
  if (output === undefined) return idTableOf(none);
  const [worker] = bench.workers;
  const path = join(bench.vault.folder(hour.day), output.file);
  return idTableOf((await worker?.ask({ path, kind: 'IDs' })) ?? none);
}

/** The report against the receipts, and SHA256SUMS against the folder; `kept`: digests of files that were read already. */
async function dayProblems(
  day: string,
  kept: ReadonlyMap<string, string>,
  { vault, world: { disk } }: Bench,
): Promise<string[]> {
  const folder = vault.folder(day);
  const receipts = await vault.receiptsOf(day);
  const text = async (name: string): Promise<string> =>
    (await disk.facts(join(folder, name))) ? (await disk.read(join(folder, name))).toString('utf8') : '';
  const problems: string[] = [];
  if (receipts.length > 0 && (await text(reportName(day))) !== reportText(receipts))
    problems.push('the report is not what the receipts say');
  const sums = parseSums(await text(sumsName));
  // A day that another tool made may have no sums at all; where it has, they are held against it.
  if (receipts.length === 0 && sums.size === 0) return problems;
  for (const name of await filesBelow(folder, disk)) {
    if (!sums.has(name)) problems.push(`${sumsName} does not name ${name}`);
  }
  const proven = new Map(receipts.flatMap(({ outputs }) => outputs.map(({ file, sha256 }) => [file, sha256])));
  for (const [path, sha256] of kept) proven.set(path, sha256);
  for (const [name, sum] of sums) {
    const isThere = (await disk.facts(join(folder, name))) !== undefined;
    if (!isThere) problems.push(`${name} is named in ${sumsName} and not there`);
    // The outputs were read already, and what they hold is held against the receipts.
    else if ((proven.get(name) ?? (await sha256OfFile(join(folder, name), disk))) !== sum)
      problems.push(`${name} is not what ${sumsName} says`);
  }
  return problems;
}
