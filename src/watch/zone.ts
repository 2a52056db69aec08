// The vault remembers its zone: days and hours are named in it, and a second zone would mix them up.
import { join } from 'node:path';
import { OperatorError } from '../domain/operator-error.ts';
import { type Disk, hasCode } from '../outside/disk.ts';
import type { VaultView } from '../outside/vault-view.ts';

const zoneFile = '.zone';

/** Writes the zone down at the first start. Throws config-invalid where the vault was begun in another one. */
export async function rememberZone({ path, zone }: VaultView, disk: Disk): Promise<void> {
  const known = await knownZone(join(path, zoneFile), disk);
  if (known === undefined) return disk.write(join(path, zoneFile), `${zone}\n`);
  if (known === zone) return;
  throw new OperatorError(
    'config-invalid',
    `The vault ${path} names its days and hours in the zone ${known}, the configuration says ${zone}. Nothing was changed.`,
    `Set timezone = "${known}", or begin another vault.`,
  );
}

async function knownZone(path: string, disk: Disk): Promise<string | undefined> {
  try {
    return (await disk.read(path)).toString('utf8').trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
