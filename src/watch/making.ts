// Making hours. Takes a plan of hours in order; leaves each in the vault, or, where it is not due yet, merged as far as its
// minutes have come. One code path: a backlog is the same with all files already there.
import type { IdTable } from '../domain/id-table.ts';
import type { Receipt } from '../domain/receipt.ts';
import { outputName } from '../domain/vault.ts';
import { endOfMinute, hourName, minutesOfHour } from '../domain/time.ts';
import { setAside } from './aside.ts';
import { commitHour, stageOutput } from './commit.ts';
import { composeReceipt } from './compose.ts';
import { partsOf, refreshDay } from './day.ts';
import { type BuiltHour, type BuiltOutput, type FileTrouble, HourBuild } from './hour-build.ts';
import { identityOf, type InputFile, inOrder } from './input-file.ts';
import { idsBefore, idsHeldByNext, type StampedIds } from './neighbours.ts';
import type { Making } from './plan.ts';
import type { RawFiles } from './raw-files.ts';
import type { LiveBuild, Shop } from './shop.ts';

/** An hour that was just made in this pass, whose IDs the next one needs before it is committed. */
interface Predecessor {
  readonly start: number;
  readonly stamp: string;
  readonly ids: IdTable;
}

/** done: all that was due is committed; again: a file was in the way, look anew. */
export type Outcome = 'done' | 'again';

/** Works through a plan. An hour is merged while the one before it is still compressing; commits keep their order. */
export async function makeHours(plan: readonly Making[], shop: Shop, raw: RawFiles): Promise<Outcome> {
  let predecessor: Predecessor | undefined;
  let commits: Promise<void> = Promise.resolve();
  let outcome: Outcome = 'done';
  try {
    for (const making of plan) {
      shop.world.signal.throwIfAborted();
      if ((await shop.vault.hour(making.hour)).is !== 'unmade') continue;
      const live = await startBuild(making, { shop, raw, predecessor });
      const trouble = await live.build.addMinutes(minutesDue(making, live.build, shop));
      if (trouble) {
        outcome = await dealWith(trouble, live.build, shop);
        break;
      }
      shop.troubles.clear(readFiles(making, live.build));
      if (making.state.is !== 'ready') break;
      shop.live.delete(making.hour.start);
      const built = live.build.finish();
      predecessor = { start: making.hour.start, stamp: 'made 1', ids: live.build.ids };
      // At most two hours are in memory: the one before the last must be committed before another begins.
      const committed = commits.then(() => commitBuilt(shop, { making, built, generation: 1 }));
      committed.catch(() => {});
      await commits;
      commits = committed;
    }
  } finally {
    // Whatever went wrong, no commit is still at work when this ends: the next pass would find it half done.
    await Promise.allSettled([commits]);
  }
  await commits;
  return outcome;
}

interface Circumstances {
  readonly shop: Shop;
  readonly raw: RawFiles;
  readonly predecessor: Predecessor | undefined;
}

/** The live build of the hour where it still rests on what is there, or a fresh one. */
async function startBuild({ hour, files }: Making, { shop, raw, predecessor }: Circumstances): Promise<LiveBuild> {
  const before: StampedIds =
    predecessor?.start === hour.start - 60
      ? { stamp: predecessor.stamp, ids: async () => predecessor.ids }
      : await idsBefore(shop, hour);
  const held = await idsHeldByNext(shop, hour, (receipt) => raw.canBeRemade(receipt));
  const stamp = `${before.stamp}, ${held.stamp}`;
  const known = shop.live.get(hour.start);
  if (known && known.stamp === stamp && restsOn(known.build, files)) return known;
  const neighbours = { before: await before.ids(), heldByNext: await held.ids() };
  const fresh = { build: new HourBuild({ hour, crew: shop.crew, preset: shop.preset, neighbours }), stamp };
  shop.live.set(hour.start, fresh);
  return fresh;
}

