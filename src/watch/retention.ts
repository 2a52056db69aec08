// Raw files whose hour is proven and settled: removed, or moved into the vault. Takes a made hour and its files in the trees.
// Nothing goes before its successor is proven: the hour by its receipt, a kept file by reading it back.
import { dirname, join } from 'node:path';
import { OperatorError } from '../domain/operator-error.ts';
import { hourMs, startOfMinute } from '../domain/time.ts';
import type { Hour } from '../domain/time.ts';
import { besideName, rawFolder, rawName } from '../domain/vault.ts';
import { hasCode } from '../outside/disk.ts';
import { inLanes } from '../outside/lanes.ts';
import { setAside } from './aside.ts';
import { partsOf, refreshDay } from './day.ts';
import { identityOf, type InputFile } from './input-file.ts';
import type { MadeHour } from './plan.ts';
import type { Shop } from './shop.ts';
import { isTroubleOfOneFile } from './troubles.ts';

/** A file that the receipt lists, with the SHA-256 of what it counted. */
interface Listed {
  readonly file: InputFile;
  readonly sha256: string;
}

/** Lets the files go that the receipt lists. What the vault is to keep is there, read back, and in its sums, before the source goes. */
export async function release({ hour, receipt, files }: MadeHour, shop: Shop): Promise<void> {
  const hashes = new Map(
    receipt.inputs.map((input) => [identityOf({ server: input.server, name: input.file }), input.sha256]),
  );
  const listed = files.flatMap((file) => {
    const sha256 = hashes.get(identityOf(file));
    return sha256 === undefined ? [] : [{ file, sha256 }];
  });
  const settled: InputFile[] = [];
  // Several at a time, so that every thread has work, and no more, so that memory is bounded.
  const left = listed.values();
  const lane = async (): Promise<void> => {
    for (const one of left) if (await isSettled(one, hour, shop)) settled.push(one.file);
  };
  await inLanes(shop.crew.size, lane);
  if (shop.keepsRaw) await refreshDay(shop.vault, hour.day, partsOf(shop));
  for (const file of settled) await shop.world.disk.remove(file.path);
  await removeEmptyFolders(settled, shop);
  if (settled.length > 0)
    shop.world.log.info('raw-files.released', { hour: receipt.hour, files: settled.length, isKept: shop.keepsRaw });
}

/** May this file go? Not one that has vanished or cannot be read: the next pass meets it again, or does not. */
async function isSettled(one: Listed, hour: Hour, shop: Shop): Promise<boolean> {
  try {
    if (!(await isProven(one, hour, shop))) return false;
    if (shop.keepsRaw) await keep(one, hour, shop);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    if (!isTroubleOfOneFile(error)) throw error;
    shop.troubles.note(one.file.path, error instanceof Error ? error.message : String(error));
    return false;
  }
}

/**
 * Is it what the receipt counted? One that is another is set aside. A name of the present form proves it for a file that is removed;
 * one that is kept, or whose older name proves nothing, is hashed.
 */
async function isProven({ file, sha256 }: Listed, hour: Hour, shop: Shop): Promise<boolean> {
  const isSame =
    file.claim && !shop.keepsRaw
      ? sha256.startsWith(file.claim.digest)
      : (await shop.crew.sha256(hour.start, file.path, false)) === sha256;
  if (isSame) return true;
  const why = 'its hour was made from a file of this name with other content';
  await setAside({ tree: file.tree ?? dirname(file.path), path: file.path, why }, shop);
  return false;
}

/** Compresses the file into the vault, unless it is there whole, and reads it back. */
async function keep({ file, sha256 }: Listed, hour: Hour, shop: Shop): Promise<void> {
  const { vault, crew } = shop;
  const { disk } = shop.world;
  const folder = join(vault.folder(hour.day), rawFolder(hour, file.server));
  const path = join(folder, rawName(file.name));
  const isWhole = (at: string): Promise<boolean> =>
    crew.sha256(hour.start, at, true).then(
      (found) => found === sha256,
      () => false,
    );
  if ((await disk.facts(path)) !== undefined && (await isWhole(path))) return;
  await disk.makeFolder(folder);
  const beside = join(folder, besideName(rawName(file.name)));
  await writeCompressed(file.path, beside, { hour, shop });
  if (await isWhole(beside)) return disk.rename(beside, path);
  await disk.remove(beside);
  throw new OperatorError(
    'disk-failed',
    `${path} is not what was written into it. The minute file stays where it is.`,
    'Look at the disk; the file is written again by itself.',
  );
}

const blockBytes = 8 * 2 ** 20;

/** Block by block, so that a file larger than memory is no matter; an empty file is one empty block. */
async function writeCompressed(from: string, to: string, { hour, shop }: { hour: Hour; shop: Shop }): Promise<void> {
  const { crew, preset } = shop;
  const { disk } = shop.world;
  await disk.remove(to);
  const out = await disk.open(to);
  try {
    const writeBlock = async (block: Uint8Array<ArrayBuffer>): Promise<void> =>
      out.append(await crew.compress(hour.start, block, { preset }));
    let block = new Uint8Array(blockBytes);
    let used = 0;
    let blocks = 0;
    for await (const chunk of disk.chunks(from)) {
      for (let at = 0; at < chunk.length;) {
        const part = chunk.subarray(at, at + blockBytes - used);
        block.set(part, used);
        used += part.length;
        at += part.length;
        if (used < blockBytes) continue;
        await writeBlock(block);
        blocks++;
        block = new Uint8Array(blockBytes);
        used = 0;
      }
    }
    if (used > 0 || blocks === 0) await writeBlock(block.slice(0, used));
    await out.sync();
  } finally {
    await out.close();
  }
}

/** Hour and day folders that are empty and long over, so that nobody is about to write into them. */
async function removeEmptyFolders(files: readonly InputFile[], { world: { disk, clock } }: Shop): Promise<void> {
  const old = files.filter((file) => startOfMinute(file.minute) < clock.now() - 2 * hourMs);
  for (const folder of new Set(old.map((file) => dirname(file.path)))) {
    if (await disk.removeEmptyFolder(folder)) await disk.removeEmptyFolder(dirname(folder));
  }
}
