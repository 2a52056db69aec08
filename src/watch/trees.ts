// Looking at the spool and the inbox: the directories are the truth. Takes a tree; leaves the minute files that lie in it,
// of both kinds of names, and what does not belong there. Never descends into `aside`.
import { join } from 'node:path';
import type { Server } from '../domain/hour.ts';
import { parseMinuteFileName, parseOlderFileName } from '../domain/minute-file.ts';
import { type Minute, minuteOf, minutesAtWallClock, startOfMinute } from '../domain/time.ts';
import { type Disk, type Entry, hasCode } from '../outside/disk.ts';
import { hourFolders } from '../outside/minute-tree.ts';
import { isTroubleOfOneFile } from './troubles.ts';
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
  /** Folders of a day or an hour that cannot be listed, and those that were. */
  readonly unreadable: readonly { readonly path: string; readonly error: unknown }[];
  readonly listed: readonly string[];
}

/** Finds the minute of an older name, whose clock time may be ambiguous; undefined where nothing tells, gone where the file is. */
export type OlderMinute = (path: string, candidates: readonly Minute[]) => Promise<Minute | 'gone' | undefined>;

export interface LookSetting {
  readonly disk: Disk;
  /** The zone of the times in older names. */
  readonly olderZone: string;
  readonly olderMinute: OlderMinute;
  /** What the look before made of names, by path: thousands may lie there, and are looked at every few seconds. */
  readonly known?: ReadonlyMap<string, InputFile>;
}

/** Lists a tree. Names that are no minute file's are left alone, unless they end in .jsonl: those are strays. */
export async function lookAtTree(tree: Tree, setting: LookSetting): Promise<Sighting> {
  const files = new Map<string, InputFile>();
  const strays: Stray[] = [];
  const lister = new Lister(setting.disk, tree.path);
  for await (const hour of hourFolders((folder) => lister.list(folder), tree.path)) {
    const folder = join(tree.path, hour);
    for (const { name, isFolder, isFile } of await lister.list(folder)) {
      if (isFolder || name.startsWith('.') || !name.endsWith('.jsonl')) continue;
      const path = join(folder, name);
      if (!isFile) {
        strays.push({ tree: tree.path, path, why: 'it is no ordinary file but a link, a pipe or a device' });
        continue;
      }
      const file = setting.known?.get(path) ?? (await readName({ tree, path, name }, setting));
      if (file === 'unknown') strays.push({ tree: tree.path, path, why: 'its name is no minute file’s' });
      else if (file === 'gone') continue;
      else if (files.has(identityOf(file)))
        strays.push({ tree: tree.path, path, why: 'another file of this name lies in this tree' });
      else files.set(identityOf(file), file);
    }
  }
  return { files: [...files.values()], strays, unreadable: lister.unreadable, listed: lister.listed };
}

/** Lists folders; one that the disk refuses is empty here, and noted. The tree itself is not: nothing is decided without it. */
class Lister {
  readonly unreadable: { path: string; error: unknown }[] = [];
  readonly listed: string[] = [];
  readonly #disk: Disk;
  readonly #tree: string;

  constructor(disk: Disk, tree: string) {
    this.#disk = disk;
    this.#tree = tree;
  }

  async list(folder: string): Promise<Entry[]> {
    try {
      const entries = await this.#disk.list(folder);
      this.listed.push(folder);
      return entries;
    } catch (error) {
      if (folder === this.#tree || !isTroubleOfOneFile(error)) throw error;
      this.unreadable.push({ path: folder, error });
      return [];
    }
  }
}

interface Named {
  readonly tree: Tree;
  readonly path: string;
  readonly name: string;
}

async function readName(
  { tree, path, name }: Named,
  { olderZone, olderMinute }: LookSetting,
): Promise<InputFile | 'unknown' | 'gone'> {
  const place = { server: tree.server, name, path, tree: tree.path };
  const claim = parseMinuteFileName(name);
  if (claim) return { ...place, minute: claim.minute, claim };
  const older = parseOlderFileName(name);
  if (older === undefined) return 'unknown';
  const candidates = minutesAtWallClock(older.day, older.clock, olderZone);
  const minute = candidates.length === 1 ? candidates[0] : await olderMinute(path, candidates);
  if (minute === 'gone') return 'gone';
  return minute === undefined ? 'unknown' : { ...place, minute };
}

const retrievedAt = /"retrieved_at"\s*:\s*"([^"]{1,40})"/;
/** Bytes that the pattern may span. */
const patternBytes = 256;

/**
 * Decides by the first `retrieved_at` in the file which of two equal clock times is meant, or, where the clock never showed that
 * time, its minute. An empty file in a repeated hour is taken for the first one, and so is one that cannot be read: its trouble
 * is met again where it is merged. Answers are remembered by path.
 */
export function olderMinuteByContent(disk: Disk): OlderMinute {
  const known = new Map<string, Minute | undefined>();
  return async (path, candidates) => {
    if (known.has(path)) return known.get(path);
    try {
      const heardMs = Date.parse((await firstRetrievedAt(path, disk)) ?? '');
      known.set(path, Number.isNaN(heardMs) ? candidates[0] : nearest(heardMs, candidates));
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return 'gone';
      if (!isTroubleOfOneFile(error)) throw error;
      return candidates[0];
    }
    return known.get(path);
  };
}

/** Reads no further than it must. */
async function firstRetrievedAt(path: string, disk: Disk): Promise<string | undefined> {
  let end = '';
  for await (const chunk of disk.chunks(path)) {
    const text = end + chunk.toString('latin1');
    const found = retrievedAt.exec(text)?.[1];
    if (found !== undefined) return found;
    end = text.slice(-patternBytes);
  }
  return undefined;
}

function nearest(heardMs: number, candidates: readonly Minute[]): Minute {
  const distance = (minute: Minute): number => Math.abs(startOfMinute(minute) - heardMs);
  return [...candidates].sort((a, b) => distance(a) - distance(b))[0] ?? minuteOf(heardMs);
}
