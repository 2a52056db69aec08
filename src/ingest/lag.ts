// How old a tweet was when it came. Takes one payload; leaves the time of its creation.
import { snowflakeMs } from '../domain/snowflake.ts';

/** Epoch ms at which the tweet of a payload was made, by its ID (a snowflake holds it to the millisecond); undefined where there is none. */
export function createdAtOf(payload: Buffer): number | undefined {
  if (payload.length > 1 << 20) return undefined;
  try {
    const { data } = JSON.parse(payload.toString('utf8')) as { data?: { id?: unknown } };
    const id = data?.id;
    return typeof id === 'string' && /^\d{15,19}$/.test(id) ? snowflakeMs(id) : undefined;
  } catch {
    return undefined;
  }
}
