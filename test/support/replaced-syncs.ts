// Another way for files and folders to become durable. Stands before Node's own file handles, so that the real disk adapter is what is
// seen. Takes what each sync shall do; leaves how to put an end to that.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/** Is asked for each sync of a file or folder opened from now on, until what it gives back is called. `real`: the sync itself. */
export function replaceSyncs(sync: (path: string, real: () => Promise<void>) => Promise<void>): () => void {
  const open = fs.open;
  fs.open = async (path, ...how) => {
    const handle = await open(path, ...how);
    for (const name of ['sync', 'datasync'] as const) {
      const real = handle[name].bind(handle);
      handle[name] = () => sync(String(path), real);
    }
    return handle;
  };
  syncBuiltinESMExports();
  return () => {
    fs.open = open;
    syncBuiltinESMExports();
  };
}
