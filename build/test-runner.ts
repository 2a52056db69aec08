// Runs test files, each as its own process, two at a time; files with a line `// runs alone` one by one.
// Takes files or folders (all of test/ where none is named); the last line printed is the counts.
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { endAll, runTestFile } from './test-process.ts';
import type { TestRun } from './test-process.ts';
import { closingLine, outcomeOf } from './test-summary.ts';
import type { Outcome } from './test-summary.ts';

const atOnce = 2;
const defaultLimitSeconds = 180;

interface TestFile {
  readonly path: string;
  readonly isAlone: boolean;
  /** From a line `// may take 300 s`. */
  readonly limitMs: number;
}

function testFile(path: string): TestFile {
  const text = readFileSync(path, 'utf8');
  const seconds = /^\/\/ may take (\d+) s$/m.exec(text)?.[1] ?? defaultLimitSeconds;
  return { path, isAlone: /^\/\/ runs alone$/m.test(text), limitMs: Number(seconds) * 1000 };
}

function filesBelow(path: string): string[] {
  if (!existsSync(path)) throw new Error(`There is no ${path}.`);
  if (statSync(path).isFile()) return [path];
  return globSync('**/*.test.ts', { cwd: path }).map((name) => `${path.replace(/\/$/, '')}/${name}`);
}

function say(file: TestFile, run: TestRun, outcome: Outcome): void {
  const { passed, failed, skipped, trouble } = outcome;
  const verdict = failed > 0 ? 'FAILED' : 'ok    ';
  const failures = failed > 0 ? `, ${failed} failed` : '';
  const skips = skipped > 0 ? `, ${skipped} skipped` : '';
  const seconds = (run.durationMs / 1000).toFixed(1);
  console.log(`${verdict} ${file.path}  ${passed} passed${failures}${skips}  ${seconds} s`);
  if (failed > 0) console.log(run.printed.trimEnd());
  if (trouble) console.log(`${file.path} ${trouble}`);
  const reasons = failed > 0 ? [] : (run.printed.match(/^skipped: .*$/gm) ?? []);
  for (const reason of reasons) console.log(`         ${reason}`);
}

/** Works through the files with `lanes` of them running at any moment. */
async function runAll(files: readonly TestFile[], lanes: number): Promise<Outcome[]> {
  const waiting = [...files];
  const outcomes: Outcome[] = [];
  const lane = async (): Promise<void> => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const run = await runTestFile(file.path, file.limitMs);
      const outcome = outcomeOf(run.stdout, run);
      outcomes.push(outcome);
      say(file, run, outcome);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return outcomes;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    endAll();
    process.exit(1);
  });
}

const named = process.argv.slice(2);
const paths = new Set((named.length > 0 ? named : ['test']).flatMap(filesBelow));
const files = [...paths].sort().map(testFile);
const together = await runAll(
  files.filter((file) => !file.isAlone),
  atOnce,
);
const alone = await runAll(
  files.filter((file) => file.isAlone),
  1,
);
const outcomes = [...together, ...alone];
if (outcomes.length === 0) console.log('No test file was found.');
console.log(closingLine(outcomes));
if (outcomes.length === 0 || outcomes.some((outcome) => outcome.failed > 0)) process.exitCode = 1;
