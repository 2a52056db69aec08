// A tree of the configuration (spool, inbox, vault) as a service needs it at its start: there, ours to write, not everybody's.
// Takes a path; leaves the folder, or a sentence that says what to do.
import { stat } from 'node:fs/promises';
import { OperatorError } from '../domain/operator-error.ts';
import { type Disk, hasCode } from './disk.ts';

/** Makes the folder where it is missing. Throws OperatorError `config-invalid` where it cannot be made, or anybody can write to it. */
export async function ensureTree(path: string, disk: Disk): Promise<void> {
  try {
    await disk.makeFolder(path);
  } catch (cause) {
    if (!hasCode(cause, 'EACCES', 'EPERM', 'ENOTDIR', 'EEXIST', 'ENOENT')) throw cause;
    throw new OperatorError(
      'config-invalid',
      `The folder ${path} cannot be made or entered by the user that streamvault runs as; nothing was started.`,
      `Run: sudo install -d -o streamvault -g streamvault -m 2770 ${path}`,
      { cause },
    );
  }
  // A stand-in for the disk may have made it elsewhere.
  const mode = await stat(path).then(
    (facts) => facts.mode,
    () => 0,
  );
  if ((mode & 0o002) === 0) return;
  throw new OperatorError(
    'config-invalid',
    `Every user of this machine can write to ${path}, and so to the data; nothing was started.`,
    `Run: sudo chmod o-w ${path}`,
  );
}
