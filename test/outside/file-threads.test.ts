// That a line's write waits for no sync: held to the threads that the kernel tells of this process.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('file threads');
const source = fileURLToPath(new URL('../../src/outside/file-threads.ts', import.meta.url));

/** Of a process that has the threads' number from there, and then does more at once than it has threads. */
function threadsFor(environment: Readonly<Record<string, string>>): number {
  const script = `
    import ${JSON.stringify(source)};
    import { readdirSync, readFileSync } from 'node:fs';
    import { stat } from 'node:fs/promises';
    await Promise.all(Array.from({ length: 40 }, () => stat('/')));
    const names = readdirSync('/proc/self/task').map((id) => readFileSync('/proc/self/task/' + id + '/comm', 'utf8').trim());
    process.stdout.write(String(names.filter((name) => name === 'libuv-worker').length));`;
  const { UV_THREADPOOL_SIZE: _, ...others } = process.env;
  const env = { ...others, ...environment };
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env }));
}

if (process.platform === 'linux') {
  test('more files are written and synced at once than a process of ours syncs', () => {
    assert.is(threadsFor({}), 16);
  });

  test('who starts the program may choose another number', () => {
    assert.is(threadsFor({ UV_THREADPOOL_SIZE: '5' }), 5);
  });
}

test.run();
