// Making an hour again. Takes a made hour with its late files; leaves its next generation, and the next hour's too where
// an ID changed sides.
import { type Hour, hourBefore, hourName, minutesOfHour } from '../domain/time.ts';
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
  const built = build.finish();
  await commitBuilt(shop, { making: { hour }, built, generation: receipt.generation + 1, previous: receipt });
  return 'done';
}

/**
 * Where an hour was made after the next one (a remake, or files that came out of order), the two may both store an ID. The next
 * one is then made again; it leaves out what the hour before has. Derived from the vault alone, so that a crash between
 * the two commits is made good by the next pass.
 */
export async function mendBorderBefore(next: Remaking, shop: Shop, raw: RawFiles): Promise<Outcome> {
  const hour = hourBefore(next.hour, shop.vault.zone);
  const seen = await shop.vault.hour(hour);
  if (seen.is !== 'made') return 'done';
  const { generation, made_at } = seen.receipt;
  const border = `${hour.start}: ${generation}, ${next.receipt.generation}`;
  const mayOverlap = generation > 1 || made_at >= next.receipt.made_at;
  if (!mayOverlap || shop.soundBorders.has(border) || !(await raw.canBeRemade(next.receipt))) return 'done';
  const [mine, theirs] = [await storedIds(shop, hour), await storedIds(shop, next.hour)];
  for (let index = 0; index < mine.size; index++) {
    if (theirs.find(mine.high[index] as number, mine.low[index] as number) < 0) continue;
    shop.world.log.info('border.mended', { hour: hourName(next.hour) });
    return remakeHour(next, shop, raw);
  }
  shop.soundBorders.add(border);
  return 'done';
}
