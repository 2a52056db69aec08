// Joins time, coverage and minute files: which minute is open, when it closes, and what its name will say of connected seconds.
// Takes what the connection does, moment by moment; leaves closed minute files and gaps, whatever the clock does meanwhile.
import type { MinuteFile } from '../domain/minute-file.ts';
import { formatDuration } from '../domain/quantity.ts';
import { endOfMinute, type Minute, minuteMs, minuteName, minuteOf, startOfMinute } from '../domain/time.ts';
import type { World } from '../outside/world.ts';
import type { Coverage, Gap, GapCause } from './coverage.ts';
import type { Over } from './memory.ts';
import type { MinuteWriter } from './minute-writer.ts';

export interface RecorderParts {
  readonly world: Pick<World, 'clock' | 'log' | 'alerts'>;
  readonly coverage: Coverage;
  readonly writer: Pick<MinuteWriter, 'begin' | 'close'>;
  readonly record: (gap: Gap) => void;
  readonly lateWindowMs: number;
  readonly onClosed?: (file: MinuteFile) => void;
}

/** A wall clock that moved by so much more, or less, than time went by was stepped. */
const stepMs = 1_500;
/** A process that saw nothing for so long was held, and cannot say that it heard. */
const heldMs = 5_000;
/** Looked at each second, a clock that went on by more says that this process waited for its turn. */
const lateMs = 1_100;
/** A step back by up to this is waited out; a larger one, or one forward, is told to somebody. */
const toleratedStepMs = 5 * minuteMs;

/** Is told every moment at which something is known; closes minutes as soon as all of them is known. */
export class MinuteRecorder {
  readonly #parts: RecorderParts;
  #minute: Minute;
  readonly #unclosed: Over[] = [];
  #lastMs: number;
  #lastMonotonicMs: number;
  #newestMs: number;
  /** Monotonic ms of the last look that came late. */
  #lateAt = Number.NEGATIVE_INFINITY;
  /** ms not connected that the clock showed before the open minute began, after it was put back. */
  #repeatedMs = 0;
  /** The minute in which the clock was stepped last. */
  #steppedAt = Number.NEGATIVE_INFINITY;
  /** Was a step told of? Only that is over when the clock runs evenly: a clock that is off runs evenly, too. */
  #isStepTold = false;

  constructor(parts: RecorderParts, firstMinute: Minute) {
    const { clock } = parts.world;
    this.#parts = parts;
    this.#minute = firstMinute;
    this.#lastMs = clock.now();
    this.#lastMonotonicMs = clock.monotonic();
    // A minute taken up that lies ahead was begun before the clock was put back.
    this.#newestMs = Math.max(this.#lastMs, startOfMinute(firstMinute));
  }

  /** The minute that takes lines now. */
  get minute(): Minute {
    return this.#minute;
  }

  /** Minutes that are over and whose file is not yet on the disk. */
  get unclosed(): readonly Over[] {
    return this.#unclosed;
  }

  /** Every minute that was heard, and is over, has its file. */
  get isHeardClosed(): boolean {
    return this.#unclosed.every(({ connectedSeconds }) => connectedSeconds === 0);
  }

  /** Minutes in which nothing was heard, and which a death kept from having their files. */
  makeUp(minutes: readonly Minute[]): void {
    for (const minute of minutes) this.#handOver({ minute, connectedSeconds: 0 });
  }

  /** Looks at the clock, notices its steps, and closes what is over. Epoch ms. */
  observe(): number {
    const { coverage, world } = this.#parts;
    const nowMs = world.clock.now();
    const monotonicMs = world.clock.monotonic();
    const elapsedMs = monotonicMs - this.#lastMonotonicMs;
    const steppedMs = nowMs - this.#lastMs - elapsedMs;
    this.#lastMs = nowMs;
    this.#lastMonotonicMs = monotonicMs;
    if (elapsedMs > lateMs) this.#lateAt = monotonicMs;
    this.#newestMs = Math.max(this.#newestMs, nowMs);
    if (this.#newestMs - nowMs > toleratedStepMs) this.#obeyBackwards(nowMs);
    if (nowMs < coverage.certainMs) this.#rewind(nowMs);
    if (steppedMs > stepMs) this.#steppedForward(nowMs, steppedMs);
    else if (steppedMs < -stepMs) world.log.warn('clock.stepped-back', { byMs: -steppedMs });
    else if (elapsedMs > heldMs) this.#missed('process-held', nowMs);
    this.#pass(nowMs);
    this.#roll();
    return nowMs;
  }

  /** Bytes came just now; the time at which lines in them were received, epoch ms. */
  heard(): number {
    const nowMs = this.observe();
    this.#parts.coverage.heard(nowMs);
    this.#roll();
    return nowMs;
  }

  /**
   * `isOrderly`: all that was sent until now was received. A process that waited for its turn learns of an end late: then only what
   * was heard is certain.
   */
  lost(cause: GapCause, isOrderly: boolean): void {
    const nowMs = this.observe();
    const isInTime = this.#lastMonotonicMs - this.#lateAt > lateMs;
    this.#parts.coverage.lost(cause, isOrderly && isInTime ? nowMs : undefined);
    this.#pass(nowMs);
    this.#roll();
  }

  regained(): Gap | undefined {
    const gap = this.#endGap();
    this.#roll();
    this.#begin();
    return gap;
  }

  /** What was sent until now was not read in time, although the connection stays. */
  missed(cause: GapCause): void {
    this.#missed(cause, this.observe());
    this.#roll();
  }

  /** A clean stop: the open minute closes before its end, and a gap that goes on is two, up to now its cause's, then the stop's. */
  stop(): void {
    this.#endGap();
    this.lost('stopped', false);
    this.#close(this.#minute);
  }

  #endGap(): Gap | undefined {
    const gap = this.#parts.coverage.regained(this.observe());
    if (gap) this.#parts.record(gap);
    return gap;
  }

