// Looking at the spool and the inbox: the directories are the truth. Takes a tree; leaves the minute files that lie in it,
// of both kinds of names, and what does not belong there. Never descends into `aside`.
import { join } from 'node:path';
import type { Server } from '../domain/hour.ts';
import { isDayFolder, isHourFolder, parseMinuteFileName, parseOlderFileName } from '../domain/minute-file.ts';
import { type Minute, minuteOf, minutesAtWallClock, startOfMinute } from '../domain/time.ts';
import type { Disk } from '../outside/disk.ts';
import { identityOf, type InputFile } from './input-file.ts';

/** A tree of minute files: server 1's is the own spool, server 2's the partner's inbox. */
export interface Tree {
  readonly path: string;
  readonly server: Server;
}

/** A file that no hour can take. */
export interface Stray {
  readonly tree: string;
  readonly path: string;
  readonly why: string;
}

export interface Sighting {
  readonly files: readonly InputFile[];
  readonly strays: readonly Stray[];
}

/** Finds the minute of an older name, whose clock time may be ambiguous; undefined where nothing tells. */
export type OlderMinute = (path: string, candidates: readonly Minute[]) => Promise<Minute | undefined>;

export interface LookSetting {
  readonly disk: Disk;
  /** The zone of the times in older names. */
  readonly olderZone: string;
  readonly olderMinute: OlderMinute;
}

/** Lists a tree. Names that are no minute file's are left alone, unless they end in .jsonl: those are strays. */
export async function lookAtTree(tree: Tree, setting: LookSetting): Promise<Sighting> {
  const files = new Map<string, InputFile>();
  const strays: Stray[] = [];
  for (const folder of await hourFolders(tree.path, setting.disk)) {
    for (const { name, isFolder, isFile } of await setting.disk.list(folder)) {
      if (isFolder || name.startsWith('.') || !name.endsWith('.jsonl')) continue;
      const path = join(folder, name);
      if (!isFile) {
        strays.push({ tree: tree.path, path, why: 'it is no ordinary file but a link, a pipe or a device' });
        continue;
      }
      const file = await readName({ tree, path, name }, setting);
      if (file === undefined) strays.push({ tree: tree.path, path, why: 'its name is no minute file’s' });
      else if (files.has(identityOf(file)))
        strays.push({ tree: tree.path, path, why: 'another file of this name lies in this tree' });
      else files.set(identityOf(file), file);
    }
  }
  return { files: [...files.values()], strays };
}

async function hourFolders(tree: string, disk: Disk): Promise<string[]> {
  const folders: string[] = [];
  for (const day of await disk.list(tree)) {
    if (!day.isFolder || !isDayFolder(day.name)) continue;
    const hours = await disk.list(join(tree, day.name));
    for (const hour of hours)
      if (hour.isFolder && isHourFolder(hour.name)) folders.push(join(tree, day.name, hour.name));
  }
  return folders;
}

interface Named {
  readonly tree: Tree;
  readonly path: string;
  readonly name: string;
}

async function readName(
  { tree, path, name }: Named,
  { olderZone, olderMinute }: LookSetting,
): Promise<InputFile | undefined> {
  const place = { server: tree.server, name, path, tree: tree.path };
  const claim = parseMinuteFileName(name);
  if (claim) return { ...place, minute: claim.minute, claim };
  const older = parseOlderFileName(name);
  if (older === undefined) return undefined;
  const candidates = minutesAtWallClock(older.day, older.clock, olderZone);
  const minute = candidates.length === 1 ? candidates[0] : await olderMinute(path, candidates);
  return minute === undefined ? undefined : { ...place, minute };
}

const retrievedAt = /"retrieved_at"\s*:\s*"([^"]+)"/;

/**
 * Decides by the first `retrieved_at` in the file which of two equal clock times is meant, or, where the clock never showed that
 * time, its minute. An empty file in a repeated hour is taken for the first one. Answers are remembered by path.
 */
export function olderMinuteByContent(disk: Disk): OlderMinute {
  const known = new Map<string, Minute | undefined>();
  return async (path, candidates) => {
    if (!known.has(path)) {
      const content = await disk.read(path);
      const heardMs = Date.parse(retrievedAt.exec(content.toString('latin1'))?.[1] ?? '');
      known.set(path, Number.isNaN(heardMs) ? candidates[0] : nearest(heardMs, candidates));
    }
    return known.get(path);
  };
}

function nearest(heardMs: number, candidates: readonly Minute[]): Minute {
  const distance = (minute: Minute): number => Math.abs(startOfMinute(minute) - heardMs);
  return [...candidates].sort((a, b) => distance(a) - distance(b))[0] ?? minuteOf(heardMs);
}
