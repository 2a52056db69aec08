// The files that travel inside the executable (units, example configuration), from the repository where it runs from sources.
// Takes names as below packaging/; leaves their text. build/bundle.ts lays them beside the bundle.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

/** Beside the bundle; or in the repository, two folders above this file. */
const folders = ['./packaging/', '../../packaging/', '../../'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** The text of `systemd/streamvault-watch.service`, `config.example.toml`, … Throws where no such file was packed. */
export async function packagedText(name: string): Promise<string> {
  const path = folders.map((folder) => folder + name).find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`${name} is not packed into this executable.`);
  return readFile(path, 'utf8');
}

/** The path of this executable; undefined where the program runs from its sources. */
export const ownExecutable = (): string | undefined => (isSea() ? process.execPath : undefined);

/** Is this process the machine's administrator? */
export const isAdministrator = (): boolean => process.getuid?.() === 0;
