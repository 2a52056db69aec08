// The vault as programs read it that are not ours: xz, sha256sum, and Python's csv and lzma modules.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { neededPeer } from './peers.ts';

export const readers = ['xz', 'sha256sum', 'python3'] as const;

const python = `
import csv, json, lzma, sys
csv.field_size_limit(2**31 - 1)
with lzma.open(sys.argv[1], 'rt', encoding='utf-8', newline='') as rows:
    for row in csv.reader(rows, strict=True):
        print(json.dumps(row))
`;

/** The rows of a compressed CSV, its header first, as Python reads them. */
export function rowsByPython(path: string): string[][] {
  const text = execFileSync(neededPeer('python3'), ['-c', python, path], { encoding: 'utf8', maxBuffer: 1 << 30 });
  return text
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row) as string[]);
}

/** The lines of a compressed text, as xz reads it. */
export function linesByXz(path: string): string[] {
  const text = execFileSync(neededPeer('xz'), ['-dc', path], { encoding: 'utf8', maxBuffer: 1 << 30 });
  return text.split('\n').slice(0, -1);
}

/** Lets xz test each file of a day folder, and sha256sum all of them; throws what they say against it. Leaves the names of the .xz files. */
export function proveDay(folder: string): string[] {
  const compressed = readdirSync(folder).filter((name) => name.endsWith('.xz'));
  execFileSync(neededPeer('xz'), ['-t', ...compressed.map((name) => join(folder, name))], { stdio: 'pipe' });
  execFileSync(neededPeer('sha256sum'), ['-c', '--strict', '--quiet', 'SHA256SUMS'], { cwd: folder, stdio: 'pipe' });
  return compressed.sort();
}
