import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runTestFile } from '../../build/test-process.ts';
import type { TestRun } from '../../build/test-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const test = suite<{ folder: string }>('test process', { folder: '' });
const longMs = 60_000;

test.before((context) => {
  context.folder = temporaryFolder();
});

function run(folder: string, source: string, limitMs = longMs): Promise<TestRun> {
  const path = join(folder, 'sample.mjs');
  writeFileSync(path, source);
  return runTestFile(path, limitMs);
}

/** Gone, or a zombie that nobody has collected yet. */
function isGone(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

const startsChild = `
  import { spawn } from 'node:child_process';
  console.log(spawn('sleep', ['600'], { stdio: 'inherit' }).pid);
`;

test('what a file prints, and its exit code, are kept', async ({ folder }) => {
  const { stdout, printed, exitCode } = await run(
    folder,
    "console.log('out'); console.error('err'); process.exitCode = 3;",
  );
  assert.is(stdout, 'out\n');
  assert.match(printed, 'err');
  assert.is(exitCode, 3);
});

test('a file that does not end is ended, with what it started', async ({ folder }) => {
  const { timedOut, stdout } = await run(folder, startsChild, 1500);
  assert.ok(timedOut);
  // A process closes its pipes a moment before it is gone.
  await until('the end of what the file started', () => isGone(Number(stdout)));
});

test('what a file leaves running is ended with it', async ({ folder }) => {
  const { timedOut, stdout } = await run(folder, `${startsChild} process.exit(0);`);
  assert.not.ok(timedOut);
  // A process closes its pipes a moment before it is gone.
  await until('the end of what the file started', () => isGone(Number(stdout)));
});

test.run();
