// Hours that the vault holds and that are not ours to make: another tool's, or ours with a receipt that cannot be read. Takes what was
// seen; leaves the first ones' minute files aside, and the second ones' where they lie, with a sentence that says how to go on.
import { join } from 'node:path';
import { type Hour, hourFilePrefix, hourName } from '../domain/time.ts';
import { receiptName } from '../domain/vault.ts';
import type { VaultHour } from '../outside/vault-view.ts';
import { setAside } from './aside.ts';
import type { InputFile } from './input-file.ts';
import type { Shop } from './shop.ts';

interface SeenHour {
  readonly hour: Hour;
  readonly files: readonly InputFile[];
  readonly vault: VaultHour;
}

export async function attendToForeign(seen: readonly SeenHour[], shop: Shop): Promise<void> {
  const damaged = new Set<string>();
  for (const { hour, files, vault } of seen) {
    if (vault.is !== 'foreign') continue;
    if (hasReceipt(hour, vault.names)) damaged.add(tellDamaged(hour, shop));
    else await leaveForeign(hour, files, shop);
  }
  const isMended = (path: string): boolean => path.endsWith('_receipt.json') && !damaged.has(path);
  shop.troubles.clear(shop.troubles.paths().filter(isMended));
}

/** Is it ours, with a receipt that is cut off or damaged? Of an hour that is foreign. */
export const hasReceipt = (hour: Hour, names: readonly string[]): boolean => names.includes(receiptName(hour));

async function leaveForeign(hour: Hour, files: readonly InputFile[], shop: Shop): Promise<void> {
  const why = `the vault holds the hour ${hourName(hour)} from another source, which is never overwritten`;
  for (const { tree, path } of files) if (tree !== undefined) await setAside({ tree, path, why }, shop);
}

/** Only a person can know whether all of the hour's minute files are still there: made of fewer, it would lose what it has. */
function tellDamaged(hour: Hour, { vault, troubles }: Shop): string {
  const folder = vault.folder(hour.day);
  const path = join(folder, receiptName(hour));
  // Who is no member of the services' group cannot list the folder, nor could a plain `sudo rm` find what its stars stand for.
  const remedy = `sudo sh -c 'rm -f ${join(folder, hourFilePrefix(hour))}_*'`;
  const why = `it is cut off or damaged, and the hour's minute files stay where they lie. Put it back from the backup; or, where all of them are there still in spool and inbox, remove what was made of them, and the hour is made again: ${remedy} `;
  troubles.note(path, why);
  return path;
}
