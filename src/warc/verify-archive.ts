// The archive's finished files held against what was written down of them, and against what they say of themselves.
// Takes a folder and the files to look at; leaves a verdict on each. Changes nothing.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { CoveringFile } from '../domain/warc-coverage.ts';
import type { World } from '../outside/world.ts';
import { scan } from './scan.ts';

export interface FileVerdict {
  readonly file: string;
  readonly problems: readonly string[];
}

export interface Expected {
  /** The files to look at, as the vault or else the manifest names them. */
  readonly files: readonly CoveringFile[];
  /** All that the manifest names. */
  readonly manifest: readonly CoveringFile[];
}

/** Reads each file once for its digest and once for its records; one at a time. */
export async function* verifyArchive(
  folder: string,
  { files, manifest }: Expected,
  world: Pick<World, 'disk' | 'signal'>,
): AsyncGenerator<FileVerdict> {
  const inManifest = new Map(manifest.map((line) => [line.file, line]));
  for (const expected of files) {
    const line = inManifest.get(expected.file);
    const isAltered = line !== undefined && (line.sha256 !== expected.sha256 || line.bytes !== expected.bytes);
    const problems = isAltered ? ['the manifest names another size or SHA-256 than the vault'] : [];
    problems.push(...(await fileProblems(join(folder, expected.file), expected, world)));
    yield { file: expected.file, problems };
  }
}

async function fileProblems(
  path: string,
  { bytes, sha256 }: CoveringFile,
  { disk, signal }: Pick<World, 'disk' | 'signal'>,
): Promise<string[]> {
  const facts = await disk.facts(path);
  if (facts === undefined) return ['is named in the manifest or the vault, and not there'];
  const hash = createHash('sha256');
  for await (const piece of disk.chunks(path)) {
    signal.throwIfAborted();
    hash.update(piece);
  }
  const isSame = facts.bytes === bytes && hash.digest('hex') === sha256;
  const { findings } = await scan(disk, [path], signal);
  const issues = findings.filter(({ level }) => level === 'issue');
  return [
    ...(isSame ? [] : ['is not the file that was written down: its size or SHA-256 differs']),
    ...issues.map(({ offset, detail }) => `at ${offset ?? 0}: ${detail}`),
  ];
}
