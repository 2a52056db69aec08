// One pass of the watch: look, plan, act. Takes what lies on disk; leaves every hour that is due in the vault, late files
// merged, strays aside, and raw files gone whose time has come. The service repeats it; `--once` is one.
import { latenessOf, type MadeHour, mayGo, planMaking, type UnmadeHour } from './plan.ts';
import { type Hour, hourBefore, hourName, hourOf, type Minute, nextHour } from '../domain/time.ts';
import { setAside } from './aside.ts';
import { attendToForeign } from './foreign.ts';
import type { InputFile } from './input-file.ts';
import { makeHours, type Outcome } from './making.ts';
import { RawFiles } from './raw-files.ts';
import { mendBorders, remakeHour } from './remake.ts';
import { release } from './retention.ts';
import type { Shop } from './shop.ts';
import { lookAtTree } from './trees.ts';
import type { VaultHour } from '../outside/vault-view.ts';

interface SeenHour {
  readonly hour: Hour;
  readonly files: readonly InputFile[];
  readonly vault: VaultHour;
}

/** Passes until nothing is in the way of what is due. */
export async function pass(shop: Shop): Promise<void> {
  while ((await passOnce(shop)) === 'again');
}

async function passOnce(shop: Shop): Promise<Outcome> {
  shop.vault.refresh();
  const files = await look(shop);
  const raw = new RawFiles(shop, files);
  const isAwake = (file: InputFile): boolean => !shop.troubles.isResting(file.path);
  const seen = await byHour(files.filter(isAwake), shop);
  await attendToForeign(seen, shop);
  if ((await attendToLate(seen, { shop, raw, isLong: patienceOf(shop) })) === 'again') return 'again';
  const unmade = await Promise.all(
    seen.filter(({ vault }) => vault.is === 'unmade').map((hour) => withSurroundings(hour, shop)),
  );
  if ((await makeHours(planMaking(unmade, shop.rules()), shop, raw)) === 'again') return 'again';
  const borders = [...seen.map(({ hour }) => hour), ...shop.bordersDue];
  if ((await mendBorders(borders, shop, raw)) === 'again') return 'again';
  shop.bordersDue.length = 0;
  const resting = files.filter((file) => !isAwake(file)).map((file) => hourOf(file.minute, shop.vault.zone).start);
  await settle(seen, new Set(resting), { shop, raw, isLong: patienceOf(shop) });
  return 'done';
}

/** So long a pass attends to what lies behind; then it looks anew whether an hour is due, and goes on with the rest after that. */
const longestBehindMs = 60_000;

/** Says when it is long enough; of one pass, which is to leave nothing, never. */
function patienceOf({ world: { clock }, rules }: Shop): () => boolean {
  const since = clock.monotonic();
  const { isOnce } = rules();
  return () => !isOnce && clock.monotonic() - since > longestBehindMs;
}

interface Behind {
  readonly shop: Shop;
  readonly raw: RawFiles;
  isLong(): boolean;
}

async function look(shop: Shop): Promise<InputFile[]> {
  const { world, trees, olderZone, olderMinute, seenAt, troubles } = shop;
  const files: InputFile[] = [];
  for (const tree of trees) {
    const sighting = await lookAtTree(tree, { disk: world.disk, olderZone, olderMinute, known: shop.known });
    for (const { path, error } of sighting.unreadable) {
      // The first times it may pass: the whole pass is then tried again.
      if (!troubles.note(path, error instanceof Error ? error.message : String(error))) throw error;
    }
    troubles.clear(sighting.listed);
    for (const stray of sighting.strays) await setAside(stray, shop);
    files.push(...sighting.files);
  }
  shop.known = new Map(files.map((file) => [file.path, file]));
  const present = new Set(shop.known.keys());
  for (const path of seenAt.keys()) if (!present.has(path)) seenAt.delete(path);
  for (const path of present) if (!seenAt.has(path)) seenAt.set(path, world.clock.now());
  for (const path of troubles.paths()) {
    if (!present.has(path) && (await world.disk.facts(path)) === undefined) troubles.clear([path]);
  }
  return files;
}

