// Making an hour again. Takes a made hour with its late files; leaves its next generation, and the next hour's too where
// an ID changed sides.
import { type Hour, hourBefore, hourName, minutesOfHour, nextHour } from '../domain/time.ts';
import type { Receipt } from '../domain/receipt.ts';
import { HourBuild } from './hour-build.ts';
import type { InputFile } from './input-file.ts';
import { commitBuilt, dealWith, type Outcome } from './making.ts';
import { idsBefore, idsHeldByNext, storedIds } from './neighbours.ts';
import type { RawFiles } from './raw-files.ts';
import type { Shop } from './shop.ts';

export interface Remaking {
  readonly hour: Hour;
  readonly receipt: Receipt;
  readonly lateFiles: readonly InputFile[];
}

/** Makes the next generation of an hour from the files of its receipt and the late ones. `again` where a file was in the way. */
export async function remakeHour({ hour, receipt, lateFiles }: Remaking, shop: Shop, raw: RawFiles): Promise<Outcome> {
  const inputs = await raw.inputsOf(receipt);
  if (inputs === undefined) return 'done';
  const files = [...inputs, ...lateFiles];
  const before = await (await idsBefore(shop, hour)).ids();
  const heldByNext = await (await idsHeldByNext(shop, hour, (next) => raw.canBeRemade(next))).ids();
  const build = new HourBuild({ hour, crew: shop.crew, preset: shop.preset, neighbours: { before, heldByNext } });
  const trouble = await build.addMinutes(
    minutesOfHour(hour).map((minute) => files.filter((file) => file.minute === minute)),
  );
  if (trouble) return dealWith(trouble, build, shop);
  shop.troubles.clear(files.map((file) => file.path));
  const built = build.finish();
  await commitBuilt(shop, { making: { hour }, built, generation: receipt.generation + 1, previous: receipt });
  return 'done';
}

/** Mends the borders on both sides of these hours, in order of time. */
export async function mendBorders(hours: readonly Hour[], shop: Shop, raw: RawFiles): Promise<Outcome> {
  const { vault } = shop;
  const later = new Map(hours.flatMap((hour) => [hour, nextHour(hour, vault.zone)]).map((hour) => [hour.start, hour]));
  for (const hour of [...later.values()].sort((a, b) => a.start - b.start)) {
    const seen = await vault.hour(hour);
    if (seen.is !== 'made') continue;
    const next = { hour, receipt: seen.receipt, lateFiles: [] };
    if ((await mendBorderBefore(next, shop, raw)) === 'again') return 'again';
  }
  return 'done';
}

/**
 * Where an hour was made after the next one (a remake, or files that came out of order), the next one may store an ID that stands
 * in a minute file of the earlier. It is then made again, without it. Derived from the vault alone, so that a crash between the
 * two commits is made good by the next pass.
 */
async function mendBorderBefore(next: Remaking, shop: Shop, raw: RawFiles): Promise<Outcome> {
  const hour = hourBefore(next.hour, shop.vault.zone);
  const seen = await shop.vault.hour(hour);
  if (seen.is !== 'made') return 'done';
  const { generation, made_at } = seen.receipt;
  const border = `${hour.start}: ${generation}, ${next.receipt.generation}`;
  const mayOverlap = generation > 1 || made_at >= next.receipt.made_at;
  if (!mayOverlap || shop.soundBorders.has(border) || !(await raw.canBeRemade(next.receipt))) return 'done';
  if (await raw.isResting(next.receipt)) return 'done';
  const [taken, theirs] = [await (await idsBefore(shop, next.hour)).ids(), await storedIds(shop, next.hour)];
  for (let index = 0; index < theirs.size; index++) {
    if (taken.find(theirs.high[index] as number, theirs.low[index] as number) < 0) continue;
    shop.world.log.info('border.mended', { hour: hourName(next.hour) });
    return remakeHour(next, shop, raw);
  }
  shop.soundBorders.add(border);
  return 'done';
}
