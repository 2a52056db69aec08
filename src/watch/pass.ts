// One pass of the watch: look, plan, act. Takes what lies on disk; leaves every hour that is due in the vault, late files
// merged, strays aside, and raw files gone whose time has come. The service repeats it; `--once` is one.
import { latenessOf, type MadeHour, mayGo, planMaking, type UnmadeHour } from './plan.ts';
import { type Hour, hourBefore, hourName, hourOf, type Minute, nextHour } from '../domain/time.ts';
import { setAside } from './aside.ts';
import type { InputFile } from './input-file.ts';
import { makeHours, type Outcome } from './making.ts';
import { RawFiles } from './raw-files.ts';
import { mendBorderBefore, remakeHour } from './remake.ts';
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
  const seen = await byHour(files, shop);
  for (const { vault, files: foreign, hour } of seen)
    if (vault.is === 'foreign') await leaveForeign(hour, foreign, shop);
  if ((await attendToLate(seen, shop, raw)) === 'again') return 'again';
  const unmade = await Promise.all(
    seen.filter(({ vault }) => vault.is === 'unmade').map((hour) => withSurroundings(hour, shop)),
  );
  if ((await makeHours(planMaking(unmade, shop.rules()), shop, raw)) === 'again') return 'again';
  return settle(seen, shop, raw);
}

async function look(shop: Shop): Promise<InputFile[]> {
  const { world, trees, olderZone, olderMinute, seenAt } = shop;
  const files: InputFile[] = [];
  for (const tree of trees) {
    const sighting = await lookAtTree(tree, { disk: world.disk, olderZone, olderMinute });
    for (const stray of sighting.strays) await setAside(stray, shop);
    files.push(...sighting.files);
  }
  const present = new Set(files.map((file) => file.path));
  for (const path of seenAt.keys()) if (!present.has(path)) seenAt.delete(path);
  for (const path of present) if (!seenAt.has(path)) seenAt.set(path, world.clock.now());
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

async function leaveForeign(hour: Hour, files: readonly InputFile[], shop: Shop): Promise<void> {
  const why = `the vault holds the hour ${hourName(hour)} from another source, which is never overwritten`;
  for (const { tree, path } of files) if (tree !== undefined) await setAside({ tree, path, why }, shop);
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
  const lastSeenMs = Math.max(...files.map((file) => shop.seenAt.get(file.path) ?? 0));
  return { hour, files, receipt: vault.receipt, canBeRemade: await raw.canBeRemade(vault.receipt), lastSeenMs };
}

async function attendToLate(seen: readonly SeenHour[], shop: Shop, raw: RawFiles): Promise<Outcome> {
  for (const seenHour of seen) {
    const made = await madeHour(seenHour, shop, raw);
    const lateness = made && latenessOf(made, shop.rules());
    if (made === undefined || lateness === undefined || lateness.is === 'none') continue;
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

/** Borders in order, then raw files whose hour is settled. */
async function settle(seen: readonly SeenHour[], shop: Shop, raw: RawFiles): Promise<Outcome> {
  for (const { hour } of seen) {
    const vault = await shop.vault.hour(hour);
    if (vault.is !== 'made') continue;
    const next = { hour, receipt: vault.receipt, lateFiles: [] };
    if ((await mendBorderBefore(next, shop, raw)) === 'again') return 'again';
  }
  for (const seenHour of seen) {
    const made = await madeHour(seenHour, shop, raw);
    if (made === undefined || latenessOf(made, shop.rules()).is !== 'none') continue;
    const { zone } = shop.vault;
    const neighbours = [hourBefore(made.hour, zone), nextHour(made.hour, zone)];
    const around = await Promise.all(neighbours.map((hour) => shop.vault.hour(hour)));
    const receipts = around.map((vault) => (vault.is === 'made' ? vault.receipt : undefined));
    if (mayGo(made, receipts, shop.rules())) await release(made, shop);
  }
  return 'done';
}
