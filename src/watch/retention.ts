// Raw files whose hour is proven and settled: removed, or moved into the vault. Takes a made hour and its files in the trees.
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { hourMs, startOfMinute } from '../domain/time.ts';
import type { Hour } from '../domain/time.ts';
import { rawFolder, rawName } from '../domain/vault.ts';
import { setAside } from './aside.ts';
import { refreshDay } from './day.ts';
import { identityOf, type InputFile } from './input-file.ts';
import type { MadeHour } from './plan.ts';
import type { Shop } from './shop.ts';

/** Lets the files go that the receipt lists. What the vault is to keep is there, and in its sums, before the source goes. */
export async function release({ hour, receipt, files }: MadeHour, shop: Shop): Promise<void> {
  const hashes = new Map(
    receipt.inputs.map((input) => [identityOf({ server: input.server, name: input.file }), input.sha256]),
  );
  const listed = files.filter((file) => hashes.has(identityOf(file)));
  const proven: InputFile[] = [];
  for (const file of listed) if (await isProven(file, hashes.get(identityOf(file)) ?? '', shop)) proven.push(file);
  if (shop.keepsRaw) {
    for (const file of proven) await keep(hour, file, shop);
    await refreshDay(shop.vault, hour.day, shop.world.disk);
  }
  for (const file of proven) await shop.world.disk.remove(file.path);
  await removeEmptyFolders(proven, shop);
  if (proven.length > 0)
    shop.world.log.info('raw-files.released', { hour: receipt.hour, files: proven.length, isKept: shop.keepsRaw });
}

/** An older name proves nothing: a file of that name which is not what the receipt counted is set aside. */
async function isProven(file: InputFile, sha256: string, shop: Shop): Promise<boolean> {
  if (file.claim) return sha256.startsWith(file.claim.digest);
  const hash = createHash('sha256')
    .update(await shop.world.disk.read(file.path))
    .digest('hex');
  if (hash === sha256) return true;
  const why = 'its hour was made from a file of this name with other content';
  await setAside({ tree: file.tree ?? dirname(file.path), path: file.path, why }, shop);
  return false;
}

async function keep(hour: Hour, file: InputFile, { vault, crew, preset, world: { disk } }: Shop): Promise<void> {
  const folder = join(vault.folder(hour.day), rawFolder(hour, file.server));
  const path = join(folder, rawName(file.name));
  if ((await disk.facts(path)) !== undefined) return;
  const content = await disk.read(file.path);
  await disk.makeFolder(folder);
  await disk.write(path, await crew.compress(hour.start, new Uint8Array(content), preset));
}

/** Hour and day folders that are empty and long over, so that nobody is about to write into them. */
async function removeEmptyFolders(files: readonly InputFile[], { world: { disk, clock } }: Shop): Promise<void> {
  const old = files.filter((file) => startOfMinute(file.minute) < clock.now() - 2 * hourMs);
  for (const folder of new Set(old.map((file) => dirname(file.path)))) {
    if (await disk.removeEmptyFolder(folder)) await disk.removeEmptyFolder(dirname(folder));
  }
}
