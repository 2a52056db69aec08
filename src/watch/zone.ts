// The vault remembers its zone: days and hours are named in it, and a second zone would mix them up.
import { join } from 'node:path';
import { OperatorError } from '../domain/operator-error.ts';
import { type Disk, textAt } from '../outside/disk.ts';
import type { VaultView } from '../outside/vault-view.ts';

const zoneFile = '.zone';

type Zoned = Pick<VaultView, 'path' | 'zone'>;

/** Writes the zone down at the first start. Throws config-invalid where the vault was begun in another one. */
export async function rememberZone(vault: Zoned, disk: Disk): Promise<void> {
  if (!(await isZoneOf(vault, disk))) await disk.write(join(vault.path, zoneFile), `${vault.zone}\n`);
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
