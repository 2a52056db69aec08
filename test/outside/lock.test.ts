import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../src/outside/clock.ts';
import { isLocked, takeLock } from '../../src/outside/lock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('lock');
const clock = systemClock();

test('a second holder is refused with the word of the first, also within one process', () => {
  const folder = temporaryFolder();
  const lock = takeLock(folder, 'ingest', clock);
  assert.ok(isLocked(folder, 'ingest'));
  assert.throws(
    () => takeLock(folder, 'ingest', clock),
    (error: Error & { code: string }) =>
      error.code === 'already-running' && error.message.includes(`process ${process.pid}`),
  );
  takeLock(folder, 'ship', clock).release();
  lock.release();
  assert.not.ok(isLocked(folder, 'ingest'));
  takeLock(folder, 'ingest', clock).release();
});

test('a killed holder leaves no lock behind', async () => {
  const folder = temporaryFolder();
  const source = `import { takeLock } from ${JSON.stringify(new URL('../../src/outside/lock.ts', import.meta.url).href)};
    globalThis.held = takeLock(${JSON.stringify(folder)}, 'watch', { now: () => 0 }); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  assert.throws(
    () => takeLock(folder, 'watch', clock),
    (error: Error) => error.message.includes(`process ${child.pid}`),
  );
  child.kill('SIGKILL');
  await once(child, 'exit');
  takeLock(folder, 'watch', clock).release();
});

test('asking who runs in a folder that holds no lock makes no file', () => {
  const folder = temporaryFolder();
  assert.not.ok(isLocked(`${folder}/absent`, 'ingest'));
  assert.not.ok(isLocked(folder, 'ingest'));
  assert.equal(readdirSync(folder), []);
});

test.run();
