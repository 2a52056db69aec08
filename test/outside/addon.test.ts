import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperatorError } from '../../src/domain/operator-error.ts';
import { loadAddon } from '../../src/outside/addon.ts';

const test = suite<{ folder: string }>('addon', { folder: '' });
const addon = readFileSync(createRequire(import.meta.url).resolve('@napi-rs/lzma-linux-x64-gnu'));

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'streamvault-test-'));
});
test.after.each(({ folder }) => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

test('an addon is loaded from its bytes and leaves no file', ({ folder }) => {
  assert.type((loadAddon(addon, [folder]) as { XzCompressor: unknown }).XzCompressor, 'function');
  assert.equal(readdirSync(folder), []);
});

test('a folder that cannot be used is passed over', ({ folder }) => {
  const folders = [join(folder, 'absent'), '/proc', folder];
  assert.ok(loadAddon(addon, folders));
});

test('bytes that are no addon leave no file either', ({ folder }) => {
  assert.throws(() => loadAddon(Buffer.from('no addon'), [folder]));
  assert.equal(readdirSync(folder), []);
});

test('where no folder can be used, the operator is told what to set', ({ folder }) => {
  const absent = join(folder, 'absent');
  assert.throws(
    () => loadAddon(addon, [absent]),
    (error: unknown) =>
      error instanceof OperatorError && error.message.includes(absent) && error.remedy.includes('TMPDIR'),
  );
});

test.run();
