// What a connection has sent and nobody can be sure of yet. Takes lines as they are handed over and taken by the kernel;
// leaves them in the ledger as sure once they are old enough, or as unsure when the connection breaks before.
import type { Clock } from '../outside/clock.ts';
import type { LedgerLine, LedgerSink } from './ledger.ts';

export type SentLine = Omit<LedgerLine, 'what'>;

/** Lines that were handed over together. */
interface Batch {
  readonly lines: readonly SentLine[];
  /** Times at which the kernel had taken them: emulated and real, monotonic ms; undefined before. */
  takenAt: readonly [number, number] | undefined;
}

const doubtMs = 1_000;

export class Sending {
  readonly #clocks: readonly [Clock, Clock];
  readonly #ledger: LedgerSink;
  #batches: Batch[] = [];

  constructor(ledger: LedgerSink, { clock, realClock }: { clock: Clock; realClock: Clock }) {
    this.#ledger = ledger;
    this.#clocks = [clock, realClock];
  }

  /** Notes lines that are handed over now. The function given back is to be called when the kernel has taken them. */
  handOver(lines: readonly SentLine[]): () => void {
    const batch: Batch = { lines, takenAt: undefined };
    this.#batches.push(batch);
    return () => {
      batch.takenAt = [this.#clocks[0].monotonic(), this.#clocks[1].monotonic()];
    };
  }

  /** Has the kernel taken all that was handed over? */
  get isTaken(): boolean {
    return this.#batches.every(({ takenAt }) => takenAt !== undefined);
  }

  /** Lets go what has been out long enough. */
  settle(): void {
    const [emulated, real] = [this.#clocks[0].monotonic(), this.#clocks[1].monotonic()];
    const waiting = this.#batches.findIndex(
      ({ takenAt }) => takenAt === undefined || emulated - takenAt[0] < doubtMs || real - takenAt[1] < doubtMs,
    );
    this.#note(this.#batches.splice(0, waiting < 0 ? this.#batches.length : waiting), 'sure');
  }

  /** The connection is over. After a clean end all that was handed over is sure. */
  end(isClean: boolean): void {
    this.settle();
    this.#note(this.#batches.splice(0), isClean ? 'sure' : 'unsure');
  }

  #note(batches: readonly Batch[], what: LedgerLine['what']): void {
    for (const { lines } of batches) for (const line of lines) this.#ledger.record({ what, ...line });
  }
}
