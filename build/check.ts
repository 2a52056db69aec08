// The quick checks, all at once: types, lint, format, import rules. Prints what failed; exits 1 if any did.
import { execFile } from 'node:child_process';

interface Check {
  readonly title: string;
  readonly command: readonly [string, ...string[]];
}

const folders = ['src', 'test', 'build'];
const checks: readonly Check[] = [
  { title: 'types', command: ['node_modules/.bin/tsc', '--noEmit'] },
  { title: 'lint', command: ['node_modules/.bin/oxlint', '--deny-warnings', ...folders] },
  { title: 'format', command: ['node_modules/.bin/oxfmt', '--check', ...folders] },
  { title: 'import rules', command: [process.execPath, 'test/imports.test.ts'] },
];

/** Runs one check to its end. Resolves to whether it passed; what it printed is shown only if not. */
function run({ title, command: [program, ...words] }: Check): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(program, words, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      console.log(`${error ? 'FAILED' : 'ok    '} ${title}`);
      if (error) console.log(stdout + stderr || error.message);
      resolve(!error);
    });
  });
}

const results = await Promise.all(checks.map(run));
if (results.includes(false)) process.exitCode = 1;
