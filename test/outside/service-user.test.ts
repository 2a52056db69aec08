import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperatorError } from '../../src/domain/operator-error.ts';
import { refuseRootIn } from '../../src/outside/service-user.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('service user');
const isRoot = process.getuid?.() === 0;

test('root may write into its own folder, and where there is none yet', async () => {
  await refuseRootIn('/', { uid: 0 });
  await refuseRootIn('/nowhere/at/all', { uid: 0 });
});

test("root is kept out of another user's folder, and told whose it is; that user is not", async () => {
  const folder = join(temporaryFolder(), 'vault');
  mkdirSync(folder);
  if (isRoot) chownSync(folder, 4711, 4711);
  const owner = isRoot ? 4711 : (process.getuid?.() ?? 0);
  const users = join(temporaryFolder(), 'passwd');
  const refusal = async (): Promise<OperatorError> => {
    const error: unknown = await refuseRootIn(folder, { uid: 0, users }).catch((cause: unknown) => cause);
    assert.instance(error, OperatorError);
    return error as OperatorError;
  };
  const row = (name: string, uid: number): string => `${name}:x:${uid}:${uid}::/nowhere:/usr/sbin/nologin\n`;
  writeFileSync(users, `${row('root', 0)}${row('other', owner + 1)}`);
  const unknown = await refusal();
  assert.match(unknown.message, `another user (${owner})`);
  assert.match(unknown.remedy, `sudo -u '#${owner}' streamvault`);
  writeFileSync(users, row('archivist', owner), { flag: 'a' });
  const known = await refusal();
  assert.match(known.message, 'another user (archivist)');
  assert.match(known.remedy, 'sudo -u archivist streamvault');
  rmSync(users);
  assert.is((await refusal()).message, unknown.message);
  await refuseRootIn(folder, { uid: owner });
});

test.run();
