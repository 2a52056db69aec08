// The archive's finished files held against its manifest and against what they say of themselves.
// Takes a folder and the files to look at; leaves a verdict on each. Changes nothing.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { World } from '../outside/world.ts';
import type { ManifestLine } from './manifest.ts';
import { scan } from './scan.ts';

export interface FileVerdict {
  readonly file: string;
  readonly problems: readonly string[];
}

/** Reads each file once for its digest and once for its records; one at a time. */
export async function* verifyArchive(
  folder: string,
  lines: readonly ManifestLine[],
  { disk, signal }: Pick<World, 'disk' | 'signal'>,
): AsyncGenerator<FileVerdict> {
  for (const { file, bytes, sha256 } of lines) {
    const path = join(folder, file);
    const facts = await disk.facts(path);
    if (facts === undefined) {
      yield { file, problems: ['is named in the manifest and not there'] };
      continue;
    }
    const hash = createHash('sha256');
    for await (const piece of disk.chunks(path)) {
      signal.throwIfAborted();
      hash.update(piece);
    }
    const isSame = facts.bytes === bytes && hash.digest('hex') === sha256;
    const { findings } = await scan(disk, [path], signal);
    const issues = findings.filter(({ level }) => level === 'issue');
    yield {
      file,
      problems: [
        ...(isSame ? [] : ['is not the file that the manifest names: its size or SHA-256 differs']),
        ...issues.map(({ offset, detail }) => `at ${offset ?? 0}: ${detail}`),
      ],
    };
  }
}
