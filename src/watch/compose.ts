// The receipt of a built hour, from values alone.
import { coverageOf, jointGap, isComplete, type Server } from '../domain/hour.ts';
import type { MergeCounts } from '../domain/hour-merge.ts';
import { productVersion } from '../domain/product.ts';
import { heardOf, type Receipt, type ReceiptCounts, type ReceiptGaps, type ReceiptInput } from '../domain/receipt.ts';
import { type Hour, hourName, minuteName } from '../domain/time.ts';
import { outputName } from '../domain/vault.ts';
import type { BuiltHour, BuiltOutput } from './hour-build.ts';
import type { UnreadableCounts } from './minute.ts';

export interface Making {
  readonly hour: Hour;
  readonly zone: string;
  readonly servers: readonly Server[];
  readonly generation: number;
  readonly madeAtMs: number;
  readonly outputs: readonly BuiltOutput[];
}

export function composeReceipt(built: BuiltHour, making: Making): Receipt {
  const { hour, zone, servers, generation, madeAtMs, outputs } = making;
  return {
    receipt: 1,
    streamvault: productVersion,
    hour: hourName(hour),
    start: minuteName(hour.start),
    zone,
    generation,
    made_at: new Date(madeAtMs).toISOString(),
    complete: isComplete(heardOf(built.inputs), hour, servers),
    servers,
    gaps: gapsOf(built.inputs, making),
    counts: countsOf(built.counts, built.unreadable, servers),
    left_out: built.leftOut,
    outputs: outputs.map(({ kind, bytes, rows, sha256 }) => ({
      kind,
      file: outputName(hour, kind),
      bytes,
      rows,
      sha256,
    })),
    inputs: built.inputs,
  };
}

function gapsOf(inputs: readonly ReceiptInput[], { hour, servers }: Making): ReceiptGaps {
  const heard = heardOf(inputs);
  const first = coverageOf(heard, hour, 1);
  const second = servers.includes(2) ? coverageOf(heard, hour, 2) : undefined;
  return {
    missing_1: first.missing,
    missing_2: second?.missing ?? null,
    gap_1: first.gap,
    gap_2: second?.gap ?? null,
    joint_gap: jointGap(heard, hour, servers),
  };
}

function countsOf(counts: MergeCounts, unreadable: UnreadableCounts, servers: readonly Server[]): ReceiptCounts {
  const ofTwo = (value: number): number | null => (servers.includes(2) ? value : null);
  return {
    server_1: counts.heard[1],
    server_2: ofTwo(counts.heard[2]),
    both: ofTwo(counts.both),
    only_1: ofTwo(counts.heard[1] - counts.both),
    only_2: ofTwo(counts.heard[2] - counts.both),
    total: counts.total,
    duplicates_within: counts.repeats,
    duplicates_across: counts.leftOut,
    'held-by-next': counts.heldByNext,
    unreadable,
  };
}
