// Tweet IDs as numbers: they exceed 2^53, so each is a pair of doubles, the digits above the last ten and the last ten.
// Takes and leaves text of 1 to 20 digits; two texts that write the same number are the same ID.

const lowDigits = 10;
const idPattern = /^\d{1,20}$/;

/** 1 to 20 digits: what the design calls an ID; also the shape of an author's. */
export const isTweetId = (text: string): boolean => idPattern.test(text);

/** The digits before the last ten, as a number. */
export const highOfId = (id: string): number => (id.length > lowDigits ? Number(id.slice(0, -lowDigits)) : 0);

/** The last ten digits, as a number. */
export const lowOfId = (id: string): number => Number(id.slice(-lowDigits));

/** The ID of such a pair, without leading zeros. */
export const idOfPair = (high: number, low: number): string =>
  high === 0 ? String(low) : `${high}${String(low).padStart(lowDigits, '0')}`;
