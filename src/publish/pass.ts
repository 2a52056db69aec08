// One pass of publishing: look at the vault, plan what OSF lacks, upload it oldest first, as far as limit and patience allow.
// Takes the vault's days, the memory and a client; leaves files at OSF, and says what is left and why.
import { describeError } from '../domain/operator-error.ts';
import {
  type Allowance,
  type ToUpload,
  addedIds,
  givenIds,
  isIdsFile,
  mayGive,
  mayGiveAtMs,
  uploadsOfDay,
} from '../domain/publishing.ts';
import { hourMs } from '../domain/time.ts';
import { OsfTrouble } from '../outside/osf-trouble.ts';
import type { World } from '../outside/world.ts';
import { type Content, type Uploading, forgetLink, sha256Of, uploadFile } from './upload.ts';
import type { VaultDays } from './vault-days.ts';

export interface Shop extends Uploading {
  readonly world: World;
  readonly days: VaultDays;
  readonly allowance: Allowance;
}

/** What the limit holds back: the first such file, and when it may go (undefined: not at all). */
export interface Stopped {
  readonly file: ToUpload;
  readonly given: number;
  readonly added: number;
  readonly atMs: number | undefined;
}

export interface PassResult {
  readonly uploaded: number;
  /** Not uploaded, for whatever reason. */
  readonly left: number;
  readonly stopped?: Stopped;
  readonly trouble?: OsfTrouble;
  /** The trouble ended the pass: it is not (or not certainly) one of single files. */
  readonly isCutShort?: true;
}

export interface Plan {
  /** What OSF lacks, in order of time. */
  readonly files: readonly ToUpload[];
  /** A day that cannot be looked at. */
  readonly trouble?: OsfTrouble;
}

export type Planning = Pick<Shop, 'days' | 'memory'> & { readonly world: Pick<World, 'clock'> };

export async function plannedUploads({ days, memory, world }: Planning): Promise<Plan> {
  const wanted = await days.wanted(world.clock.now());
  const files = wanted.flatMap((found) => uploadsOfDay(found.day, found.files, memory.day(found.day)));
  const closed = wanted.find(({ trouble }) => trouble !== undefined);
  const trouble = closed && unreadable(closed.day, closed.trouble ?? '');
  return { files, ...(trouble && { trouble }) };
}

export async function publishPass(shop: Shop): Promise<PassResult> {
  const plan = await plannedUploads(shop);
  let uploaded = 0;
  let stopped: Stopped | undefined;
  let { trouble } = plan;
  let inARow = 0;
  const result = (cause = trouble): PassResult => ({
    uploaded,
    left: plan.files.length - uploaded,
    ...(stopped && { stopped }),
    ...(cause && { trouble: cause }),
    ...(cause !== trouble && { isCutShort: true }),
  });
  for (const file of plan.files) {
    if (shop.world.signal.aborted) break;
    try {
      // Later files hold other IDs: a small hour must not overtake a large one for ever. One that was made again may hold none more.
      if (stopped && isIdsFile(file.name) && file.isNew) continue;
      const outcome = await publish(file, shop);
      if (outcome === 'uploaded') uploaded++;
      else if (outcome !== 'changing') stopped ??= outcome;
      inARow = 0;
    } catch (error) {
      if (!(error instanceof OsfTrouble)) throw error;
      inARow = error.kind === 'blocked' ? 0 : inARow + 1;
      if (!mayBeOfOneFile(error) || inARow === mostInARow) return result(error);
      trouble = error;
    }
  }
  return result();
}

/** What OSF answers to one file again and again must not keep the others waiting for ever. */
const mayBeOfOneFile = ({ kind, notBeforeMs }: OsfTrouble): boolean =>
  ['blocked', 'unavailable', 'misunderstood'].includes(kind) && notBeforeMs === undefined;
/** So many files one after the other, and it is no trouble of single files; `blocked` certainly is. */
const mostInARow = 3;

/** `changing`: the vault makes this hour again at this moment; the next pass will see it whole. */
async function publish(file: ToUpload, shop: Shop): Promise<'uploaded' | 'changing' | Stopped> {
  const { memory, allowance, world } = shop;
  const whole = await readWhole(file, shop);
  if (whole === 'changing') return whole;
  const { bytes, ids } = whole;
  const nowMs = world.clock.now();
  const before = memory.day(file.day)[file.name];
  const added = addedIds(before, ids);
  const others = memory.given().filter((given) => given !== before?.pending);
  const given = givenIds(others, nowMs);
  if (!mayGive(added, given, allowance))
    return { file, given, added, atMs: mayGiveAtMs(added, others, { nowMs, monthlyIds: allowance.monthlyIds }) };
  await uploadTwice(file, { bytes, pending: { atMs: nowMs, ids: added } }, shop);
  world.log.info('file.published', { file: file.name, bytes: bytes.length, ids });
  return 'uploaded';
}

/** A remake takes seconds; a file that is not what the day's sums say for so long is damaged. */
const changingMs = hourMs;

async function readWhole({ day, name, sha256 }: ToUpload, { days, world }: Shop) {
  try {
    const ids = isIdsFile(name) ? await days.idsIn(day, name, sha256) : 0;
    const bytes = await days.read(day, name);
    if (ids !== undefined && sha256Of(bytes) === sha256) return { bytes, ids };
  } catch (error) {
    throw unreadable(name, describeError(error));
  }
  const writtenMs = await days.sumsWrittenMs(day);
  if (writtenMs === undefined || world.clock.now() - writtenMs < changingMs) return 'changing';
  throw unreadable(name, 'it is not what SHA256SUMS says');
}

const unreadable = (name: string, why: string): OsfTrouble =>
  new OsfTrouble(
    'blocked',
    `${name} in the vault cannot be published: ${why}.`,
    `Run streamvault verify ${name.slice(0, 10)}, and put back what is damaged from a backup.`,
  );

/** Once more where the first attempt may have happened, or met links that lead nowhere any more. */
async function uploadTwice(file: ToUpload, content: Content, shop: Shop): Promise<void> {
  await uploadFile(file, content, shop).catch(async (error: unknown) => {
    if (!(error instanceof OsfTrouble) || !['gone', 'broken'].includes(error.kind)) throw error;
    // Somebody removed or moved the folder or the file there: from the top.
    if (error.kind === 'gone') {
      await shop.folders.forget();
      await forgetLink(file, shop);
    }
    await uploadFile(file, content, shop);
  });
}
