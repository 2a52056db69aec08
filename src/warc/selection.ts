// Which tweets are wanted: written within a time, and each ID once. Takes what the command line says; leaves a question for each line.
import { IdTable } from '../domain/id-table.ts';
import { highOfId, lowOfId } from '../domain/tweet-id.ts';
import { tweetFacts } from './tweet-line.ts';

export interface Selection {
  /** Epoch ms; tweets written before are left out, as are those that do not say when. */
  readonly sinceMs?: number | undefined;
  /** Epoch ms; tweets written then or later are left out. */
  readonly untilMs?: number | undefined;
  /** Only the first of several with one ID. */
  readonly isDeduped: boolean;
}

/** A question to be asked of each tweet's line once, in order. Lines are parsed only where something is asked of them. */
export function selector({ sinceMs, untilMs, isDeduped }: Selection): (line: Buffer) => boolean {
  const isTimed = sinceMs !== undefined || untilMs !== undefined;
  if (!isTimed && !isDeduped) return () => true;
  const seen = new IdTable();
  return (line) => {
    const facts = tweetFacts(line);
    if (facts === undefined) return !isTimed;
    if (isTimed && !isWithin(facts.writtenMs, sinceMs, untilMs)) return false;
    if (!isDeduped) return true;
    const [high, low] = [highOfId(facts.id), lowOfId(facts.id)];
    if (seen.find(high, low) >= 0) return false;
    seen.add(high, low);
    return true;
  };
}

function isWithin(
  ms: number | undefined,
  sinceMs = Number.NEGATIVE_INFINITY,
  untilMs = Number.POSITIVE_INFINITY,
): boolean {
  return ms !== undefined && ms >= sinceMs && ms < untilMs;
}

/** A moment as people write it: 2026-03-10, 2026-03-10T14:00, with or without seconds, zone or offset; UTC where none is named. Undefined for anything else. */
export function parseMoment(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(text);
  if (!match) return undefined;
  const ms = Date.parse(`${match[1]}T${match[2] ?? '00:00'}${match[3] ?? 'Z'}`);
  return Number.isNaN(ms) ? undefined : ms;
}