async function byHour(files: readonly InputFile[], { vault }: Shop): Promise<SeenHour[]> {
  const hours = new Map<Minute, { hour: Hour; files: InputFile[] }>();
  // Zones differ from UTC by quarters of an hour, and asking for each file of a week would cost a busy second.
  const ofQuarter = new Map<number, Hour>();
  for (const file of files) {
    const quarter = Math.floor(file.minute / 15);
    const hour = ofQuarter.get(quarter) ?? hourOf(file.minute, vault.zone);
    ofQuarter.set(quarter, hour);
    const group = hours.get(hour.start) ?? { hour, files: [] };
    group.files.push(file);
    hours.set(hour.start, group);
  }
  const sorted = [...hours.values()].sort((a, b) => a.hour.start - b.hour.start);
  return Promise.all(sorted.map(async (group) => ({ ...group, vault: await vault.hour(group.hour) })));
}

async function withSurroundings({ hour, files }: SeenHour, { vault }: Shop): Promise<UnmadeHour> {
  const before = await vault.hour(hourBefore(hour, vault.zone));
  return {
    hour,
    files,
    madeBefore: await vault.newestMadeBefore(hour),
    madeAfter: await vault.oldestMadeAfter(hour),
    isAfterForeign: before.is === 'foreign',
  };
}

async function madeHour({ hour, files }: SeenHour, shop: Shop, raw: RawFiles): Promise<MadeHour | undefined> {
  const vault = await shop.vault.hour(hour);
  if (vault.is !== 'made') return undefined;
  const late = raw.unlistedOf(vault.receipt, files);
  const arrivals: number[] = [];
  for (const file of late) arrivals.push(await arrivalOf(file, shop));
  return {
    hour,
    files,
    receipt: vault.receipt,
    canBeRemade: late.length > 0 && (await raw.canBeRemade(vault.receipt)),
    lastSeenMs: Math.max(0, ...arrivals),
  };
}

/** When the file got its place here, by the disk or by when it was first seen, whichever is earlier: a restart does not begin anew. */
async function arrivalOf({ path }: InputFile, { seenAt, world }: Shop): Promise<number> {
  const seenMs = seenAt.get(path) ?? world.clock.now();
  return Math.min(seenMs, (await world.disk.facts(path))?.changedMs ?? seenMs);
}

async function attendToLate(seen: readonly SeenHour[], { shop, raw, isLong }: Behind): Promise<Outcome> {
  for (const seenHour of seen) {
    if (isLong()) break;
    const made = await madeHour(seenHour, shop, raw);
    const lateness = made && latenessOf(made, shop.rules());
    if (made === undefined || lateness === undefined || lateness.is === 'none') continue;
    // One of the files that it was made from cannot be read just now.
    if (await raw.isResting(made.receipt)) continue;
    if (lateness.is === 'too-late') {
      for (const { tree, path } of lateness.files) {
        if (tree !== undefined) await setAside({ tree, path, why: lateness.why }, shop);
      }
    }
    if (lateness.is !== 'due') continue;
    tellLate(made, lateness.files, shop);
    const { hour, receipt } = made;
    if ((await remakeHour({ hour, receipt, lateFiles: lateness.files }, shop, raw)) === 'again') return 'again';
  }
  return 'done';
}

function tellLate({ hour }: MadeHour, files: readonly InputFile[], { world }: Shop): void {
  world.log.warn('hour.late-files', { hour: hourName(hour), files: files.length });
  const sentence = `${files.length} minute files of the hour ${hourName(hour)} came late; the hour is made again with them.`;
  world.alerts.raise('file-late', sentence, { hour: hourName(hour) });
}

/** Lets raw files go whose hour is settled. `resting`: hours with a file that cannot be read just now. */
async function settle(
  seen: readonly SeenHour[],
  resting: ReadonlySet<Minute>,
  { shop, raw, isLong }: Behind,
): Promise<void> {
  const made: MadeHour[] = [];
  const unsettled = new Set(resting);
  for (const seenHour of seen) {
    const hour = await madeHour(seenHour, shop, raw);
    if (hour && latenessOf(hour, shop.rules()).is === 'none') made.push(hour);
    else unsettled.add(seenHour.hour.start);
  }
  const { zone } = shop.vault;
  for (const one of made) {
    if (isLong()) break;
    const around = [hourBefore(one.hour, zone), nextHour(one.hour, zone)];
    const vaults = await Promise.all(around.map((hour) => shop.vault.hour(hour)));
    const receipts = vaults.map((vault) => (vault.is === 'made' ? vault.receipt : undefined));
    // Late files of a neighbour may yet move a tweet across the border, for which this hour would have to be made again.
    const isQuiet = [one.hour, ...around].every((hour) => !unsettled.has(hour.start));
    if (mayGo(one, { neighbours: receipts, isQuiet }, shop.rules())) await release(one, shop);
  }
}
