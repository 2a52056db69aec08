// The IDs that an hour leaves out because a neighbour has them. Takes the vault and the raw files there are; leaves ID tables.
import { join } from 'node:path';
import { IdTable, idTableOf } from '../domain/id-table.ts';
import type { Receipt } from '../domain/receipt.ts';
import { type Hour, hourBefore, nextHour } from '../domain/time.ts';
import { highOfId, lowOfId } from '../domain/tweet-id.ts';
import { outputName } from '../domain/vault.ts';
import type { Shop } from './shop.ts';
import type { VaultHour } from '../outside/vault-view.ts';

/** IDs, and a stamp that differs when they may. */
export interface StampedIds {
  readonly stamp: string;
  ids(): Promise<IdTable>;
}

const none: StampedIds = { stamp: 'none', ids: async () => new IdTable() };

const stampOf = (seen: VaultHour): string => (seen.is === 'made' ? `made ${seen.receipt.generation}` : seen.is);

/** Every ID in the minute files of the hour before: what it stored, and what it left out itself. */
export async function idsBefore(shop: Shop, hour: Hour): Promise<StampedIds> {
  const before = hourBefore(hour, shop.vault.zone);
  const seen = await shop.vault.hour(before);
  if (seen.is === 'unmade') return none;
  return {
    stamp: stampOf(seen),
    ids: async () => {
      const table = await storedIds(shop, before);
      if (seen.is === 'made') for (const id of seen.receipt.left_out) addOnce(table, id);
      return table;
    },
  };
}

function addOnce(table: IdTable, id: string): void {
  const [high, low] = [highOfId(id), lowOfId(id)];
  if (table.find(high, low) < 0) table.add(high, low);
}

/** The IDs that the next hour keeps, since it cannot be made again. */
export async function idsHeldByNext(
  shop: Shop,
  hour: Hour,
  canBeRemade: (receipt: Receipt) => Promise<boolean>,
): Promise<StampedIds> {
  const next = nextHour(hour, shop.vault.zone);
  const seen = await shop.vault.hour(next);
  if (seen.is === 'unmade' || (seen.is === 'made' && (await canBeRemade(seen.receipt)))) return none;
  return { stamp: stampOf(seen), ids: () => storedIds(shop, next) };
}

/** The IDs that the vault stores for an hour; none where its IDs file is absent. */
export async function storedIds({ vault, crew, world }: Shop, hour: Hour): Promise<IdTable> {
  const path = join(vault.folder(hour.day), outputName(hour, 'IDs'));
  if ((await world.disk.facts(path)) === undefined) return new IdTable();
  return idTableOf(await crew.ids(hour.start, path));
}
