// The archive's table of contents: a line of JSON for each finished file, with its digest and the time that it covers.
// Takes and leaves lines of `manifest.jsonl`. It is derived from the files: whoever loses it gets it again at the next start.
import { join } from 'node:path';
import type { CoveringFile } from '../domain/warc-coverage.ts';
import type { Disk } from './disk.ts';

export interface ManifestLine extends CoveringFile {
  /** `<urn:uuid:…>` of its segment, and of the answer's first segment. */
  readonly record: string;
  readonly origin: string;
  readonly segment: number;
  readonly isLast: boolean;
  /** Bytes of the answer that it holds. */
  readonly received: number;
}

export const manifestName = 'manifest.jsonl';

/** All lines that can be read, the last one of each file; none where there is no manifest. */
export async function readManifest(disk: Disk, folder: string): Promise<ManifestLine[]> {
  const path = join(folder, manifestName);
  if ((await disk.facts(path)) === undefined) return [];
  const lines = new Map<string, ManifestLine>();
  for (const text of (await disk.read(path)).toString('utf8').split('\n')) {
    const line = parseLine(text);
    if (line) lines.set(line.file, line);
  }
  return [...lines.values()];
}

function parseLine(text: string): ManifestLine | undefined {
  try {
    const value = JSON.parse(text) as ManifestLine | null;
    return typeof value?.file === 'string' && typeof value.sha256 === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Adds a line, durably. */
export async function addToManifest(disk: Disk, folder: string, line: ManifestLine): Promise<void> {
  const file = await disk.open(join(folder, manifestName));
  try {
    // A line cut by a crash must not swallow this one.
    await file.append(Buffer.from(`${(await endsWithLine(disk, folder)) ? '' : '\n'}${JSON.stringify(line)}\n`));
    await file.sync();
  } finally {
    await file.close();
  }
}

async function endsWithLine(disk: Disk, folder: string): Promise<boolean> {
  const file = await disk.openToRead(join(folder, manifestName));
  try {
    return file.size === 0 || (await file.bytesAt(file.size - 1, 1))[0] === 0x0a;
  } finally {
    await file.close();
  }
}
