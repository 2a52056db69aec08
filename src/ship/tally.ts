// What ship has done since it started, for people and scripts. Takes outcomes; leaves counts.
import type { Outcome } from './shipment.ts';

/** Counts since the start; `left` as of the last look, less what has gone since. */
export interface ShipCounts {
  readonly shipped: number;
  readonly wasThere: number;
  readonly setAside: number;
  readonly bytes: number;
  readonly left: number;
}

export interface Tally {
  add(outcome: Outcome): void;
  /** That many files waited at the last look. */
  waiting(files: number): void;
  readonly counts: ShipCounts;
}

/** `onChange` is called with the counts at each change. */
export function createTally(onChange: (counts: ShipCounts) => void = () => {}): Tally {
  let counts: ShipCounts = { shipped: 0, wasThere: 0, setAside: 0, bytes: 0, left: 0 };
  const change = (next: Partial<ShipCounts>): void => {
    counts = { ...counts, ...next };
    onChange(counts);
  };
  return {
    add(outcome) {
      const { shipped, wasThere, setAside, bytes, left } = counts;
      change({
        left: Math.max(left - 1, 0),
        ...(outcome.is === 'shipped' && { shipped: shipped + 1, bytes: bytes + outcome.bytes }),
        ...(outcome.is === 'was-there' && { wasThere: wasThere + 1 }),
        ...(outcome.is === 'set-aside' && { setAside: setAside + 1 }),
      });
    },
    waiting: (files) => change({ left: files }),
    get counts() {
      return counts;
    },
  };
}
