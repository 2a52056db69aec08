// The folders YYYY/mm/dd at OSF. Takes a client and remembered links; leaves each folder made once and its links kept.
import type { Osf, OsfFolder } from '../outside/osf.ts';
import { OsfTrouble } from '../outside/osf-trouble.ts';
import type { Memory } from './memory.ts';

/** 2026-03-10 → 2026/03/10 */
const remotePath = (day: string): string => day.replaceAll('-', '/');

export interface Folders {
  /** The day's folder, made where it is missing. */
  of(day: string): Promise<OsfFolder>;
  /** The same with its link for listing; undefined where it is not there. */
  listable(day: string): Promise<OsfFolder | undefined>;
  /** A link led nowhere: all of them are asked for again. */
  forget(): Promise<void>;
}

/** A name that is taken by something else is asked for once, not again for each file below it. */
function onceWhereTaken(): <T>(path: string, work: () => Promise<T>) => Promise<T> {
  const taken = new Map<string, OsfTrouble>();
  return async (path, work) => {
    const known = taken.get(path);
    if (known) throw known;
    return work().catch((error: unknown) => {
      if (error instanceof OsfTrouble && error.kind === 'blocked') taken.set(path, error);
      throw error;
    });
  };
}

export function foldersOf(osf: Osf, memory: Memory): Folders {
  const keep = async (path: string, folder: OsfFolder): Promise<OsfFolder> => {
    await memory.saveLinks({ ...memory.links(), [path]: folder });
    return folder;
  };
  const root = async (): Promise<OsfFolder> => memory.links()[''] ?? keep('', await osf.root());

  const once = onceWhereTaken();

  /** Down from the root by listings. */
  async function walk(path: string): Promise<OsfFolder | undefined> {
    let folder: OsfFolder | undefined = await root();
    let walked = '';
    for (const name of path === '' ? [] : path.split('/')) {
      walked = walked === '' ? name : `${walked}/${name}`;
      const known: OsfFolder | undefined = memory.links()[walked];
      folder = known?.list === undefined ? await osf.findFolder(folder, name) : known;
      if (folder === undefined) return undefined;
      if (folder !== known) await keep(walked, folder);
    }
    return folder;
  }

  async function make(path: string): Promise<OsfFolder> {
    const known = memory.links()[path];
    if (known) return known;
    if (path === '') return root();
    const above = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
    const name = path.slice(path.lastIndexOf('/') + 1);
    const parent = await make(above);
    return once(path, async () => {
      const made = await osf.makeFolder(parent, name);
      if (made) return keep(path, made);
      const found = await walk(path);
      if (found) return found;
      throw new OsfTrouble(
        'unavailable',
        `OSF says that the folder ${path} is there, and does not list it.`,
        'Nothing needs doing: it is tried again.',
      );
    });
  }

  return {
    of: (day) => make(remotePath(day)),
    listable: (day) => walk(remotePath(day)),
    forget: () => memory.saveLinks({}),
  };
}
