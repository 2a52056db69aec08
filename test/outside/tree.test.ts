import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperatorError } from '../../src/domain/operator-error.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { ensureTree } from '../../src/outside/tree.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('a tree at the start');

async function refusalOf(path: string): Promise<OperatorError> {
  const error = await ensureTree(path, systemDisk).catch((reason: unknown) => reason);
  assert.instance(error, OperatorError);
  return error as OperatorError;
}

test('a missing one is made', async () => {
  const path = join(temporaryFolder(), 'a/b');
  await ensureTree(path, systemDisk);
  assert.ok(statSync(path).isDirectory());
});

test('one that every user can write to is refused, with the command that mends it', async () => {
  const path = join(temporaryFolder(), 'spool');
  mkdirSync(path);
  chmodSync(path, 0o777);
  const { code, remedy } = await refusalOf(path);
  assert.equal([code, remedy], ['config-invalid', `Run: sudo chmod o-w ${path}`]);
});

test('one that cannot be made is a sentence, not a stack', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  assert.match((await refusalOf(join(file, 'spool'))).message, 'nothing was started');
});

test('one in a place where nothing can be made, and that says that it is not there, is refused at once', async () => {
  const { code, message } = await refusalOf('/proc/streamvault/spool');
  assert.is(code, 'config-invalid');
  assert.match(message, '/proc/streamvault/spool cannot be made');
});

test.run();
