// The stand-in's ledger, read back. Takes a file as `emulate --ledger` leaves it; gives its records.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { LedgerEvent, LedgerRecord } from '../../src/emulate/ledger.ts';

/** Reads one line of a ledger; undefined for a comment, and for a last line that was cut off. */
export function parseRecord(line: string): LedgerRecord | undefined {
  const [at = '', connection = '', label = '', what = '', id = '', bytes = '', sha256] = line.split('\t');
  if (line.startsWith('#') || sha256 === undefined) return undefined;
  const start = { at: Number(at), connection: Number(connection), label: orEmpty(label) };
  if (what === 'sure' || what === 'unsure') return { what, ...start, id: orEmpty(id), bytes: Number(bytes), sha256 };
  return { what: what as LedgerEvent['what'], ...start, cause: id };
}

const orEmpty = (text: string): string => (text === '-' ? '' : text);

/** Reads a ledger's file, line by line. */
export async function* readLedger(path: string): AsyncIterable<LedgerRecord> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const record = parseRecord(line);
    if (record) yield record;
  }
}
