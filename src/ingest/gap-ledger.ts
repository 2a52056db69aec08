// The gap ledger: `<spool>/gaps.jsonl`, one line a gap, for people and for programs.
// Takes gaps; leaves them in the file, each once, also where a crash came between writing and remembering.
import { join } from 'node:path';
import type { Clock } from '../outside/clock.ts';
import type { Disk } from '../outside/disk.ts';
import type { Log } from '../outside/log.ts';
import { type Gap, secondsOf } from './coverage.ts';
import { onceAMinute } from './once-a-minute.ts';
import type { Spool } from './open-minute.ts';

/** One line of the file. `seconds`: whole UTC seconds touched, as the names of minute files count them. */
interface GapLine {
  readonly from: string;
  readonly to: string;
  readonly seconds: number;
  readonly cause: string;
  readonly server: number;
}

/** Among so many of the last ones a gap is looked for before it is written again. */
const rememberedGaps = 1000;

/** Keeps what it could not write yet, and tries again at the next call. */
export class GapLedger {
  readonly #path: string;
  readonly #disk: Disk;
  readonly #log: Log;
  readonly #server: number;
  readonly #seldom: (say: () => void) => void;
  readonly #waiting: Gap[] = [];
  #isFirst = true;
  #last: Promise<void> = Promise.resolve();

  constructor({ root, disk }: Spool, { server, log, clock }: { server: number; log: Log; clock: Clock }) {
    this.#path = join(root, 'gaps.jsonl');
    this.#disk = disk;
    this.#log = log;
    this.#server = server;
    this.#seldom = onceAMinute(clock);
  }

  /** What the disk has not taken yet: a start that is told of it again writes it then. */
  get unwritten(): readonly Gap[] {
    return this.#waiting.slice();
  }

  record(gap: Gap): void {
    if (gap.toMs <= gap.fromMs) return;
    this.#log.warn('gap.recorded', { ...this.#lineOf(gap) });
    this.#waiting.push(gap);
  }

  #lineOf(gap: Gap): GapLine {
    const [from, to] = [new Date(gap.fromMs).toISOString(), new Date(gap.toMs).toISOString()];
    return { from, to, seconds: secondsOf(gap), cause: gap.cause, server: this.#server };
  }

  /** Resolves once every gap is written, or the disk refused. */
  write(): Promise<void> {
    this.#last = this.#last
      .then(() => this.#writeWaiting())
      .catch((error: unknown) =>
        this.#seldom(() => this.#log.error('gap.not-written', { gaps: this.#waiting.length, error: String(error) })),
      );
    return this.#last;
  }

  async #writeWaiting(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const standing = this.#isFirst ? await this.#mendedEnd() : [];
    const gaps = this.unwritten;
    const fresh = gaps.flatMap((gap) => notYetSaid(this.#lineOf(gap), standing));
    const file = await this.#disk.open(this.#path);
    // A refused append may have left part of it: the end is mended before the next one.
    this.#isFirst = true;
    try {
      await file.append(Buffer.from(fresh.map((line) => `${JSON.stringify(line)}\n`).join('')));
      await file.sync();
    } finally {
      await file.close();
    }
    this.#isFirst = false;
    this.#waiting.splice(0, gaps.length);
  }

  /** The last gaps recorded before this start; a line that a crash cut off is taken away, so that the next one stands alone. */
  async #mendedEnd(): Promise<GapLine[]> {
    if ((await this.#disk.facts(this.#path)) === undefined) return [];
    const text = (await this.#disk.read(this.#path)).toString('utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole !== text) await this.#disk.write(this.#path, whole);
    return whole.trimEnd().split('\n').slice(-rememberedGaps).map(readGapLine);
  }
}

/** A gap that stands already is not said twice; of one that stands up to an earlier moment, the rest is said. */
function notYetSaid(line: GapLine, standing: readonly GapLine[]): GapLine[] {
  const same = standing.filter(({ from, server }) => from === line.from && server === line.server);
  const said = same.map(({ to }) => to).reduce((latest, to) => (to > latest ? to : latest), line.from);
  if (said >= line.to) return [];
  const seconds = secondsOf({ fromMs: Date.parse(said), toMs: Date.parse(line.to) });
  return [{ ...line, from: said, seconds }];
}

function readGapLine(line: string): GapLine {
  try {
    return JSON.parse(line) as GapLine;
  } catch {
    return { from: '', to: '', seconds: 0, cause: '', server: 0 };
  }
}
