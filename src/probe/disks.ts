// Can it be written where the services write? Takes folders; leaves a file written, synced and removed in each, and nothing else.
import { dirname, join } from 'node:path';
import { OperatorError, describeError } from '../domain/operator-error.ts';
import { formatSize } from '../domain/quantity.ts';
import { type Disk, hasCode } from '../outside/disk.ts';
import type { Probe } from './probe.ts';

/** Hidden, and outside of any day's folder: no listing of minute files or of the vault takes it. */
export const probeName = '.streamvault-check';
export const probeText = 'written by streamvault check, to be removed\n';

export interface DiskProbeSetting {
  /** watch.vault */
  readonly key: string;
  readonly folder: string;
  /** Asked where root tries for another user; undefined: nobody knows better than the try itself. */
  readonly mayServiceWrite: (path: string) => Promise<boolean | undefined>;
}

export const diskProbe = ({ key, folder, mayServiceWrite }: DiskProbeSetting): Probe => ({
  of: `disk, ${key}`,
  async run({ disk }) {
    const missing = await missingFolders(disk, folder);
    const standing = dirname(missing.at(-1) ?? join(folder, 'file'));
    try {
      if ((await mayServiceWrite(standing)) === false) throw new Error('the user streamvault may not');
      await disk.makeFolder(folder);
      await disk.write(join(folder, probeName), probeText);
      await disk.remove(join(folder, probeName));
      const free = `${formatSize(await disk.freeBytes(folder))} free`;
      return missing.length > 0 ? `${folder} can be made; ${free}` : `${folder} can be written; ${free}`;
    } catch (cause) {
      throw diskError(folder, missing.length > 0, cause);
    } finally {
      // Innermost first: what the service shall make itself is not left here by another user.
      for (const made of missing) await disk.removeEmptyFolder(made).catch(() => {});
    }
  },
});

/** A folder and those above it that are not there yet, innermost first. */
async function missingFolders(disk: Disk, folder: string): Promise<string[]> {
  const missing: string[] = [];
  for (let path = folder; !(await isThere(disk, path)); path = dirname(path)) missing.push(path);
  return missing;
}

/** What may not be looked at is there. */
const isThere = (disk: Disk, path: string): Promise<boolean> =>
  disk.facts(path).then(
    (facts) => facts !== undefined,
    (error: unknown) => !hasCode(error, 'ENOTDIR'),
  );

function diskError(folder: string, isMissing: boolean, cause: unknown): OperatorError {
  if (hasCode(cause, 'ENOSPC', 'EDQUOT'))
    return new OperatorError('disk-full', `${folder} has no room left: ${describeError(cause)}`, 'Free space.', {
      cause,
    });
  const what = isMissing ? 'is not there, and cannot be made' : 'cannot be written';
  const remedy = isMissing
    ? `Make it: sudo install -d -m 2770 -o streamvault -g streamvault ${folder}`
    : `Give it to the services' user, as streamvault install does: sudo chown -R streamvault: ${folder}; or mend the disk.`;
  return new OperatorError('disk-failed', `${folder} ${what}: ${describeError(cause)}`, remedy, { cause });
}
