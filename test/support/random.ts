// Random numbers that a seed repeats (mulberry32). Takes a seed; leaves numbers from 0 to 1, 1 excluded.

export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What tests draw most. */
export interface Draws {
  /** A whole number from 0 to below the limit. */
  below(limit: number): number;
  /** True in this share of cases. */
  chance(share: number): boolean;
  one<T>(choices: readonly T[]): T;
}

export function drawsOf(seed: number): Draws {
  const next = randomOf(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    chance: (share) => next() < share,
    one: (choices) => choices[below(choices.length)] as (typeof choices)[number],
  };
}
