// The day's report in sentences: what a mail says before its tables. Takes a day's summary and the days before; leaves lines of text.
import type { DaySummary, HourSummary } from './day-summary.ts';
import { formatDuration } from './quantity.ts';

/** 3755000 → 3,755,000 */
export const countWords = (count: number): string => count.toLocaleString('en-US');

/** 0.9951 → 99.5 %; never 100 % where something is missing. */
export function shareWords(share: number | null): string {
  if (share === null) return 'not known';
  return share === 1 ? '100 %' : `${Math.min(99.9, Math.round(share * 1000) / 10)} %`;
}

export const secondsWords = (seconds: number | null): string =>
  seconds === null ? 'not known' : seconds === 0 ? 'none' : formatDuration(seconds * 1000);

/** A day's number divided by the mean of those before; undefined where there are none to compare with. */
export function comparedWith(total: number, before: readonly number[]): number | undefined {
  const mean = before.reduce((sum, one) => sum + one, 0) / before.length;
  return before.length === 0 || mean === 0 ? undefined : total / mean;
}

/** How the day compares with the mean of those before; undefined where there are none. Exported for tests. */
export function comparisonWords(total: number, before: readonly number[]): string | undefined {
  const times = comparedWith(total, before);
  if (times === undefined) return undefined;
  const percent = Math.round((times - 1) * 1000) / 10;
  const days = before.length === 1 ? 'the day before' : `the mean of the ${before.length} days before`;
  return percent === 0 ? `as many as ${days}` : `${Math.abs(percent)} % ${percent > 0 ? 'more' : 'fewer'} than ${days}`;
}

/** What was lost, in one sentence: the first that a reader must know. */
export function verdictOf({ hours, jointGap, unmade }: DaySummary): string {
  if (hours.length === 0) return 'No hour of this day is finished.';
  const unfinished = unmade.length > 0 ? ` ${hoursWords(unmade)} not finished yet.` : '';
  if (jointGap === 0) return `Every second was heard by at least one server.${unfinished}`;
  if (jointGap === null) return `What nobody heard is not known for all hours.${unfinished}`;
  return `At most ${secondsWords(jointGap)} of this day were heard by nobody.${unfinished}`;
}

const hoursWords = (labels: readonly string[]): string =>
  labels.length === 1 ? `The hour ${labels[0]} is` : `The hours ${labels.join(', ')} are`;

/** The lines above the table. `before`: totals of earlier days. */
export function summaryLines(summary: DaySummary, before: readonly number[]): string[] {
  const { total, hasPartner, coverage1, coverage2, incomplete, remade, unreadable } = summary;
  const comparison = comparisonWords(total, before);
  return [
    verdictOf(summary),
    `${countWords(total)} tweets${comparison === undefined ? '' : `, ${comparison}`}.`,
    `Connected: server 1 ${shareWords(coverage1)}${hasPartner ? `, server 2 ${shareWords(coverage2)}` : ''} of the time.`,
    ...(incomplete.length > 0 ? [`Without all minute files: ${incomplete.join(', ')}.`] : []),
    ...(remade.length > 0 ? [`Made again: ${remade.join(', ')}.`] : []),
    ...(unreadable > 0
      ? [`Lines that could not be read: ${countWords(unreadable)}; they are kept beside their hour.`]
      : []),
  ];
}

/** What was not as it should be in an hour, each in a few words; none where all is well. */
export function hourRemarks({ gap1, gap2, jointGap, missing1, missing2, unreadable, ...hour }: HourSummary): string[] {
  const away = (server: number, gap: number | null, missing: number | null): string[] => {
    if (!gap && !missing) return [];
    const files = missing ? ` (${missing} ${missing === 1 ? 'minute' : 'minutes'} without a file)` : '';
    return [`server ${server} away ${gap === null ? 'for an unknown time' : formatDuration(gap * 1000)}${files}`];
  };
  return [
    ...away(1, gap1, missing1),
    ...away(2, gap2, missing2),
    ...(jointGap === null ? ['gaps not known'] : jointGap > 0 ? [`heard by nobody: ${secondsWords(jointGap)}`] : []),
    ...(hour.isComplete ? [] : ['incomplete']),
    ...(hour.generation > 1 ? [`made ${hour.generation} times`] : []),
    ...(unreadable > 0 ? [`${countWords(unreadable)} unreadable`] : []),
  ];
}
