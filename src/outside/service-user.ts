// The user that the services run as, asked by root: what root may write, that user may not. Takes a path; leaves whether it may.
import { runProgram } from './programs.ts';

const serviceUser = 'streamvault';

/** May the services' user write there? undefined: we are not root, or there is no such user here, so that our own try says it all. */
export async function mayServiceWrite(path: string): Promise<boolean | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  if ((await runProgram('id', ['-u', serviceUser])).is !== 'done') return undefined;
  const asked = await runProgram('runuser', ['-u', serviceUser, '--', 'test', '-w', path]);
  return asked.is === 'absent' ? undefined : asked.is === 'done';
}
