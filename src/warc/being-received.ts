// Answers that are still being received: their open segment lies beside the finished files, as a spool with a description.
// Takes folders; leaves the IDs of their first segments, so that nobody calls them incomplete.
import { dirname, join } from 'node:path';
import type { Disk } from '../outside/disk.ts';
import { bareUri } from './fields.ts';

export const spoolDescriptionEnding = '.spool.json';

/** IDs of the first segments of answers that have a spool beside one of these files. */
export async function beingReceived(disk: Disk, paths: readonly string[]): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const folder of new Set(paths.map((path) => dirname(path)))) {
    const names = (await disk.list(folder))
      .map(({ name }) => name)
      .filter((name) => name.endsWith(spoolDescriptionEnding));
    for (const name of names) {
      const { originId } = JSON.parse((await disk.read(join(folder, name))).toString('utf8')) as { originId?: unknown };
      if (typeof originId === 'string') ids.add(bareUri(originId));
    }
  }
  return ids;
}
