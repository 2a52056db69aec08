// Material that lies beside the checkout (`../shared`), too large or not ours to keep in it: real payloads, a maker of
// synthetic hours. STREAMVAULT_SHARED names another place. Tests that need it are skipped, and say so, where it is absent.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const beside = fileURLToPath(new URL('../../../shared', import.meta.url));

/** The path of such a file, or undefined. */
export function sharedFile(name: string): string | undefined {
  const path = join(process.env.STREAMVAULT_SHARED ?? beside, name);
  return existsSync(path) ? path : undefined;
}
