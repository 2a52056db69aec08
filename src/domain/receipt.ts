// The receipt: the JSON document that proves an hour is finished, and from what. Written last; report and sums derive from it.
// Its JSON schema, for people and for tests, is receipt-schema.json beside this file.
import type { HeardMinute, Server } from './hour.ts';
import type { UnreadableReason } from './tweet.ts';
import { type Hour, type Minute, minuteName, minuteOf } from './time.ts';
import type { OutputKind } from './vault.ts';

/** One minute file that went into the hour. `seconds` of connection; null where an older file's name does not say. */
export interface ReceiptInput {
  readonly server: Server;
  readonly file: string;
  /** 2026-03-10T13:05Z */
  readonly minute: string;
  readonly lines: number;
  readonly bytes: number;
  readonly seconds: number | null;
  readonly sha256: string;
}

/** `rows`: tweets, authors, IDs or lines; a header is none. */
export interface ReceiptOutput {
  readonly kind: OutputKind;
  readonly file: string;
  readonly bytes: number;
  readonly rows: number;
  readonly sha256: string;
}

/** Distinct IDs unless said otherwise; null for what one server alone cannot have. */
export interface ReceiptCounts {
  /** Heard by server 1, by server 2 (also those that the hour before holds). */
  readonly server_1: number;
  readonly server_2: number | null;
  readonly both: number | null;
  /** Heard by only one of the two. */
  readonly only_1: number | null;
  readonly only_2: number | null;
  /** Rows stored. */
  readonly total: number;
  /** Lines whose ID the same server had delivered in this hour before. */
  readonly duplicates_within: number;
  /** IDs left out because they stand in a minute file of the hour before. */
  readonly duplicates_across: number;
  /** IDs left out because the next hour holds them and can no longer be made again. */
  readonly 'held-by-next': number;
  /** Lines, by reason; reasons that did not occur are left out. */
  readonly unreadable: Readonly<Partial<Record<UnreadableReason, number>>>;
}

/** Minutes without a file, and seconds without connection, of each server and of both at once. */
export interface ReceiptGaps {
  readonly missing_1: number;
  readonly missing_2: number | null;
  readonly gap_1: number | null;
  readonly gap_2: number | null;
  readonly joint_gap: number | null;
}

export interface Receipt {
  readonly receipt: 1;
  readonly streamvault: string;
  /** 2026-03-10T14, in `zone`; `start` its first minute in UTC. */
  readonly hour: string;
  readonly start: string;
  readonly zone: string;
  readonly generation: number;
  readonly made_at: string;
  /** Each server had a file for each of the 60 minutes. */
  readonly complete: boolean;
  readonly servers: readonly Server[];
  readonly gaps: ReceiptGaps;
  readonly counts: ReceiptCounts;
  /** The IDs behind `duplicates_across`: with the IDs stored they are all that this hour's minute files hold. */
  readonly left_out: readonly string[];
  readonly outputs: readonly ReceiptOutput[];
  readonly inputs: readonly ReceiptInput[];
}

/** The minute of a receipt's input. */
export const minuteOfInput = (input: ReceiptInput): Minute => minuteOf(Date.parse(input.minute));

/** The first minute of a receipt's hour. */
export const startOfReceipt = (receipt: Receipt): Minute => minuteOf(Date.parse(receipt.start));

/** The hour that a receipt proves. */
export function hourOfReceipt(receipt: Receipt): Hour {
  const [day = '', label = ''] = receipt.hour.split('T');
  return { start: startOfReceipt(receipt), day, label };
}

export const heardOf = (inputs: readonly ReceiptInput[]): HeardMinute[] =>
  inputs.map((input) => ({ server: input.server, minute: minuteOfInput(input), seconds: input.seconds }));

/** Lines that could not be read, whatever the reason. */
export const unreadableLines = (counts: ReceiptCounts): number =>
  Object.values(counts.unreadable).reduce((sum, lines) => sum + lines, 0);

export const outputOf = (receipt: Receipt, kind: OutputKind): ReceiptOutput | undefined =>
  receipt.outputs.find((output) => output.kind === kind);

/** The receipt as it stands on disk. */
export const receiptText = (receipt: Receipt): string => `${JSON.stringify(receipt, null, 1)}\n`;

/**
 * Reads a receipt; undefined for a text that is none of ours (another tool's, or damaged). Only the parts that steer what is
 * done with files are looked at: the rest is proven when it is written, and by `streamvault verify`.
 */
export function parseReceipt(text: string): Receipt | undefined {
  try {
    const value = JSON.parse(text) as Receipt;
    const isOurs =
      value.receipt === 1 &&
      Number.isInteger(value.generation) &&
      minuteName(startOfReceipt(value)) === value.start &&
      value.inputs.every((input) => typeof input.file === 'string' && typeof input.sha256 === 'string') &&
      value.outputs.every((output) => /^[\w+-]+\.(txt|csv|jsonl)\.xz$/.test(output.file)) &&
      value.left_out.every((id) => typeof id === 'string');
    return isOurs ? value : undefined;
  } catch {
    return undefined;
  }
}
