// Which WARC files cover which hour of a day: what the vault's …_warc.txt says. Takes files with the time that they cover, and a zone;
// leaves rows, their text, and what a text says.
import { endOfHour, type Hour, hoursOfDay, startOfMinute } from './time.ts';

/** A finished WARC file, as the archive's manifest and the vault know it. */
export interface CoveringFile {
  readonly file: string;
  readonly bytes: number;
  /** Of the whole file, hex. */
  readonly sha256: string;
  /** When its bytes were received, ISO. */
  readonly from: string;
  readonly until: string;
}

/** A file in an hour that it covers; the hour by its name (14, 02+0200). */
export interface CoverageRow extends CoveringFile {
  readonly hour: string;
}

/** Was something of that hour received into this file? A file of a single moment counts as well. */
const covers = ({ from, until }: CoveringFile, hour: Hour): boolean =>
  Date.parse(from) < endOfHour(hour) && Date.parse(until) >= startOfMinute(hour.start);

/** The files that cover any hour of a day, in order of time; names are given in that order, too. */
export function filesOfDay<File extends CoveringFile>(files: readonly File[], day: string, zone: string): File[] {
  const hours = hoursOfDay(day, zone);
  return files
    .filter((file) => hours.some((hour) => covers(file, hour)))
    .toSorted((a, b) => Date.parse(a.from) - Date.parse(b.from) || (a.file < b.file ? -1 : 1));
}

/** A row for each file in each hour that it covers, in order of time. */
export function coverageRows(files: readonly CoveringFile[], day: string, zone: string): CoverageRow[] {
  const ofDay = filesOfDay(files, day, zone);
  return hoursOfDay(day, zone).flatMap((hour) =>
    ofDay
      .filter((file) => covers(file, hour))
      .map(({ file, from, until, bytes, sha256 }) => ({ hour: hour.label, file, from, until, bytes, sha256 })),
  );
}

const columns = ['hour', 'warc file', 'from', 'until', 'bytes', 'sha256'];

/** Tab-separated, with a header; no text where there is no row. */
export function coverageText(rows: readonly CoverageRow[]): string {
  const cells = rows.map(({ hour, file, from, until, bytes, sha256 }) => [hour, file, from, until, bytes, sha256]);
  return rows.length === 0 ? '' : [columns, ...cells].map((row) => `${row.join('\t')}\n`).join('');
}

/** The files that such a text names, each once; lines of another form are passed over. */
export function parseCoverage(text: string): CoveringFile[] {
  const files = new Map<string, CoveringFile>();
  for (const line of text.split('\n')) {
    const [, file, from = '', until = '', bytes = '', sha256 = ''] = line.split('\t');
    const isRow = /^\d+$/.test(bytes) && /^[0-9a-f]{64}$/.test(sha256) && isTime(from) && isTime(until);
    if (file && isRow && !files.has(file)) files.set(file, { file, from, until, bytes: Number(bytes), sha256 });
  }
  return [...files.values()];
}

const isTime = (text: string): boolean => !Number.isNaN(Date.parse(text));

/** Both together. What is known of a file already stays: a manifest that changes later changes nothing that was written down. */
export function withKnown(known: readonly CoveringFile[], more: readonly CoveringFile[]): CoveringFile[] {
  const names = new Set(known.map(({ file }) => file));
  return [...known, ...more.filter(({ file }) => !names.has(file))];
}

/** One sentence for people; undefined where there is no row. `hours`: the finished hours of the day by their names. */
export function coverageSentence(rows: readonly CoverageRow[], hours: readonly string[]): string | undefined {
  if (rows.length === 0) return undefined;
  const files = new Set(rows.map(({ file }) => file)).size;
  const without = hours.filter((label) => !rows.some(({ hour }) => hour === label));
  const lacking = without.length === 0 ? 'every finished hour' : `all finished hours but ${without.join(', ')}`;
  return `${files} WARC ${files === 1 ? 'file covers' : 'files cover'} ${lacking}.`;
}
