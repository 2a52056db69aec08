// `npm test`: builds the executable where it is missing or old, runs the quick checks, then every test.
// Fails if any of them does; the last line is the counts of the tests.
import { spawnSync } from 'node:child_process';
import { buildExecutable, isExecutableFresh } from './executable.ts';

function run(script: string): boolean {
  return spawnSync(process.execPath, [script], { stdio: 'inherit' }).status === 0;
}

if (!isExecutableFresh()) await buildExecutable();
const isChecked = run('build/check.ts');
if (!isChecked) console.log('The checks above failed; the tests run all the same.');
const isTested = run('build/test-runner.ts');
if (!isChecked || !isTested) process.exitCode = 1;
