// The vault remembers its zone: days and hours are named in it, and a second zone would mix them up. The own spool remembers that the
// vault was begun: a disk that is not mounted looks like a vault that is still to begin.
import { join } from 'node:path';
import { OperatorError } from '../domain/operator-error.ts';
import { type Disk, takesNothing, textAt } from '../outside/disk.ts';
import type { VaultView } from '../outside/vault-view.ts';

const zoneFile = '.zone';
const begunFile = '.vault-begun';

type Zoned = Pick<VaultView, 'path' | 'zone'>;

/**
 * Writes the zone down at the first start, and in the own spool which vault was begun. Throws config-invalid where the vault was begun
 * in another zone, disk-failed where it was begun and is empty now.
 */
export async function rememberZone(vault: VaultView, own: string, disk: Disk): Promise<void> {
  const marker = join(own, begunFile);
  const isKnown = (await textAt(marker, disk))?.trim() === vault.path;
  if (!(await isZoneOf(vault, disk))) {
    if (isKnown) await refuseEmpty(vault, marker);
    await disk.write(join(vault.path, zoneFile), `${vault.zone}\n`);
  }
  if (!isKnown) await writeWhereThereIsRoom(marker, `${vault.path}\n`, disk);
}

/** A copy of a vault may lack its hidden files; its days are proof enough. */
async function refuseEmpty(vault: VaultView, marker: string): Promise<void> {
  vault.refresh();
  if ((await vault.days()).length > 0) return;
  throw new OperatorError(
    'disk-failed',
    `The vault ${vault.path} was begun, and is empty now: its disk is not mounted, or it was moved away. Nothing was made anew there.`,
    `Mount it or put it back; to begin a new vault in its place: sudo rm ${marker}`,
  );
}

/** A spool that is full must still be emptied into the vault. */
async function writeWhereThereIsRoom(path: string, text: string, disk: Disk): Promise<void> {
  await disk.write(path, text).catch((error: unknown) => {
    if (!takesNothing(error)) throw error;
  });
}

/** Is that the zone of the vault? false where none is written down yet. Throws config-invalid where it is another one. */
export async function isZoneOf({ path, zone }: Zoned, disk: Disk): Promise<boolean> {
  const known = (await textAt(join(path, zoneFile), disk))?.trim();
  if (known === undefined || known === zone) return known === zone;
  throw new OperatorError(
    'config-invalid',
    `The vault ${path} names its days and hours in the zone ${known}, the configuration says ${zone}. Nothing was changed.`,
    `Set timezone = "${known}", or begin another vault.`,
  );
}
