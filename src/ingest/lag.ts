// How old a tweet was when it came. Takes one payload; leaves the time of its creation.

const snowflakeEpochMs = 1_288_834_974_657n;

/** Epoch ms at which the tweet of a payload was made, by its ID (a snowflake holds it to the millisecond); undefined where there is none. */
export function createdAtOf(payload: Buffer): number | undefined {
  if (payload.length > 1 << 20) return undefined;
  try {
    const { data } = JSON.parse(payload.toString('utf8')) as { data?: { id?: unknown } };
    const id = data?.id;
    return typeof id === 'string' && /^\d{15,19}$/.test(id)
      ? Number((BigInt(id) >> 22n) + snowflakeEpochMs)
      : undefined;
  } catch {
    return undefined;
  }
}