/** Are the minutes merged so far made of exactly the files that lie there now? */
function restsOn(build: HourBuild, files: readonly InputFile[]): boolean {
  return build.merged.every((identities, index) => {
    const present = inOrder(files.filter((file) => file.minute === build.hour.start + index)).map(identityOf);
    return present.join() === identities.join();
  });
}

/** The minutes to merge now: all that are left of a ready hour, else those whose files have come, up to the first that lacks one. */
function minutesDue({ hour, files, state }: Making, build: HourBuild, { servers, rules }: Shop): InputFile[][] {
  const byMinute = minutesOfHour(hour).map((minute) => files.filter((file) => file.minute === minute));
  const left = byMinute.slice(build.merged.length);
  if (state.is === 'ready') return left;
  const { nowMs } = rules();
  const firstLacking = left.findIndex((present, index) => {
    const isOver = nowMs >= endOfMinute(hour.start + build.merged.length + index);
    return !isOver || !servers.every((server) => present.some((file) => file.server === server));
  });
  return firstLacking < 0 ? left : left.slice(0, firstLacking);
}

const readFiles = ({ hour, files }: Making, { merged }: HourBuild): string[] =>
  files.filter((file) => file.minute < hour.start + merged.length).map((file) => file.path);

/**
 * A file that is not what its name says is set aside, and its hour looked at anew; so it is without one that cannot be read again
 * and again. One that is gone or failed for the first time is only looked at anew.
 */
export async function dealWith({ is, file, why }: FileTrouble, build: HourBuild, shop: Shop): Promise<Outcome> {
  if (is === 'mismatch' && file.tree !== undefined) {
    await setAside({ tree: file.tree, path: file.path, why }, shop);
    return 'again';
  }
  shop.live.delete(build.hour.start);
  shop.world.log.warn('minute-file.unreadable', { file: file.path, why });
  if (is === 'gone') return 'done';
  return shop.troubles.note(file.path, why) ? 'again' : 'done';
}

export interface CommitSetting {
  readonly making: Pick<Making, 'hour'>;
  readonly built: BuiltHour;
  readonly generation: number;
  readonly previous?: Receipt;
}

/** Commits a built hour, and makes good what derives from it. */
export async function commitBuilt(
  shop: Shop,
  { making: { hour }, built, generation, previous }: CommitSetting,
): Promise<void> {
  const { vault, world, servers } = shop;
  const folder = vault.folder(hour.day);
  const outputs: BuiltOutput[] = [];
  const staged = new Set<string>();
  for (const pending of built.outputs) {
    const { content, ...output } = await pending;
    const isStaged = await stageOutput(folder, { ...output, content }, { hour, previous, disk: world.disk });
    if (isStaged) staged.add(outputName(hour, output.kind));
    outputs.push(output);
  }
  const madeAtMs = world.clock.now();
  const receipt = composeReceipt(built, { hour, zone: vault.zone, servers, generation, madeAtMs, outputs });
  await commitHour(folder, receipt, { staged, disk: world.disk });
  vault.forget(hour);
  await refreshDay(vault, hour.day, partsOf(shop));
  const { counts, gaps, complete } = receipt;
  shop.done.committed.push({ hour: receipt.hour, generation, tweets: counts.total });
  world.life?.alive(`Made the hour ${hourName(hour)}`);
  world.log.info('hour.committed', {
    hour: hourName(hour),
    generation,
    tweets: counts.total,
    isComplete: complete,
    jointGap: gaps.joint_gap,
  });
  if (!complete) {
    const missing = [gaps.missing_1, gaps.missing_2]
      .map((minutes, index) => `${minutes ?? 0} of server ${index + 1}`)
      .join(', ');
    world.alerts.raise(
      'hour-incomplete',
      `The hour ${hourName(hour)} was made without all its minute files (missing: ${missing}). What was heard is safe; files that come within the late window are added.`,
      { hour: hourName(hour) },
    );
  }
}
