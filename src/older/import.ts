// `streamvault import older`: takes over from the older system. Takes its settings, credentials, vault and temporary folders;
// leaves a configuration that goes on with them, and a verdict on what is there. May be broken off and repeated.
import { join } from 'node:path';
import { hourBefore, hourName, hourOfName } from '../domain/time.ts';
import { reportName } from '../domain/vault.ts';
import type { World } from '../outside/world.ts';
import { lookAtTemporary } from './temporary.ts';
import { type OlderDay, verifyOlderVault } from './vault.ts';

export interface ImportSetting {
  /** The zone in which the older system named its hours. */
  readonly zone: string;
  readonly vault: string | undefined;
  readonly temporary: readonly (string | undefined)[];
  /** Looks only: nothing is remembered, and no sums are written. */
  readonly isDry?: boolean;
}

export interface ImportVerdict {
  readonly hours: number;
  readonly tweets: number;
  /** First and last hour of the older vault. */
  readonly first: string | undefined;
  readonly last: string | undefined;
  /** Hours between the two that the vault does not hold. */
  readonly missing: readonly string[];
  readonly problems: readonly string[];
}

/** Verifies the vault; `tell` is given a line a day as it is done. */
export async function verifyForImport(
  { vault, zone, isDry = false }: ImportSetting,
  world: World,
  tell: (line: string) => void,
): Promise<ImportVerdict> {
  const problems: string[] = [];
  const names: string[] = [];
  let tweets = 0;
  let lastDay: OlderDay | undefined;
  if (vault === undefined) return { hours: 0, tweets, first: undefined, last: undefined, missing: [], problems };
  for await (const day of verifyOlderVault(vault, { ...world, isDry })) {
    const wrong = day.hours.flatMap((hour) => hour.problems.map((problem) => `${hour.hour}: ${problem}`));
    const sum = day.hours.reduce((total, hour) => total + hour.tweets, 0);
    names.push(...day.hours.map(({ hour }) => hour.replace(/^(\d{4}-\d\d-\d\d)_/, '$1T')));
    tweets += sum;
    problems.push(...wrong);
    tell(`${day.day}\t${day.hours.length} hours\t${sum} tweets\t${wrong.length === 0 ? 'sound' : wrong.join('; ')}`);
    lastDay = day;
  }
  if (lastDay?.hasReport && !isDry) await keepOlderReport(vault, lastDay.day, world);
  const missing = missingHours(names, zone);
  return { hours: names.length, tweets, first: names[0], last: names.at(-1), missing, problems };
}

/** On the day of the change both systems make hours: the older report is kept beside, before ours takes its name. */
async function keepOlderReport(vault: string, day: string, { disk }: World): Promise<void> {
  const folder = join(vault, day);
  const kept = join(folder, `${day}_report_older.txt`);
  if ((await disk.facts(kept)) === undefined) await disk.write(kept, await disk.read(join(folder, reportName(day))));
}

const mostNamed = 10_000;

/** Hours of the zone between the first and the last that are not among the names, newest first. */
function missingHours(names: readonly string[], zone: string): string[] {
  const present = new Set(names);
  const [first, last] = [names[0], names.at(-1)].map((name) => hourOfName(name ?? '', zone));
  const missing: string[] = [];
  if (!first || !last) return missing;
  for (let hour = last; hour.start > first.start && missing.length < mostNamed; hour = hourBefore(hour, zone))
    if (!present.has(hourName(hour)) && !present.has(hourName(hour).slice(0, 13))) missing.push(hourName(hour));
  return missing;
}

/** What waits in the temporary folders, as lines for people; `held`: hours that the vault holds, whose files no hour will take. */
export async function waitingLines(
  { temporary, zone }: ImportSetting,
  last: string | undefined,
  world: World,
): Promise<string[]> {
  const lines: string[] = [];
  for (const [index, folder] of temporary.entries()) {
    if (folder === undefined) continue;
    if ((await world.disk.facts(folder)) === undefined) {
      lines.push(`server ${index + 1}: ${folder} is not there`);
      continue;
    }
    const { byHour, strays } = await lookAtTemporary(folder, zone, world.disk);
    const hours = [...byHour.keys()].sort();
    const files = [...byHour.values()].reduce((sum, count) => sum + count, 0);
    const range = hours.length > 0 ? ` of ${hours.length} hours, ${hours[0]} to ${hours.at(-1)}` : '';
    lines.push(`server ${index + 1}: ${files} minute files${range} in ${folder}`);
    const held = hours.filter((hour) => last !== undefined && hour <= last);
    if (held.length > 0)
      lines.push(
        `  ${held.length} of these hours are in the vault already; the watch sets their files aside, never overwriting`,
      );
    if (strays.length > 0) lines.push(`  ${strays.length} files are no minute files, such as ${strays[0]}`);
  }
  return lines;
}
