// The ledger: what the stand-in sent, when, to which connection, so that anything written elsewhere can be compared.
// Takes records; leaves one tab-separated line each in a file, or hands them to whoever counts in the same process.
//
//     at            epoch ms of the emulator's clock, when the line was handed to the connection
//     connection    its number, counted from 1
//     label         which server asked (the first step of its path, `server=` or User-Agent), `-` where it did not say
//     what          sure, unsure: a line of the stream; opened, ended, reset, left: something about the connection
//     id            the tweet's ID, `-` where the line has none; of a connection's event: the cause
//     bytes         of the line, its line end not counted
//     sha256        first 16 hex digits, of the line without its line end
//
// unsure: handed over within a second before the connection broke, emulated or real, whichever is longer, or not taken by the
// kernel by then: it may have arrived or not. A clean end is no break. What the kernel still holds of sure lines is unknown.
import { hash } from 'node:crypto';
import type { Disk, OpenFile } from '../outside/disk.ts';

export interface LedgerLine {
  readonly what: 'sure' | 'unsure';
  readonly at: number;
  readonly connection: number;
  readonly label: string;
  readonly id: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Something that happened to a connection. `left`: the client went, or was cut off by the network. */
export interface LedgerEvent {
  readonly what: 'opened' | 'ended' | 'reset' | 'left';
  readonly at: number;
  readonly connection: number;
  readonly label: string;
  readonly cause: string;
}

export type LedgerRecord = LedgerLine | LedgerEvent;

/** Where records go. They come when it is certain what they are, so those of several connections are not in order of time. */
export interface LedgerSink {
  record(record: LedgerRecord): void;
  /** Resolves when more may come; how a sink that is slow holds the stream up instead of growing. */
  ready?(): Promise<void>;
  close?(): Promise<void>;
}

/** The digest of a line as the ledger holds it. */
export const digestOf = (line: Uint8Array): string => hash('sha256', line, 'hex').slice(0, 16);

const columns = '# at\tconnection\tlabel\twhat\tid\tbytes\tsha256\n';

/** Exported for tests. */
export function writeRecord(record: LedgerRecord): string {
  const start = `${record.at}\t${record.connection}\t${record.label || '-'}\t${record.what}`;
  if (!('sha256' in record)) return `${start}\t${record.cause}\t0\t-\n`;
  return `${start}\t${record.id || '-'}\t${record.bytes}\t${record.sha256}\n`;
}

const batchCharacters = 1 << 16;
const mostWaitingCharacters = 1 << 22;

/** A ledger in a file, made anew. Holds a few megabytes at most while the disk is slow. */
export async function fileLedger(disk: Disk, path: string): Promise<LedgerSink> {
  await disk.remove(path);
  const file: OpenFile = await disk.open(path);
  let text = columns;
  let waiting = 0;
  let written: Promise<void> = Promise.resolve();
  const flush = (): void => {
    const batch = Buffer.from(text);
    waiting += batch.length;
    text = '';
    written = written
      .then(() => file.append(batch))
      .then(() => {
        waiting -= batch.length;
      });
    // The failure is met by whoever waits for `ready` or `close`.
    written.catch(() => {});
  };
  return {
    record(record) {
      text += writeRecord(record);
      if (text.length >= batchCharacters) flush();
    },
    ready: () => (waiting > mostWaitingCharacters ? written : Promise.resolve()),
    async close() {
      flush();
      await written;
      await file.close();
    },
  };
}
