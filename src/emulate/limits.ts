// The limits that the API sets, as values: connects in a window of time, connections that stand at once.
// Takes each request to connect with its time; leaves whether it may, and the headers that say how many are left.

const windowMs = 15 * 60_000;

export interface Limits {
  /** Connects in 15 minutes. */
  readonly connects: number;
  /** Connections that may stand at once. */
  readonly connections: number;
}

/** As X documents them for the sampled stream. */
export const realLimits: Limits = { connects: 50, connections: 2 };

export interface Allowance {
  readonly isAllowed: boolean;
  /** x-rate-limit-limit, -remaining, -reset (epoch seconds). */
  readonly headers: Readonly<Record<string, string>>;
}

/** Counts the connects of one token in windows of 15 minutes, each beginning with the first connect in it. */
export class RateWindow {
  readonly #most: number;
  #endsAtMs = 0;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts a connect at that time (epoch ms). One that is refused is counted as well. */
  count(nowMs: number): Allowance {
    // A clock that was set back begins a window anew.
    if (nowMs >= this.#endsAtMs || nowMs < this.#endsAtMs - windowMs) {
      this.#endsAtMs = nowMs + windowMs;
      this.#count = 0;
    }
    this.#count += 1;
    return {
      isAllowed: this.#count <= this.#most,
      headers: {
        'x-rate-limit-limit': String(this.#most),
        'x-rate-limit-remaining': String(Math.max(0, this.#most - this.#count)),
        'x-rate-limit-reset': String(Math.ceil(this.#endsAtMs / 1000)),
      },
    };
  }
}
