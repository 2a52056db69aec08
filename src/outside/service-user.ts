// The user that the services run as, against root: what root writes, that user may not. Takes a path; leaves whether it may, or an error.
import { stat } from 'node:fs/promises';
import { OperatorError } from '../domain/operator-error.ts';
import { runProgram } from './programs.ts';
import { userName } from './user-names.ts';

const serviceUser = 'streamvault';

/** May the services' user write there? undefined: we are not root, or there is no such user here, so that our own try says it all. */
export async function mayServiceWrite(path: string): Promise<boolean | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  if ((await runProgram('id', ['-u', serviceUser])).is !== 'done') return undefined;
  const asked = await runProgram('runuser', ['-u', serviceUser, '--', 'test', '-w', path]);
  return asked.is === 'absent' ? undefined : asked.is === 'done';
}

/**
 * What root made in another user's folder, that user's service could not change afterwards.
 * Throws OperatorError `wrong-usage` where root is about to; a folder that is not there is nobody's. `users`: a file as /etc/passwd.
 */
export async function refuseRootIn(
  folder: string,
  { uid = process.getuid?.(), users }: { readonly uid?: number | undefined; readonly users?: string } = {},
): Promise<void> {
  if (uid !== 0) return;
  const owner = await stat(folder).then(
    (facts) => facts.uid,
    () => 0,
  );
  if (owner === 0) return;
  const name = await userName(owner, users);
  throw new OperatorError(
    'wrong-usage',
    `${folder} belongs to another user (${name ?? owner}), whose service could not change what root writes there. Nothing was done.`,
    `Start its service, or run it as that user: sudo -u ${name ?? `'#${owner}'`} streamvault …`,
  );
}
