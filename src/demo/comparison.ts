// What was sent held against what the vault holds. Takes the emulator's ledger, the gaps that both servers own up to, and the
// vault's IDs; leaves the differences that must not be. It trusts none of the stages: a gap is believed only where the
// emulator saw that server gone as well.
import type { LedgerEvent, LedgerRecord } from '../emulate/ledger.ts';

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
  /** Seconds that servers call gaps although the emulator saw them connected. */
  readonly unexplainedGapSeconds: number;
}

/** Nothing sent and nothing stored would prove nothing. */
export const isFaultless = (comparison: Comparison): boolean =>
  comparison.stored > 0 &&
  comparison.unexplainedGapSeconds === 0 &&
  [comparison.missing, comparison.doubled, comparison.invented].every((ids) => ids.length === 0);

/** What one server is known by in the ledger, and the gaps that it wrote down. */
export interface Listener {
  readonly label: string;
  readonly gaps: readonly Interval[];
  /** When it is known to have been dead, or to have lost what it held in memory, whatever the emulator saw. */
  readonly gone?: readonly Interval[];
}

/** `stored`: every ID of the vault, as often as it stands there. */
export function compare(
  sent: readonly LedgerRecord[],
  listeners: readonly Listener[],
  stored: Iterable<string>,
): Comparison {
  const claims = listeners.map(({ gaps }) => secondsOf(gaps));
  const absences = listeners.map((listener) => absenceOf(sent, listener));
  const believed = claims.map((seconds, index) => new Set([...seconds].filter((second) => absences[index]?.(second))));
  const required = new Map<string, boolean>();
  for (const record of sent) {
    if (!('sha256' in record) || record.id === '') continue;
    const second = Math.floor(record.at / 1000);
    const isJointGap = believed.every((seconds) => seconds.has(second));
    required.set(record.id, (record.what === 'sure' && !isJointGap) || required.get(record.id) === true);
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
    unexplainedGapSeconds: claims.reduce((sum, seconds, index) => sum + seconds.size - (believed[index]?.size ?? 0), 0),
  };
}

/** Epoch seconds that are at least partly in one of the intervals. */
function secondsOf(intervals: readonly Interval[]): Set<number> {
  const seconds = intervals.flatMap(({ fromMs, toMs }) => {
    const first = Math.floor(fromMs / 1000);
    return Array.from({ length: Math.max(0, Math.ceil(toMs / 1000) - first) }, (_, index) => first + index);
  });
  return new Set(seconds);
}

/**
 * In fast time an emulated second passes in milliseconds, and either side learns of the other some turns later: a gap may reach
 * so far beyond what the emulator saw. A silence of a stall's length is heard as one also while the connection stands.
 */
const toleranceMs = 30_000;

/** Was that server, as the emulator saw it or as is known otherwise, not there around that second? */
function absenceOf(records: readonly LedgerRecord[], { label, gone = [] }: Listener): (second: number) => boolean {
  const events = records.filter((record): record is LedgerEvent => !('sha256' in record) && record.label === label);
  const absences: Interval[] = [...gone];
  let open = 0;
  let goneMs = Number.NEGATIVE_INFINITY;
  for (const { what, at } of events.sort((a, b) => a.at - b.at)) {
    if (what === 'opened' && open++ === 0) absences.push({ fromMs: goneMs - toleranceMs, toMs: at + toleranceMs });
    if (what !== 'opened' && --open === 0) goneMs = at;
  }
  if (open === 0) absences.push({ fromMs: goneMs - toleranceMs, toMs: Number.POSITIVE_INFINITY });
  return (second) => absences.some(({ fromMs, toMs }) => second * 1000 >= fromMs && second * 1000 < toMs);
}
