// Runs one test file as a process group of its own, so that nothing it started outlives it.
// Takes a path and a limit in milliseconds; leaves what was printed and how it ended.
import { spawn } from 'node:child_process';
import type { Ending } from './test-summary.ts';

export interface TestRun extends Ending {
  readonly stdout: string;
  /** stdout and stderr in the order in which they came. */
  readonly printed: string;
  readonly durationMs: number;
}

const running = new Set<number>();

/** Ends every process group that is still running; for when the runner itself is stopped. */
export function endAll(): void {
  for (const group of running) endGroup(group);
}

function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Nobody of that group is left, which is the usual case.
  }
}

/** Runs the file on this very Node. Never rejects: a file that cannot start has an ending as well. */
export function runTestFile(path: string, limitMs: number): Promise<TestRun> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const child = spawn(process.execPath, [path], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const group = child.pid ?? 0;
    if (group > 0) running.add(group);
    let stdout = '';
    let printed = '';
    let timedOut = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      printed += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
    const limit = setTimeout(() => {
      timedOut = true;
      if (group > 0) endGroup(group);
    }, limitMs);
    // A left-over grandchild would hold the pipes open, so the group ends with its leader.
    child.on('exit', () => group > 0 && endGroup(group));
    child.on('error', (error) => (printed += error.message));
    child.on('close', (exitCode) => {
      clearTimeout(limit);
      running.delete(group);
      resolve({ stdout, printed, exitCode, timedOut, durationMs: performance.now() - startedAt });
    });
  });
}
