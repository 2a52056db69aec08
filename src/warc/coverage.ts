// Which WARC files cover which hour of a day. Takes the manifest's lines and a zone; leaves rows for the day's report.
import { endOfHour, type Hour, hoursOfDay, startOfMinute } from '../domain/time.ts';
import type { ManifestLine } from './manifest.ts';

/** Was something of that hour received into this file? A file of a single moment counts as well. */
export const covers = ({ from, until }: ManifestLine, hour: Hour): boolean =>
  Date.parse(from) < endOfHour(hour) && Date.parse(until) >= startOfMinute(hour.start);

/** The files that cover any hour of a day, in order of time. */
export function filesOfDay(lines: readonly ManifestLine[], day: string, zone: string): ManifestLine[] {
  const hours = hoursOfDay(day, zone);
  return lines
    .filter((line) => hours.some((hour) => covers(line, hour)))
    .toSorted((a, b) => Date.parse(a.from) - Date.parse(b.from) || a.segment - b.segment);
}

const columns = ['hour', 'warc file', 'from', 'until', 'bytes', 'sha256'];

/** Tab-separated, with a header: a row for each file in each hour that it covers; no text where there is none. */
export function coverageText(lines: readonly ManifestLine[], day: string, zone: string): string {
  const files = filesOfDay(lines, day, zone);
  const rows = hoursOfDay(day, zone).flatMap((hour) =>
    files
      .filter((line) => covers(line, hour))
      .map(({ file, from, until, bytes, sha256 }) => [hour.label, file, from, until, String(bytes), sha256]),
  );
  return rows.length === 0 ? '' : [columns, ...rows].map((cells) => `${cells.join('\t')}\n`).join('');
}
