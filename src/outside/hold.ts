// How many bytes are under way, or in memory, at once: several small pieces, or one that is larger than all of that.
// Takes a bound, which may change; leaves admissions, in the order in which they were asked for.

/** Resolves when that many bytes may be held; to what is to be called when they are let go (again does nothing). */
export type Hold = (bytes: number) => Promise<() => void>;

export function holdOf(mostBytes: () => number): Hold {
  let heldBytes = 0;
  const waiting: { readonly bytes: number; readonly go: () => void }[] = [];

  const admit = (): void => {
    while (waiting[0] && (heldBytes === 0 || heldBytes + waiting[0].bytes <= mostBytes())) {
      const next = waiting.shift();
      heldBytes += next?.bytes ?? 0;
      next?.go();
    }
  };
  return (bytes) =>
    new Promise((resolve) => {
      let isHeld = true;
      const letGo = (): void => {
        if (isHeld) heldBytes -= bytes;
        isHeld = false;
        admit();
      };
      waiting.push({ bytes, go: () => resolve(letGo) });
      admit();
    });
}
