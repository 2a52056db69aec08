// The IDs of an hour with a byte of flags each, in compact arrays: about 25 bytes an ID, whatever their number.
// Takes IDs as pairs (tweet-id.ts); leaves their index in order of arrival.

const firstCapacity = 1 << 12;

/** Open addressing over an index of 32-bit slots; IDs are never taken out. */
export class IdTable {
  high = new Float64Array(firstCapacity);
  low = new Float64Array(firstCapacity);
  flags = new Uint8Array(firstCapacity);
  size = 0;
  #slots = new Int32Array(firstCapacity * 2).fill(-1);

  #slotOf(high: number, low: number): number {
    const mask = this.#slots.length - 1;
    let hash = Math.imul(low | 0, 0x9e3779b1) ^ Math.imul(high | 0, 0x85ebca6b);
    hash ^= hash >>> 15;
    let slot = Math.imul(hash, 0x2c1b3c6d) & mask;
    for (;;) {
      const index = this.#slots[slot] as number;
      if (index < 0 || (this.low[index] === low && this.high[index] === high)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  /** The index of an ID, or -1. */
  find(high: number, low: number): number {
    return this.#slots[this.#slotOf(high, low)] as number;
  }

  /** Adds an ID that is not there yet; gives its index. */
  add(high: number, low: number, flags = 0): number {
    if (this.size === this.high.length) this.#grow();
    const index = this.size++;
    this.high[index] = high;
    this.low[index] = low;
    this.flags[index] = flags;
    this.#slots[this.#slotOf(high, low)] = index;
    return index;
  }

  #grow(): void {
    const capacity = this.high.length * 2;
    this.high = copied(new Float64Array(capacity), this.high);
    this.low = copied(new Float64Array(capacity), this.low);
    this.flags = copied(new Uint8Array(capacity), this.flags);
    this.#slots = new Int32Array(capacity * 2).fill(-1);
    for (let index = 0; index < this.size; index++) {
      this.#slots[this.#slotOf(this.high[index] as number, this.low[index] as number)] = index;
    }
  }
}

function copied<T extends Float64Array | Uint8Array>(to: T, from: T): T {
  to.set(from);
  return to;
}

/** A table of the IDs in those texts. */
export function idTableOf(pairs: { readonly high: Float64Array; readonly low: Float64Array }): IdTable {
  const table = new IdTable();
  for (let index = 0; index < pairs.high.length; index++) {
    const high = pairs.high[index] as number;
    const low = pairs.low[index] as number;
    if (table.find(high, low) < 0) table.add(high, low);
  }
  return table;
}
