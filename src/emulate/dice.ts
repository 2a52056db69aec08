// Chance that can be repeated. Takes a seed and a place; leaves the same throws for the same two, in whatever order
// places are asked for, so that any tweet of a stream can be made again without those before it.

export class Dice {
  #state: number;

  /** `seed` and `place` are whole numbers; places from 0 to 2^53 have throws of their own. */
  constructor(seed: number, place: number) {
    const low = Math.imul((place >>> 0) ^ 0x5bd1_e995, 0x9e37_79b1);
    const high = Math.imul(Math.floor(place / 2 ** 32) + 1, 0x85eb_ca77);
    this.#state = (Math.imul((seed >>> 0) + 1, 0xc2b2_ae3d) ^ low ^ high) >>> 0 || 1;
    for (let round = 0; round < 4; round++) this.next();
  }

  /** From 0 to 1, 1 excluded. Marsaglia's xorshift of 32 bits, scrambled by a multiplication. */
  next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return (Math.imul(state, 0x2c1b_3c6d) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `bound`, that excluded. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** True in that share of throws. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}
