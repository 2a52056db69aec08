// A disk that takes bytes and names as ever, but hangs in each sync of a file or folder until it is let go.
import { replaceSyncs } from './replaced-syncs.ts';

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
  const restore = replaceSyncs(async (path, real) => {
    if (gate !== undefined && isOf(path)) {
      held++;
      await gate.promise;
      held--;
    }
    await real();
  });
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
      restore();
    },
  };
}
