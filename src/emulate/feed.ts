// The one stream that all clients are shown: which line is due when, and its bytes. Takes a source, a rate and the time;
// leaves places (0, 1, 2 …) and lines. Every client is a place in it; lines of the last moments are written once for all.
import type { Clock } from '../outside/clock.ts';
import { digestOf } from './ledger.ts';
import type { Selection } from './selection.ts';
import { type Source, madeSource, replaySource } from './source.ts';

export interface FeedSetting {
  readonly clock: Clock;
  /** Lines per second of the clock. */
  readonly rate: number;
  readonly seed: number;
  /** Lines to replay, gzip or not; made up where left out. */
  readonly replay?: { readonly content: Buffer; readonly repeat: boolean } | undefined;
  /** No more lines than that. */
  readonly most?: number | undefined;
  /** No line is due at this time or later (epoch ms of the clock). */
  readonly untilMs?: number | undefined;
}

export interface FeedLine {
  readonly id: string;
  readonly bytes: Buffer;
  /** As the ledger holds it; reckoned when it is asked for. */
  readonly sha256: () => string;
}

const remembered = 4096;

export class Feed {
  readonly #clock: Clock;
  readonly #rate: number;
  readonly #source: Source;
  readonly #untilMs: number;
  #length: number;
  readonly #recent = new Map<string, { place: number; line: FeedLine }[]>();
  #start: { readonly wallMs: number; readonly monotonicMs: number } | undefined;

  constructor({ clock, rate, seed, replay, most = Infinity, untilMs = Infinity }: FeedSetting) {
    this.#clock = clock;
    this.#rate = rate;
    this.#source = replay ? replaySource(replay.content, replay) : madeSource(seed, (place) => this.#dueMs(place));
    this.#untilMs = untilMs;
    this.#length = Math.min(this.#source.length, most);
  }

  get isRunning(): boolean {
    return this.#start !== undefined;
  }

  /** Lets the first line be due now. */
  start(): void {
    if (this.#start) return;
    this.#start = { wallMs: this.#clock.now(), monotonicMs: this.#clock.monotonic() };
    const dueBefore = Math.ceil(((this.#untilMs - this.#start.wallMs) * this.#rate) / 1000);
    this.#length = Math.max(0, Math.min(this.#length, dueBefore));
  }

  /** How many lines there are in all; Infinity where they do not end. */
  get length(): number {
    return this.#length;
  }

  /** The place after the last line that is due. */
  due(): number {
    return Math.min(this.#length, this.#placeAt(0));
  }

  /** The place of the first line that was due within that time before now. */
  placeBefore(durationMs: number): number {
    return Math.max(0, Math.min(this.#length, this.#placeAt(durationMs)));
  }

  /** Milliseconds until the next line is due; Infinity where there is none. */
  untilNext(): number {
    const place = this.due();
    if (this.#start === undefined || place >= this.#length) return Infinity;
    return (place * 1000) / this.#rate - (this.#clock.monotonic() - this.#start.monotonicMs);
  }

  get isOver(): boolean {
    return this.due() >= this.#length;
  }

  /** The line at a place, as that selection shows it. */
  line(place: number, selection: Selection): FeedLine {
    const ring = this.#ringOf(this.#source.isVerbatim ? '' : selection.key);
    const slot = place % remembered;
    const known = ring[slot];
    if (known?.place === place) return known.line;
    const { id, bytes } = this.#source.line(place, selection);
    let sha256: string | undefined;
    const line = { id, bytes, sha256: () => (sha256 ??= digestOf(bytes)) };
    ring[slot] = { place, line };
    return line;
  }

  #placeAt(beforeMs: number): number {
    if (this.#start === undefined) return 0;
    // The line of place 0 is due at the start itself; a hair is added for the sake of rounding.
    const elapsedMs = this.#clock.monotonic() - this.#start.monotonicMs - beforeMs;
    return Math.max(0, Math.floor((elapsedMs * this.#rate) / 1000 + 1e-6) + 1);
  }

  #dueMs(place: number): number {
    return (this.#start?.wallMs ?? this.#clock.now()) + (place * 1000) / this.#rate;
  }

  #ringOf(key: string): { place: number; line: FeedLine }[] {
    let ring = this.#recent.get(key);
    if (ring === undefined) {
      if (this.#recent.size >= 4) this.#recent.clear();
      ring = [];
      this.#recent.set(key, ring);
    }
    return ring;
  }
}
