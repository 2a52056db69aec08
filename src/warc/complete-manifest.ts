// Finished files that the manifest does not know get their line: after a crash in that moment, or where the manifest was lost.
// Takes the folder; leaves a manifest that names every file. Reads only what is not in it.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describeError } from '../domain/operator-error.ts';
import type { Disk } from '../outside/disk.ts';
import type { World } from '../outside/world.ts';
import { parseArrivals } from './arrival.ts';
import { arrivalIndex, readBlock } from './logical-bytes.ts';
import { type ManifestLine, addToManifest, readManifest } from '../outside/warc-manifest.ts';
import { scan } from './scan.ts';
import { descriptionName, warcEnding } from './segment-plan.ts';

/** Adds what is missing. Never rejects: a file that cannot be read is told in the log and looked at again at the next start. */
export async function completeManifest(folder: string, { disk, log }: World, signal: AbortSignal): Promise<void> {
  try {
    signal.throwIfAborted();
    const known = new Set((await readManifest(disk, folder)).map(({ file }) => file));
    const names = (await disk.list(folder)).map(({ name }) => name);
    // A file beside which a description stands is in the sealer's hands.
    const missing = names.filter(
      (name) => name.endsWith(warcEnding) && !known.has(name) && !names.includes(descriptionName(name)),
    );
    for (const name of missing) {
      const line = await lineOf(disk, folder, { name, signal });
      if (line) await addToManifest(disk, folder, line);
      else log.warn('warc.not-ours', { file: name });
    }
  } catch (error) {
    if (!signal.aborted) log.warn('warc.manifest-incomplete', { reason: describeError(error) });
  }
}

/** The line of a file, read out of it; undefined where it holds no answer. */
async function lineOf(
  disk: Disk,
  folder: string,
  { name, signal }: { name: string; signal: AbortSignal },
): Promise<ManifestLine | undefined> {
  const path = join(folder, name);
  const { entries, files } = await scan(disk, [path], signal);
  const segment = entries.find(({ type }) => type === 'response' || type === 'continuation');
  if (segment === undefined) return undefined;
  const times = arrivalIndex(entries).get(segment.id);
  const marks = times === undefined ? [] : parseArrivals((await readBlock(disk, times)).toString('utf8'));
  const hash = createHash('sha256');
  for await (const bytes of disk.chunks(path)) hash.update(bytes);
  const time = (ms: number | undefined): string => new Date(ms ?? Date.parse(segment.date)).toISOString();
  return {
    file: name,
    bytes: files[0]?.bytes ?? 0,
    sha256: hash.digest('hex'),
    record: `<${segment.id}>`,
    origin: `<${segment.originId ?? segment.id}>`,
    segment: segment.segmentNumber ?? 1,
    isLast: segment.type === 'response' ? segment.segmentNumber === undefined : segment.totalLength !== undefined,
    from: time(marks[0]?.atMs),
    until: time(marks.at(-1)?.atMs),
    received: segment.contentLength,
  };
}
