// Setting a file aside: into `<tree>/aside/`, beside a .txt that says why, and told. Nothing is ever removed this way.
import { basename, join } from 'node:path';
import { contentDigest } from '../domain/minute-file.ts';
import { hasCode } from '../outside/disk.ts';
import type { Shop } from './shop.ts';
import type { Stray } from './trees.ts';

/** Moves the file; nothing happens where it has vanished. A name that is taken there gets a number. */
export async function setAside(
  { tree, path, why }: Stray,
  { world: { disk, log, alerts, clock }, done }: Shop,
): Promise<void> {
  const folder = join(tree, 'aside');
  await disk.makeFolder(folder);
  const name = await freeName(folder, keptName(basename(path)), (candidate) => disk.facts(candidate));
  const at = new Date(clock.now()).toISOString();
  await disk.write(join(folder, `${name}.txt`), `${path}\nset aside at ${at}: ${why}\n`);
  try {
    await disk.rename(path, join(folder, name));
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    return disk.remove(join(folder, `${name}.txt`));
  }
  done.setAside++;
  log.error('file.set-aside', { file: path, to: join(folder, name), why });
  alerts.raise('file-set-aside', `${path} was not merged: ${why}. It is kept in ${folder}; look at it there.`, {
    file: path,
  });
}

/** A name that is nearly as long as names can be leaves no room for the .txt beside it: it is cut, and told apart by a digest. */
function keptName(name: string): string {
  if (Buffer.byteLength(name) <= 200) return name;
  return `${name.slice(0, 40)}_${contentDigest(Buffer.from(name))}.jsonl`;
}

async function freeName(folder: string, name: string, facts: (path: string) => Promise<unknown>): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}.${number}`;
    if ((await facts(join(folder, candidate))) === undefined) return candidate;
  }
}
