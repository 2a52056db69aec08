// What was sent held against what the vault holds. Takes the emulator's ledger, both servers' gaps and the vault's IDs;
// leaves the differences that must not be. It trusts none of the stages: only what was sent and what lies there.
import type { LedgerRecord } from '../emulate/ledger.ts';

/** Time in which a server was not receiving, epoch ms. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Comparison {
  /** Distinct IDs that were sent to anybody. */
  readonly sent: number;
  readonly stored: number;
  /** Sent for certain, in a second that is in no joint gap, and not in the vault. */
  readonly missing: readonly string[];
  /** In the vault more than once. */
  readonly doubled: readonly string[];
  /** In the vault, though it was never sent. */
  readonly invented: readonly string[];
  /** Not in the vault, and rightly so: sent in joint gaps, or just before a connection broke. */
  readonly excused: number;
}

export const isFaultless = ({ missing, doubled, invented }: Comparison): boolean =>
  missing.length === 0 && doubled.length === 0 && invented.length === 0;

/** `gaps` of each server in the order of the servers; `stored` every ID of the vault, as often as it stands there. */
export function compare(
  sent: Iterable<LedgerRecord>,
  gaps: readonly (readonly Interval[])[],
  stored: Iterable<string>,
): Comparison {
  const isJointGap = jointGapOf(gaps);
  const required = new Map<string, boolean>();
  for (const record of sent) {
    if (!('sha256' in record) || record.id === '') continue;
    const isCertain = record.what === 'sure' && !isJointGap(Math.floor(record.at / 1000));
    required.set(record.id, isCertain || required.get(record.id) === true);
  }
  const held = new Set<string>();
  const doubled: string[] = [];
  for (const id of stored) {
    if (held.has(id)) doubled.push(id);
    held.add(id);
  }
  const absent = [...required].filter(([id]) => !held.has(id));
  const missing = absent.filter(([, isRequired]) => isRequired).map(([id]) => id);
  return {
    sent: required.size,
    stored: held.size,
    missing,
    doubled,
    invented: [...held].filter((id) => !required.has(id)),
    excused: absent.length - missing.length,
  };
}

/** Is this epoch second at least partly in a gap of every server? */
function jointGapOf(gaps: readonly (readonly Interval[])[]): (second: number) => boolean {
  const secondsOf = gaps.map(
    (intervals) =>
      new Set(
        intervals.flatMap(({ fromMs, toMs }) => {
          const first = Math.floor(fromMs / 1000);
          return Array.from({ length: Math.max(0, Math.ceil(toMs / 1000) - first) }, (_, index) => first + index);
        }),
      ),
  );
  return (second) => secondsOf.every((seconds) => seconds.has(second));
}
