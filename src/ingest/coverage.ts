// Which seconds the stream was heard in: certain up to a moment, and broken in intervals before it.
// Takes what happened to the connection, with wall-clock times; leaves connected seconds of minutes, and gaps.
import { endOfMinute, type Minute, startOfMinute } from '../domain/time.ts';

/** Why the stream was not heard: the closed list. */
export const gapCauses = [
  'starting',
  'stopped',
  'process-dead',
  'network',
  'server-error',
  'rate-limited',
  'too-many-connections',
  'usage-capped',
  'refused',
  'backfill-refused',
  'closed',
  'reset',
  'stalled',
  'endless-line',
  'operational-disconnect',
  'broken-encoding',
  'clock-step',
  'process-held',
  'buffer-full',
] as const;
export type GapCause = (typeof gapCauses)[number];

/** Time in which the stream was not heard, epoch ms. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly cause: GapCause;
}

/** Whole UTC seconds that a gap touches, as the names of minute files count them. */
export const secondsOf = ({ fromMs, toMs }: Pick<Gap, 'fromMs' | 'toMs'>): number =>
  toMs <= fromMs ? 0 : Math.ceil(toMs / 1000) - Math.floor(fromMs / 1000);

/** As it is kept on disk. */
export interface CoverageState {
  /** Everything before this moment is known. */
  readonly certainMs: number;
  readonly broken: readonly (readonly [fromMs: number, toMs: number])[];
  /** Set while not connected. */
  readonly gap?: { readonly fromMs: number; readonly cause: GapCause };
}

/** Starts from what is known, and is told what happens, with times that never go back unless `rewound` says so. */
export class Coverage {
  #certainMs: number;
  #gap: CoverageState['gap'];
  #broken: { fromMs: number; toMs: number }[];

  constructor({ certainMs, broken, gap }: CoverageState) {
    this.#certainMs = certainMs;
    this.#gap = gap;
    this.#broken = broken.map(([fromMs, toMs]) => ({ fromMs, toMs }));
  }

  /** Everything before this moment is known. */
  get certainMs(): number {
    return this.#certainMs;
  }

  get isConnected(): boolean {
    return this.#gap === undefined;
  }

  get state(): CoverageState {
    const broken = this.#broken.map(({ fromMs, toMs }) => [fromMs, toMs] as const);
    return { certainMs: this.#certainMs, broken, ...(this.#gap && { gap: this.#gap }) };
  }

  /** Bytes came: connected without a break up to this moment. */
  heard(atMs: number): void {
    if (this.#gap === undefined) this.#certainMs = atMs;
  }

  /** The connection ended. `atMs`: up to when all is known to have come; left out where that is only what was heard. */
  lost(cause: GapCause, atMs?: number): void {
    if (this.#gap !== undefined) return;
    if (atMs !== undefined) this.#certainMs = atMs;
    this.#gap = { fromMs: this.#certainMs, cause };
  }

  /** Connected again: the gap that ends here, if there was one. */
  regained(atMs: number): Gap | undefined {
    if (this.#gap === undefined) return undefined;
    const ended = { ...this.#gap, toMs: Math.max(atMs, this.#gap.fromMs) };
    this.#breakUpTo(atMs);
    this.#gap = undefined;
    return ended;
  }

  /** Time goes by: a moment of silence is known for what it is only while not connected. */
  passed(atMs: number): void {
    if (this.#gap !== undefined) this.#breakUpTo(atMs);
  }

  /** The time up to this moment was not heard although the connection stayed. */
  missed(cause: GapCause, atMs: number): Gap {
    const missed = { fromMs: this.#certainMs, toMs: atMs, cause };
    this.#breakUpTo(atMs);
    return missed;
  }

  /** The clock stepped back, and this is the time now: the part of a gap that lies behind. */
  rewound(atMs: number): Gap | undefined {
    const behind = this.#gap && { ...this.#gap, toMs: this.#certainMs };
    this.#certainMs = Math.min(this.#certainMs, atMs);
    if (this.#gap) this.#gap = { ...this.#gap, fromMs: this.#certainMs };
    return behind;
  }

  /** Counts what lies before this moment within that minute as broken: its file begins here. */
  beganLate(minute: Minute, atMs: number): void {
    const fromMs = startOfMinute(minute);
    const toMs = Math.min(atMs, endOfMinute(minute));
    if (toMs > fromMs) this.#broken.push({ fromMs, toMs });
  }

  /** 0 to 60: seconds of the minute that were connected throughout, as far as is certain. */
  connectedSeconds(minute: Minute): number {
    const beginsMs = startOfMinute(minute);
    const uncertain = { fromMs: Math.max(this.#certainMs, beginsMs), toMs: endOfMinute(minute) };
    const whole = Array.from({ length: 60 }, () => true);
    for (const { fromMs, toMs } of [...this.#broken, uncertain]) {
      const first = Math.max(0, Math.floor((fromMs - beginsMs) / 1000));
      const afterLast = Math.min(60, Math.ceil((toMs - beginsMs) / 1000));
      if (toMs > fromMs && afterLast > first) whole.fill(false, first, afterLast);
    }
    return whole.filter(Boolean).length;
  }

  /** Forgets what lies before this minute; before Infinity is everything. */
  forgetBefore(minute: Minute): void {
    this.#broken = this.#broken.filter(({ toMs }) => toMs > startOfMinute(minute));
  }

  #breakUpTo(toMs: number): void {
    const fromMs = this.#certainMs;
    const last = this.#broken.at(-1);
    if (last !== undefined && last.fromMs <= fromMs && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else if (toMs > fromMs) this.#broken.push({ fromMs, toMs });
    this.#certainMs = toMs;
  }
}
