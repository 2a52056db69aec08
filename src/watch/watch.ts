// `streamvault watch`: spool and inbox become the vault. Takes the configuration and a world; leaves finished hours.
// A pass at each ring of the doorbell and every few seconds anyway: the directories are the truth, rings may be lost.
import type { ConfigWith } from '../config/schema.ts';
import { OperatorError, describeError } from '../domain/operator-error.ts';
import { hourOfReceipt } from '../domain/receipt.ts';
import { dayMs, endOfHour, type Hour, hourName, hourOf, minuteOf } from '../domain/time.ts';
import { asideName } from '../outside/aside.ts';
import { hasCode } from '../outside/disk.ts';
import { type Doorbell, hangDoorbell } from '../outside/doorbell.ts';
import { takeLock } from '../outside/lock.ts';
import { ensureTree } from '../outside/tree.ts';
import type { World } from '../outside/world.ts';
import { finishBrokenCommits } from './commit.ts';
import { coverDays, partsOf, refreshDay } from './day.ts';
import type { Crew } from './crew.ts';
import type { InputFile } from './input-file.ts';
import { hasReceipt } from './foreign.ts';
import { makeHours, type Outcome } from './making.ts';
import { pass } from './pass.ts';
import { RawFiles } from './raw-files.ts';
import { mendBorders, type Remaking, remakeHour } from './remake.ts';
import { type Done, openShop, type Shop } from './shop.ts';
import { lookAtTree } from './trees.ts';
import { isTroubleOfOneFile } from './troubles.ts';
import { rememberZone } from './zone.ts';

const lookAgainMs = 5_000;
const longestRetryMs = 300_000;

/**
 * Runs until the world's signal aborts. Trouble of the disk is told and tried again; anything else of our own stops it, and it does not
 * start where the vault was begun and is empty.
 */
export async function runWatch(config: ConfigWith<'watch'>, world: World): Promise<void> {
  await makeFolders(config, world);
  using _lock = takeLock(config.watch.vault, 'watch', world.clock);
  await using shop = openShop(config, world, { isOnce: false });
  await refuseMissingVault(shop);
  // Threads end with the signal, so that a long compression does not outlive it; a commit under way is finished.
  const stop = (): void => void shop.crew[Symbol.asyncDispose]();
  world.signal.addEventListener('abort', stop, { once: true });
  const folders = shop.trees.map((tree) => tree.path);
  const rings = (name: string, isFolder: boolean): boolean => (isFolder ? name !== asideName : name.endsWith('.jsonl'));
  await using doorbell = await hangDoorbell(folders, { clock: world.clock, log: world.log, rings });
  const { vault, own, partner } = config.watch;
  world.log.info('watch.started', { vault, own, partner });
  world.life?.ready();
  try {
    await serve(shop, doorbell);
  } catch (error) {
    if (!world.signal.aborted) throw error;
  } finally {
    world.signal.removeEventListener('abort', stop);
  }
}

/** Nothing beside the watch shall take an empty folder for the vault either, nor remember it. Any other trouble is met at work. */
async function refuseMissingVault(shop: Shop): Promise<void> {
  await lookAtVault(shop).catch((error: unknown) => {
    if (error instanceof OperatorError) throw error;
  });
}

async function serve(shop: Shop, doorbell: Doorbell): Promise<void> {
  const { world } = shop;
  let retryMs = 0;
  let isSettled = false;
  const work = async (): Promise<void> => {
    // A pass that failed may have left a commit half done, which the next one must not take for another tool's hour.
    if (!isSettled) await begin(shop);
    // The vault may be taken away under our hands.
    else await lookAtVault(shop);
    isSettled = false;
    await pass(shop);
    await coverDays(shop);
    isSettled = true;
  };
  while (!world.signal.aborted) {
    retryMs = await workOrRetry(work, shop, retryMs);
    world.life?.alive(retryMs > 0 ? 'The disk is in trouble; trying again' : statusOf(shop));
    if (retryMs > 0) await world.clock.sleep(retryMs, world.signal);
    else await doorbell.wait(lookAgainMs, world.signal);
  }
}

