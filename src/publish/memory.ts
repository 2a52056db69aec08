// What the publisher remembers: per day what lies at OSF, folders' links, how much was asked. Takes a vault; leaves JSON files in
// `.publish/PROJECT_STORAGE/`. All but the count of IDs could be asked again; it is counted anew from OSF's dates where it is lost.
import { join } from 'node:path';
import { isDayFolder } from '../domain/minute-file.ts';
import { type DayPublications, type Given, givenOf } from '../domain/publishing.ts';
import { type Pace, freshPace } from '../domain/request-pace.ts';
import { type Disk, hasCode } from '../outside/disk.ts';
import type { OsfFolder } from '../outside/osf.ts';

/** Links by path: `` (the root), 2026, 2026/03, 2026/03/10. */
export type Links = Readonly<Record<string, OsfFolder>>;

export interface Memory {
  day(day: string): DayPublications;
  saveDay(day: string, publications: DayPublications): Promise<void>;
  links(): Links;
  saveLinks(links: Links): Promise<void>;
  pace(): Pace;
  savePace(pace: Pace): Promise<void>;
  /** All that was given to anyone, whatever project it went to. */
  given(): Given[];
}

export interface Target {
  readonly project: string;
  readonly storage: string;
}

export const publishFolder = (vault: string): string => join(vault, '.publish');

/** Reads what is remembered. A file that cannot be read is as good as lost. */
export async function openMemory(disk: Disk, vault: string, { project, storage }: Target): Promise<Memory> {
  const root = publishFolder(vault);
  const own = `${project}_${storage}`;
  const folder = join(root, own);
  const days = new Map<string, DayPublications>();
  const elsewhere: DayPublications[] = [];
  for (const { name, isFolder } of await disk.list(root)) {
    if (!isFolder) continue;
    for (const file of await disk.list(join(root, name))) {
      const day = file.name.replace(/\.json$/, '');
      if (!isDayFolder(day)) continue;
      const publications = await readJson<DayPublications>(disk, join(root, name, file.name), {});
      if (name === own) days.set(day, publications);
      else elsewhere.push(publications);
    }
  }
  let links = await readJson<Links>(disk, join(folder, 'links.json'), {});
  let pace = await readJson<Pace>(disk, join(folder, 'pace.json'), freshPace);
  const save = async (name: string, value: unknown): Promise<void> => {
    await disk.makeFolder(folder);
    await disk.write(join(folder, `${name}.json`), `${JSON.stringify(value, null, 1)}\n`);
  };
  return {
    day: (day) => days.get(day) ?? {},
    async saveDay(day, publications) {
      days.set(day, publications);
      await save(day, publications);
    },
    links: () => links,
    async saveLinks(next) {
      links = next;
      await save('links', next);
    },
    pace: () => pace,
    async savePace(next) {
      pace = next;
      await save('pace', next);
    },
    given: () => givenOf([...days.values(), ...elsewhere]),
  };
}

async function readJson<T extends object>(disk: Disk, path: string, absent: T): Promise<T> {
  try {
    const value: unknown = JSON.parse((await disk.read(path)).toString());
    return typeof value === 'object' && value !== null ? (value as T) : absent;
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, 'ENOENT')) return absent;
    throw error;
  }
}
