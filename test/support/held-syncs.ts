// A disk that takes bytes and names as ever, but hangs in each sync of a file or folder until it is let go.
// Stands before Node's own file handles, so that the real disk adapter is what is seen.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

export interface HeldSyncs {
  /** Syncs that hang now. */
  readonly held: number;
  /** From now on those of such paths hang. */
  hold(isHeld?: (path: string) => boolean): void;
  letGo(): void;
  restore(): void;
}

/** Holds none until it is told to. */
export function holdSyncs(): HeldSyncs {
  let gate: PromiseWithResolvers<void> | undefined;
  let isOf: (path: string) => boolean = () => true;
  let held = 0;
  const letGo = (): void => {
    gate?.resolve();
    gate = undefined;
  };
  const open = fs.open;
  fs.open = async (path, ...how) => {
    const handle = await open(path, ...how);
    for (const name of ['sync', 'datasync'] as const) {
      const real = handle[name].bind(handle);
      handle[name] = async () => {
        if (gate !== undefined && isOf(String(path))) {
          held++;
          await gate.promise;
          held--;
        }
        await real();
      };
    }
    return handle;
  };
  syncBuiltinESMExports();
  return {
    get held() {
      return held;
    },
    hold(isHeld = () => true) {
      isOf = isHeld;
      gate ??= Promise.withResolvers();
    },
    letGo,
    restore() {
      letGo();
      fs.open = open;
      syncBuiltinESMExports();
    },
  };
}
