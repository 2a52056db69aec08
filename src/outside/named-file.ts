// A file that somebody named for us to make. Takes its path; leaves nothing, or says why no file can stand there.
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OperatorError } from '../domain/operator-error.ts';

/** Throws OperatorError `wrong-usage` where the path is a folder, or has none to stand in. `option`: as in `--ledger`. */
export async function refuseNoPlace(path: string, option: string): Promise<void> {
  const isFolder = (at: string): Promise<boolean> =>
    stat(at).then(
      (facts) => facts.isDirectory(),
      () => false,
    );
  if (await isFolder(path))
    throw new OperatorError('wrong-usage', `${path} is a folder; nothing was written.`, `Name a file with ${option}.`);
  if (await isFolder(dirname(path))) return;
  throw new OperatorError(
    'wrong-usage',
    `There is no folder ${dirname(path)} for ${path}; nothing was written.`,
    `Make it, or name another file with ${option}.`,
  );
}