  /** Time went by. What is not heard while the clock catches up with the open minute is taken from that minute's seconds. */
  #pass(nowMs: number): void {
    const { coverage } = this.#parts;
    if (!coverage.isConnected) this.#countRepeated(nowMs);
    coverage.passed(nowMs);
  }

  #countRepeated(nowMs: number): void {
    const untilMs = Math.min(nowMs, startOfMinute(this.#minute));
    this.#repeatedMs += Math.max(0, untilMs - this.#parts.coverage.certainMs);
  }

  #rewind(nowMs: number): void {
    const gap = this.#parts.coverage.rewound(nowMs);
    if (gap) this.#parts.record(gap);
  }

  #missed(cause: GapCause, nowMs: number): void {
    const { coverage, record } = this.#parts;
    if (!coverage.isConnected) return;
    this.#countRepeated(nowMs);
    record(coverage.missed(cause, nowMs));
  }

  #steppedForward(nowMs: number, byMs: number): void {
    const { world, lateWindowMs } = this.#parts;
    this.#steppedAt = minuteOf(nowMs);
    world.log.warn('clock.stepped-forward', { byMs });
    if (byMs > toleratedStepMs) {
      const files =
        byMs <= lateWindowMs
          ? 'The minutes between are written as not connected.'
          : 'That is more than late_window: no files are written for the time between.';
      this.#tellStep(
        `The clock went forward by ${formatDuration(byMs)} at once (or the machine was suspended). ${files} Look at the time service.`,
        world,
      );
    }
    this.#missed('clock-step', nowMs);
  }

  #obeyBackwards(nowMs: number): void {
    const { world, coverage } = this.#parts;
    const by = formatDuration(this.#newestMs - nowMs);
    this.#tellStep(
      `The clock went back by ${by}. Minute files follow it; some minutes will have several files, which is lawful. Look at the time service.`,
      world,
    );
    this.#close(this.#minute);
    this.#newestMs = nowMs;
    this.#minute = minuteOf(nowMs);
    this.#steppedAt = this.#minute;
    this.#rewind(nowMs);
    coverage.forgetBefore(Number.POSITIVE_INFINITY);
    coverage.beganLate(this.#minute, nowMs);
    this.#begin();
  }

  /** A minute that is heard is open on the disk, with lines or without: else a crash would take its seconds. */
  #begin(): void {
    const { coverage, writer } = this.#parts;
    if (coverage.isConnected) writer.begin(this.#minute);
  }

  #tellStep(sentence: string, { alerts }: Pick<World, 'alerts'>): void {
    this.#isStepTold = true;
    alerts.raise('clock-off', sentence);
  }

  #tellEven({ alerts }: Pick<World, 'alerts'>): void {
    if (this.#isStepTold) alerts.end('clock-off', 'The clock has run evenly for a minute.');
    this.#isStepTold = false;
  }

  /** Closes every minute of which all is known. */
  #roll(): void {
    const { coverage, lateWindowMs, world } = this.#parts;
    const before = this.#minute;
    while (coverage.certainMs >= endOfMinute(this.#minute)) {
      this.#close(this.#minute);
      const next = this.#minute + 1;
      const current = minuteOf(coverage.certainMs);
      this.#minute = (current - next) * minuteMs > lateWindowMs ? current : next;
      coverage.forgetBefore(this.#minute);
      if (this.#minute - 1 > this.#steppedAt) this.#tellEven(world);
    }
    if (this.#minute !== before) this.#begin();
  }

  #close(minute: Minute): void {
    const { coverage } = this.#parts;
    const repeatedSeconds = Math.ceil(this.#repeatedMs / 1_000);
    this.#repeatedMs = 0;
    const connectedSeconds = Math.max(0, coverage.connectedSeconds(minute) - repeatedSeconds);
    this.#handOver({ minute, connectedSeconds });
  }

  #handOver(over: Over): void {
    const { writer, world, onClosed } = this.#parts;
    const { minute, connectedSeconds } = over;
    this.#unclosed.push(over);
    writer.close(minute, connectedSeconds, (file) => {
      this.#unclosed.splice(this.#unclosed.indexOf(over), 1);
      world.log.info('minute-file.closed', { minute: minuteName(minute), lines: file.lines, connectedSeconds });
      onClosed?.(file);
    });
  }
}
