// Tweet IDs as numbers: they exceed 2^53, so each is a pair of doubles, the digits above the last ten and the last ten.
// Takes and leaves text of 1 to 20 digits; two texts that write the same number are the same ID.

const lowDigits = 10;
const zero = 0x30;
const idPattern = /^\d{1,20}$/;

/** 1 to 20 digits: what the design calls an ID; also the shape of an author's. */
export const isTweetId = (text: string): boolean => idPattern.test(text);

/** The digits before the last ten, as a number. */
export const highOfId = (id: string): number => numberAt(id, 0, id.length - lowDigits);

/** The last ten digits, as a number. */
export const lowOfId = (id: string): number => numberAt(id, Math.max(0, id.length - lowDigits), id.length);

/** At most ten digits of a text as a number, 0 where there are none; without a text of their own, since there are millions of them. */
function numberAt(digits: string, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) number = number * 10 + digits.charCodeAt(at) - zero;
  return number;
}

/** The ID of such a pair, without leading zeros. */
export const idOfPair = (high: number, low: number): string =>
  high === 0 ? String(low) : `${high}${String(low).padStart(lowDigits, '0')}`;
