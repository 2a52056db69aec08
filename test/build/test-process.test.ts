import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runTestFile } from '../../build/test-process.ts';
import type { TestRun } from '../../build/test-process.ts';

const test = suite<{ folder: string }>('test process', { folder: '' });
const longMs = 60_000;

test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'streamvault-test-'));
});
test.after(({ folder }) => rmSync(folder, { recursive: true }));

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

/** A process closes its pipes a moment before it is gone, so its end is waited for. */
async function ends(pid: number): Promise<boolean> {
  const deadline = performance.now() + 10_000;
  while (!isGone(pid) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  return isGone(pid);
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
  assert.ok(await ends(Number(stdout)));
});

test('what a file leaves running is ended with it', async ({ folder }) => {
  const { timedOut, stdout } = await run(folder, `${startsChild} process.exit(0);`);
  assert.not.ok(timedOut);
  assert.ok(await ends(Number(stdout)));
});

test.run();
