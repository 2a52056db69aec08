// The watch at length: every disk step of the journey, 200 kills, and the independent reading over many random hours.
// STREAMVAULT_KILLS and STREAMVAULT_ROUNDS set other counts; STREAMVAULT_SEED repeats a run.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const counts = { STREAMVAULT_CRASH_STRIDE: '1', STREAMVAULT_KILLS: '200', STREAMVAULT_ROUNDS: '60' };

for (const name of ['crash', 'kill', 'oracle']) {
  const path = fileURLToPath(new URL(`../watch/${name}.test.ts`, import.meta.url));
  const { status } = spawnSync(process.execPath, [path], { stdio: 'inherit', env: { ...counts, ...process.env } });
  if (status !== 0) process.exitCode = 1;
}
