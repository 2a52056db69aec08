// Who waits until bytes are with the kernel. Takes how many were taken and how many of them still wait; lets go who waits for no more.

export class Handed {
  #takenBytes = 0;
  #waiting: { readonly upToBytes: number; readonly sinceMs: number; readonly letGo: () => void }[] = [];

  /** Monotonic ms since which somebody waits. */
  get sinceMs(): number | undefined {
    return this.#waiting[0]?.sinceMs;
  }

  took(bytes: number): void {
    this.#takenBytes += bytes;
  }

  /** Resolves once all that was taken until now is with the kernel. */
  all(sinceMs: number): Promise<void> {
    return new Promise((letGo) => this.#waiting.push({ upToBytes: this.#takenBytes, sinceMs, letGo }));
  }

  /** So many of the bytes taken still wait; 0 where nobody shall wait for them. */
  stillWaits(bytes: number): void {
    const handedBytes = this.#takenBytes - bytes;
    while ((this.#waiting[0]?.upToBytes ?? Number.POSITIVE_INFINITY) <= handedBytes) this.#waiting.shift()?.letGo();
  }
}
