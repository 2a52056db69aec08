// The name of a shipment under way, beside its final name: hidden, new for each attempt, with the time of the attempt in it.
// After a reset the far side may go on writing what its socket still holds, so a name is never used twice.

const pattern = /^\.(.+)\.(\d{13,})-([0-9a-f]+)\.sending$/;

/** `.NAME.1773147600000-9f86d081.sending`; `mark` makes it new even within a millisecond. */
export const sendingName = (name: string, now: number, mark: string): string => `.${name}.${now}-${mark}.sending`;

/** When the attempt began whose name this is (epoch ms); undefined for every other name. */
export function sendingTime(name: string): number | undefined {
  const match = pattern.exec(name);
  return match?.[2] === undefined ? undefined : Number(match[2]);
}
