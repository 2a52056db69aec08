// The older system's temporary folders: minute files that no hour holds yet. Takes a folder and the zone of its names; leaves
// counts by hour. Nothing is changed: the watch merges these files where they lie.
import { join } from 'node:path';
import { isDayFolder, isHourFolder, parseMinuteFileName, parseOlderFileName } from '../domain/minute-file.ts';
import { hourName, hourOf, minutesAtWallClock } from '../domain/time.ts';
import type { Disk } from '../outside/disk.ts';

export interface TemporaryFiles {
  /** Minute files by hour, as 2022-03-01T14 in the vault's zone. */
  readonly byHour: ReadonlyMap<string, number>;
  /** Paths of .jsonl files whose name says no minute, or lie where nobody looks. */
  readonly strays: readonly string[];
}

/** Lists DAY/HOUR/ folders, and .jsonl files outside of them as strays. */
export async function lookAtTemporary(folder: string, zone: string, disk: Disk): Promise<TemporaryFiles> {
  const byHour = new Map<string, number>();
  const strays: string[] = [];
  const visit = async (path: string, depth: number): Promise<void> => {
    for (const { name, isFolder } of await disk.list(path)) {
      const isWanted = depth === 0 ? isDayFolder(name) : depth === 1 && isHourFolder(name);
      if (isFolder && isWanted) await visit(join(path, name), depth + 1);
      if (isFolder || !name.endsWith('.jsonl')) continue;
      const hour = depth === 2 ? hourOfFile(name, zone) : undefined;
      if (hour === undefined) strays.push(join(path, name));
      else byHour.set(hour, (byHour.get(hour) ?? 0) + 1);
    }
  };
  await visit(folder, 0);
  return { byHour, strays };
}

/** The first of two possible hours where clocks were put back; the watch looks into the file to decide. */
function hourOfFile(name: string, zone: string): string | undefined {
  const older = parseOlderFileName(name);
  const minute = older ? minutesAtWallClock(older.day, older.clock, zone)[0] : parseMinuteFileName(name)?.minute;
  return minute === undefined ? undefined : hourName(hourOf(minute, zone));
}
