// Tweet IDs as times: a snowflake's upper bits count milliseconds since X's own epoch, its lower 22 tell tweets of one
// millisecond apart. IDs exceed 2^53, so they stay text or BigInt.

/** Epoch milliseconds at which snowflakes count zero. */
const firstMs = 1_288_834_974_657;

/** An ID made at that time (epoch ms, not before 2010-11-04); `ordinal` tells tweets of one millisecond apart, its lower 22 bits count. */
export const snowflakeAt = (epochMs: number, ordinal: number): string =>
  String((BigInt(Math.floor(epochMs) - firstMs) << 22n) | BigInt(ordinal & 0x3f_ffff));

/** Epoch milliseconds at which an ID was made. */
export const snowflakeMs = (id: string): number => Number(BigInt(id) >> 22n) + firstMs;
