// What the process asks the kernel to make durable, in order: the paths of files and folders whose sync returned.
// Stands before Node's own file handles, so that the real disk adapter is what is seen.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

export interface RecordedSyncs {
  readonly syncs: string[];
  restore(): void;
}

/** Records from now on, until `restore`. */
export function recordSyncs(): RecordedSyncs {
  const syncs: string[] = [];
  const open = fs.open;
  fs.open = async (path, ...how) => {
    const handle = await open(path, ...how);
    for (const name of ['sync', 'datasync'] as const) {
      const real = handle[name].bind(handle);
      handle[name] = async () => {
        await real();
        syncs.push(String(path));
      };
    }
    return handle;
  };
  syncBuiltinESMExports();
  return {
    syncs,
    restore() {
      fs.open = open;
      syncBuiltinESMExports();
    },
  };
}
