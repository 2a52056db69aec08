// What people are told of an alert, and when: one message per cause and day, and one when it is over.
// Takes what was raised and ended, and the time; leaves the state to keep, and the telling that is due. No clock, no disk.
import { type AlertCause, isOccasion } from './alert.ts';
import { hourMs, minuteMs } from './time.ts';

/** A cause is over when it has stayed away for so long: a stream that breaks every minute has not ended being broken. Exported for tests. */
export const quietMs = 10 * minuteMs;
/** A cause that comes back on the same day after its all-clear is told once more if it lasts so long. Exported for tests. */
export const comebackMs = hourMs;
const mostDetails = 20;

/** What people believe, from the last message: on which `day`, the how-manieth episode of that day, whether it lasts. */
export interface Told {
  readonly day: string;
  readonly episode: number;
  readonly isOpen: boolean;
  /** The messages' names build on this one, so that the all-clear answers the alert in a mail program. */
  readonly name: string;
}

/** One cause within one service. JSON, kept on disk. Times in epoch ms. */
export interface Trouble {
  readonly cause: AlertCause;
  readonly isActive: boolean;
  readonly sinceMs: number;
  readonly lastMs: number;
  readonly sentence: string;
  readonly facts: Readonly<Record<string, unknown>>;
  /** How often it began since people were last told that all is well. */
  readonly times: number;
  /** Sentences that no message has carried yet, each once, oldest first; `untoldMore` counts those beyond the twenty kept. */
  readonly untold: readonly string[];
  readonly untoldMore: number;
  readonly endedMs?: number;
  readonly endSentence?: string;
  readonly told?: Told;
}

export interface Raise {
  readonly cause: AlertCause;
  readonly sentence: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
}

const unheardOf: Pick<Trouble, 'untold' | 'untoldMore' | 'times' | 'endedMs' | 'endSentence'> = {
  untold: [],
  untoldMore: 0,
  times: 0,
};

/** Does this raise say something new? What lasts begins once, whatever its sentence counts; each occasion has a sentence of its own. */
export const isBeginning = (
  before: Trouble | undefined,
  { cause, sentence }: Pick<Raise, 'cause' | 'sentence'>,
): boolean => !before?.isActive || (isOccasion(cause) && before.sentence !== sentence);

/** The trouble after its cause was raised, for the first time or again. */
export function afterRaise(before: Trouble | undefined, { cause, sentence, facts, nowMs }: Raise): Trouble {
  const begins = isBeginning(before, { cause, sentence });
  const goesOn = before !== undefined && (before.isActive || (before.told?.isOpen ?? false));
  const { endedMs: _endedMs, endSentence: _endSentence, ...rest } = before ?? unheardOf;
  const isUntold = begins && !rest.untold.includes(sentence);
  const hasRoom = rest.untold.length < mostDetails;
  return {
    ...rest,
    cause,
    sentence,
    facts,
    isActive: true,
    sinceMs: goesOn ? before.sinceMs : nowMs,
    lastMs: nowMs,
    times: rest.times + (begins ? 1 : 0),
    untold: isUntold && hasRoom ? [...rest.untold, sentence] : rest.untold,
    untoldMore: rest.untoldMore + (isUntold && !hasRoom ? 1 : 0),
  };
}

/** The trouble after somebody said that it is over. */
export function afterEnd(before: Trouble, sentence: string, nowMs: number): Trouble {
  return before.isActive ? { ...before, isActive: false, endedMs: nowMs, endSentence: sentence } : before;
}

/** What became of a cause while nobody could read what was remembered of it. */
export interface Meanwhile {
  /** It was raised. */
  readonly trouble?: Trouble | undefined;
  /** Of which nothing was known, it was said to be over. */
  readonly over?: { readonly sentence: string; readonly atMs: number } | undefined;
}

/** The trouble once what was remembered of it can be read: one story of both, so that its end is told, and nothing told again. */
export function afterRecall(remembered: Trouble, { trouble, over }: Meanwhile): Trouble {
  if (trouble === undefined) return over ? afterEnd(remembered, over.sentence, over.atMs) : remembered;
  const untold = [...new Set([...remembered.untold, ...trouble.untold])];
  const untoldMore = remembered.untoldMore + trouble.untoldMore + Math.max(0, untold.length - mostDetails);
  const told = trouble.told ?? remembered.told;
  return {
    ...trouble,
    sinceMs: remembered.isActive || remembered.told?.isOpen ? remembered.sinceMs : trouble.sinceMs,
    times: remembered.times + trouble.times,
    untold: untold.slice(0, mostDetails),
    untoldMore,
    ...(told && { told }),
  };
}

/** began: it is there. lasts: it is still there on another day. more: what else a past day brought. over: it is gone. */
export type TellingKind = 'began' | 'lasts' | 'more' | 'over';

export interface Telling {
  readonly kind: TellingKind;
  readonly day: string;
  readonly episode: number;
}

/** What is to be told now, if anything. `today` is the day of `nowMs` in the vault's zone. */
export function tellingDue(trouble: Trouble, { nowMs, today }: { nowMs: number; today: string }): Telling | undefined {
  const { told } = trouble;
  const isOtherDay = told === undefined || told.day !== today;
  if (told?.isOpen) {
    // Either way: where the clock was set back, its end lies ahead, by years perhaps.
    const isOver = !trouble.isActive && Math.abs(nowMs - (trouble.endedMs ?? nowMs)) >= quietMs;
    if (isOver) return { kind: 'over', day: told.day, episode: told.episode };
    if (!isOtherDay) return undefined;
    if (!isOccasion(trouble.cause)) return { kind: 'lasts', day: today, episode: 1 };
    return trouble.untold.length > 0 ? { kind: 'more', day: told.day, episode: told.episode } : undefined;
  }
  if (!hasNews(trouble)) return undefined;
  if (isOtherDay) return { kind: 'began', day: today, episode: 1 };
  const isComeback = !isOccasion(trouble.cause) && told.episode === 1 && nowMs - trouble.sinceMs >= comebackMs;
  return isComeback ? { kind: 'began', day: today, episode: 2 } : undefined;
}

/** An occasion is news while no message has carried it; what lasts is news while it lasts, or if it came and went before anybody was told. */
function hasNews(trouble: Trouble): boolean {
  const isUntold = trouble.untold.length > 0;
  return isOccasion(trouble.cause) ? isUntold : trouble.isActive || (trouble.told === undefined && isUntold);
}

/** The trouble after a message of that name told it. `seen` is the trouble as the message had it: what came meanwhile is still untold. */
export function afterTelling(
  trouble: Trouble,
  telling: Telling,
  { name, seen }: { name: string; seen: Trouble },
): Trouble {
  const isOpen = telling.kind === 'began' || telling.kind === 'lasts';
  const began = telling.kind === 'began' ? name : (trouble.told?.name ?? name);
  return {
    ...trouble,
    untold: trouble.untold.filter((sentence) => !seen.untold.includes(sentence)),
    untoldMore: trouble.untoldMore - seen.untoldMore,
    times: isOpen ? trouble.times : 0,
    told: { day: telling.day, episode: telling.episode, isOpen, name: began },
  };
}

/** Is there nothing left to remember? An occasion closes by itself when its day is over. */
export function isForgotten(trouble: Trouble, today: string): boolean {
  if (trouble.told === undefined || trouble.told.day === today) return false;
  if (isOccasion(trouble.cause)) return trouble.untold.length === 0;
  return !trouble.isActive && !trouble.told.isOpen;
}
