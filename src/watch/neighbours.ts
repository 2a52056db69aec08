// The IDs that an hour leaves out because a neighbour has them. Takes the vault and the raw files there are; leaves ID tables.
import { join } from 'node:path';
import { IdTable, idTableOf } from '../domain/id-table.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { outputOf, type Receipt } from '../domain/receipt.ts';
import { type Hour, hourBefore, hourName, nextHour } from '../domain/time.ts';
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

/**
 * The IDs that the vault stores for an hour: from its rows where the IDs file is damaged. None where another tool left no IDs file.
 * Throws disk-failed where neither can be relied on: the other hour would hold tweets twice.
 */
export async function storedIds({ vault, crew, world }: Shop, hour: Hour): Promise<IdTable> {
  const seen = await vault.hour(hour);
  const pathOf = (kind: 'IDs' | 'tweets'): string => join(vault.folder(hour.day), outputName(hour, kind));
  if (seen.is !== 'made' && (await world.disk.facts(pathOf('IDs'))) === undefined) return new IdTable();
  const damaged: string[] = [];
  for (const kind of ['IDs', 'tweets'] as const) {
    const sha256 = seen.is === 'made' ? outputOf(seen.receipt, kind)?.sha256 : undefined;
    const found = await crew.ids(hour.start, { idsIn: pathOf(kind), kind, sha256 });
    if (!('damaged' in found)) return idTableOf(found);
    world.log.error('output.damaged', { file: pathOf(kind), why: found.damaged });
    damaged.push(`${pathOf(kind)} (${found.damaged})`);
  }
  throw new OperatorError(
    'disk-failed',
    `Which tweets the hour ${hourName(hour)} holds can be read from none of its files, and an hour beside it must know: ${damaged.join('; ')}.`,
    'Put one of them back from the backup, and the watch goes on by itself.',
  );
}
