// What is asked of the API: the address with its parameters, and the headers.
// Takes the settings and how long the stream was not heard; leaves plain values.
import type { IngestSettings } from '../config/schema.ts';
import { minuteMs } from '../domain/time.ts';

const longestBackfillMinutes = 5;

/** The stream's address without its parameters, as it is noted in each line. */
export const streamAddress = (settings: IngestSettings): string => `${settings.api}/2/tweets/${settings.source}/stream`;

/** The address to ask, with fields, expansions and, where given, the minutes to be sent once more. */
export function streamUrl(settings: IngestSettings, backfillMinutes?: number): string {
  const url = new URL(streamAddress(settings));
  const lists = {
    'tweet.fields': settings.tweet_fields,
    'user.fields': settings.user_fields,
    expansions: settings.expansions,
  };
  for (const [name, values] of Object.entries(lists)) {
    if (values.length > 0) url.searchParams.set(name, values.join(','));
  }
  if (backfillMinutes !== undefined) url.searchParams.set('backfill_minutes', String(backfillMinutes));
  return url.href;
}

/** Minutes to ask for after an outage: one more than it lasted, at most 5. */
export const backfillMinutesFor = (outageMs: number): number =>
  Math.min(Math.ceil(Math.max(outageMs, 0) / minuteMs) + 1, longestBackfillMinutes);

/** Headers of the request. The stream comes uncompressed: then no decoder can hold bytes back, and an archive can be cut anywhere. */
export function streamHeaders(bearerToken: string, version: string): Record<string, string> {
  return {
    Authorization: `Bearer ${bearerToken}`,
    'User-Agent': version.replace(' ', '/'),
    Accept: 'application/json',
    'Accept-Encoding': 'identity',
  };
}
