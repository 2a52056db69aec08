// What ingest must remember across restarts: up to when all is known, why it was not connected, and its patience with the API.
// Takes plain values; leaves `.ingest.state`, a line a second, the last whole one counts. Deleting it costs knowledge of seconds only.
import { join } from 'node:path';
import type { Minute } from '../domain/time.ts';
import type { OpenFile } from '../outside/disk.ts';
import type { CoverageState, Gap } from './coverage.ts';
import type { Claims } from './empty-minute.ts';
import type { Spool } from './open-minute.ts';
import { freshPatience, type Patience } from './reconnect.ts';

/** A minute that is over, and the seconds that its name will say. */
export interface Over {
  readonly minute: Minute;
  readonly connectedSeconds: number;
}

/** Minutes that were over and had no closed file yet: all from `since` on up to the open one, and others where the clock was put back. */
export interface Unclosed {
  readonly since: Minute;
  /** Those of them that were heard. */
  readonly heard: readonly Over[];
}

export interface Memory {
  readonly minute: Minute;
  /** The minute was closed by a clean stop. */
  readonly isClosed: boolean;
  readonly coverage: CoverageState;
  readonly patience: Patience;
  /** The API refused `backfill_minutes`; it is not asked for again. */
  readonly isBackfillRefused: boolean;
  /** Epoch ms at which the stream was last heard before the gap that goes on; several starts may lie in that gap. */
  readonly heardMs?: number;
  /** Of the newest minute that was closed: it may be closed once more after a restart. */
  readonly claims?: Claims;
  readonly unclosed?: Unclosed;
  /** Gaps that are over, and that the ledger could not write yet. */
  readonly unwritten?: readonly Gap[];
}

/** What is remembered of minutes that are over and not closed. */
export function unclosedOf(over: readonly Over[]): Pick<Memory, 'unclosed'> {
  if (over.length === 0) return {};
  const since = over.reduce((first, { minute }) => Math.min(first, minute), Number.POSITIVE_INFINITY);
  return { unclosed: { since, heard: over.filter(({ connectedSeconds }) => connectedSeconds > 0) } };
}

/** When the stream was last heard: backfill is reckoned from there. */
export function lastHeard({ coverage: { certainMs, gap }, heardMs }: Memory): number {
  return gap === undefined ? certainMs : (heardMs ?? gap.fromMs);
}

const memoryPath = ({ root }: Spool): string => join(root, '.ingest.state');
const largestBytes = 64 * 1024;

export async function recall({ disk, ...spool }: Spool): Promise<Memory | undefined> {
  const path = memoryPath({ disk, ...spool });
  if ((await disk.facts(path)) === undefined) return undefined;
  const lines = (await disk.read(path)).toString('utf8').split('\n');
  // The text after the last line end was cut off by a crash.
  return lines
    .slice(0, -1)
    .reverse()
    .map(readMemory)
    .find((memory) => memory !== undefined);
}

function readMemory(line: string): Memory | undefined {
  try {
    const value = JSON.parse(line) as Partial<Memory>;
    const { minute, coverage } = value;
    if (!Number.isSafeInteger(minute) || !Number.isFinite(coverage?.certainMs) || !Array.isArray(coverage?.broken))
      return undefined;
    return {
      isClosed: false,
      isBackfillRefused: false,
      ...value,
      patience: { ...freshPatience, ...value.patience },
    } as Memory;
  } catch {
    return undefined;
  }
}

/** One writer; saves follow each other in the order of the calls. */
export class MemoryFile {
  readonly #spool: Spool;
  #file: OpenFile | undefined;
  #bytes = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  /** Appends, and makes it durable. Rejects as the disk does; the next call begins anew. */
  save(memory: Memory): Promise<void> {
    this.#last = this.#last.catch(() => {}).then(() => this.#write(memory));
    return this.#last;
  }

  async close(): Promise<void> {
    await this.#last.catch(() => {});
    await this.#file?.close().catch(() => {});
    this.#file = undefined;
  }

  async #write(memory: Memory): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(memory)}\n`);
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined || this.#bytes + line.length > largestBytes) {
      await file?.close();
      await this.#spool.disk.write(memoryPath(this.#spool), line);
      this.#file = await this.#spool.disk.open(memoryPath(this.#spool));
      this.#bytes = line.length;
      return;
    }
    // Set again only once the line stands: after an error the file is written as a whole.
    try {
      await file.append(line);
      await file.sync();
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
    this.#file = file;
    this.#bytes += line.length;
  }
}