function statusOf({ done: { committed } }: Shop): string {
  const newest = committed.at(-1);
  return newest ? `Waiting for minute files; the last hour made was ${newest.hour}` : 'Waiting for minute files';
}

/** Works; where the disk is in trouble, gives how long to wait before the next try, growing, else 0. */
async function workOrRetry(work: () => Promise<void>, shop: Shop, lastRetryMs: number): Promise<number> {
  const { log, alerts, signal } = shop.world;
  try {
    await work();
    tellSound(shop);
    return 0;
  } catch (error) {
    if (signal.aborted || !isDiskTrouble(error)) throw error;
    const retryMs = Math.min(Math.max(lastRetryMs * 2, lookAgainMs), longestRetryMs);
    const reason = describeError(error);
    log.error('watch.pass-failed', { reason, retryMs });
    if (hasCode(error, 'ENOSPC', 'EDQUOT')) {
      const sentence = `No room is left in ${shop.vault.path}. Minute files are safe where they lie; free space and the watch goes on by itself.`;
      alerts.raise('disk-full', sentence, { vault: shop.vault.path });
    } else if (retryMs > 2 * lookAgainMs) {
      const sentence = `The watch cannot go on: ${reason}. Minute files are safe where they lie; it tries again by itself. Look at the disk, and at who may read and write there.`;
      alerts.raise('disk-failing', sentence, { vault: shop.vault.path });
    }
    return retryMs;
  }
}

/** Of a pass that came through. Always: a process before this one may have raised it. */
function tellSound({ world: { alerts }, troubles }: Shop): void {
  alerts.end('disk-full', 'The disk takes writes again; the watch goes on.');
  if (troubles.areOver) alerts.end('disk-failing', 'The disk can be used again; the watch goes on.');
}

/** What another try may find better; a file or folder that was taken away under our hands is such. */
const isDiskTrouble = (error: unknown): boolean =>
  isTroubleOfOneFile(error) ||
  hasCode(error, 'ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE', 'ENOENT', 'ENOTEMPTY', 'disk-failed');

export interface OnceSetting {
  /** Make or make again this hour alone, as 2026-03-10T14, and do not wait for its patience. */
  readonly hour?: Hour;
  /** Threads that outlive this pass; without them it gathers its own. */
  readonly crew?: Crew;
}

/** One pass over what lies on disk. Throws already-running where a service or another pass is at work. */
export async function watchOnce(
  config: ConfigWith<'watch'>,
  world: World,
  { hour, crew }: OnceSetting = {},
): Promise<Done> {
  await makeFolders(config, world);
  using _lock = takeLock(config.watch.vault, 'watch', world.clock);
  await using shop = openShop(config, world, { isOnce: true, crew });
  await begin(shop);
  if (hour) await makeAgain(hour, shop);
  else await pass(shop);
  await coverDays(shop);
  // Of one hour that was made nothing is known of the others' files.
  if (!hour) tellSound(shop);
  return shop.done;
}

async function makeFolders({ watch }: ConfigWith<'watch'>, { disk }: World): Promise<void> {
  for (const folder of [watch.vault, watch.own, ...(watch.partner === undefined ? [] : [watch.partner])]) {
    await ensureTree(folder, disk);
  }
}

/** Makes one hour from what is there, whatever its patience; of a made one the next generation. */
async function makeAgain(hour: Hour, shop: Shop): Promise<void> {
  const files = await filesInTrees(shop);
  const raw = new RawFiles(shop, files);
  // What could not be read a moment ago cannot now: the hour goes on without it, or is left as it is.
  const isReadable = ({ path }: InputFile): boolean => !shop.troubles.isResting(path);
  const own = files.filter((file) => hourOf(file.minute, shop.vault.zone).start === hour.start && isReadable(file));
  const vault = await shop.vault.hour(hour);
  const name = hourName(hour);
  if (shop.rules().nowMs < endOfHour(hour)) throw cannotMake(name, 'it is not over yet', 'Wait for its end.');
  if (vault.is === 'foreign' && hasReceipt(hour, vault.names))
    throw cannotMake(
      name,
      'its receipt is cut off or damaged',
      'Put it back from the backup first; the log of a pass of all hours says how to go on without one.',
    );
  if (vault.is === 'foreign')
    throw cannotMake(name, 'the vault holds it from another source', 'Move those files elsewhere first.');
  const work =
    vault.is === 'unmade'
      ? makeUnmade(hour, own, { shop, raw })
      : makeNextGeneration({ hour, receipt: vault.receipt, lateFiles: own }, { shop, raw });
  if ((await work) === 'again') return makeAgain(hour, shop);
  await mend(hour, shop, raw);
}

