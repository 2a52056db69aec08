import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { refuseRootIn } from '../../src/outside/service-user.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('service user');
const isRoot = process.getuid?.() === 0;

test('root may write into its own folder, and where there is none yet', async () => {
  await refuseRootIn('/', 0);
  await refuseRootIn('/nowhere/at/all', 0);
});

test("root is kept out of another user's folder, and told whose it is; that user is not", async () => {
  const folder = join(temporaryFolder(), 'vault');
  mkdirSync(folder);
  if (isRoot) chownSync(folder, 4711, 4711);
  const owner = isRoot ? 4711 : (process.getuid?.() ?? 0);
  const error = await refuseRootIn(folder, 0).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  assert.match(String(error), `(${owner})`);
  await refuseRootIn(folder, owner);
});

test.run();