interface At {
  readonly shop: Shop;
  readonly raw: RawFiles;
}

async function makeUnmade(hour: Hour, files: readonly InputFile[], { shop, raw }: At): Promise<Outcome> {
  const remedy = 'Look into spool, inbox and their aside folders.';
  if (files.length === 0) throw cannotMake(hourName(hour), 'none of its minute files is there, or can be read', remedy);
  return makeHours([{ hour, files, state: { is: 'ready', isComplete: false } }], shop, raw);
}

/** `lateFiles`: all that lie there of the hour; those that its receipt lists already are no late ones. */
async function makeNextGeneration({ hour, receipt, lateFiles }: Remaking, { shop, raw }: At): Promise<Outcome> {
  const asItIs = 'Its outputs in the vault stay as they are.';
  if (!(await raw.canBeRemade(receipt)))
    throw cannotMake(hourName(hour), 'some of the minute files of its receipt are gone', asItIs);
  if (await raw.isResting(receipt)) {
    const why = 'one of the minute files of its receipt cannot be read, as the log says';
    throw cannotMake(hourName(hour), why, `Look at the disk. ${asItIs}`);
  }
  return remakeHour({ hour, receipt, lateFiles: raw.unlistedOf(receipt, lateFiles) }, shop, raw);
}

/** An ID may have changed sides: the borders of an hour that was just made, until nothing is in the way of it. */
async function mend(hour: Hour, shop: Shop, raw: RawFiles): Promise<void> {
  if ((await mendBorders([hour], shop, raw)) === 'done') return;
  await mend(hour, shop, new RawFiles(shop, await filesInTrees(shop)));
}

function cannotMake(name: string, why: string, remedy: string): OperatorError {
  return new OperatorError('wrong-usage', `The hour ${name} was not made: ${why}. Nothing was changed.`, remedy);
}

const lookAtVault = ({ vault, own, world }: Shop): Promise<void> => rememberZone(vault, own, world.disk);

/** Finishes what a crash left half done, and makes good the recent days' reports and sums. */
async function begin(shop: Shop): Promise<void> {
  const { vault, world } = shop;
  vault.refresh();
  await shop.warcFiles.look();
  await lookAtVault(shop);
  const days = await vault.days();
  const broken: string[] = [];
  for (const day of days) if (await finishBrokenCommits(vault.folder(day), world.disk)) broken.push(day);
  if (broken.length > 0) world.log.info('commits.finished', { days: broken });
  vault.refresh();
  const { nowMs, lateWindowMs } = shop.rules();
  const firstRecent = hourOf(minuteOf(nowMs - lateWindowMs - dayMs), vault.zone).day;
  const withFiles = await daysWithFiles(shop);
  const checked = days.filter(
    (day) => day >= firstRecent || broken.includes(day) || withFiles.has(day) || day === days.at(-1),
  );
  for (const day of checked) {
    await refreshDay(vault, day, partsOf(shop));
    const remade = (await vault.receiptsOf(day)).filter(({ generation }) => generation > 1);
    shop.bordersDue.push(...remade.map(hourOfReceipt));
  }
}

async function daysWithFiles(shop: Shop): Promise<Set<string>> {
  const files = await filesInTrees(shop);
  return new Set(files.map((file) => hourOf(file.minute, shop.vault.zone).day));
}

async function filesInTrees({ trees, world, olderZone, olderMinute }: Shop): Promise<InputFile[]> {
  const looks = await Promise.all(trees.map((tree) => lookAtTree(tree, { disk: world.disk, olderZone, olderMinute })));
  return looks.flatMap((look) => look.files);
}
