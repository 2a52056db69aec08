// A program that is compiled before it is joined with Node: it does the same as one compiled at its start, whatever V8 makes of its code.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileBundle } from '../../build/compiled.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('compiled');

/** Says its words, what stands beside it and whether Node's modules can be had; then throws in its fifth line. */
const program = `const words = process.argv.slice(2);
const { basename } = require('node:path');
const fail = (reason) => {
  process.stdout.write([...words, basename(process.argv[1]), basename(__filename)].join(' '));
  throw new Error(reason);
};
setTimeout(() => words[0] === 'late' && fail('as it should'));
`;

async function compiled(): Promise<string> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'program.cjs'), program);
  await compileBundle(folder, ['early']);
  return folder;
}

interface Run {
  /** Did V8 refuse the code? undefined: there was none. */
  readonly isRejected: string;
  readonly stdout: string;
  readonly stderr: string;
}

function run(folder: string, settings: readonly string[] = []): Run {
  const ask = join(folder, 'ask.cjs');
  writeFileSync(
    ask,
    `process.argv[1] = ${JSON.stringify(join(folder, 'main.cjs'))};
const { cachedDataRejected } = require(process.argv[1]);
process.on('exit', () => process.stdout.write(' | ' + cachedDataRejected));`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, [...settings, ask, 'late', 'word'], { encoding: 'utf8' });
  const [said = '', isRejected = ''] = stdout.split(' | ');
  return { isRejected, stdout: said, stderr };
}

function assertUsual({ stdout, stderr }: Run): void {
  assert.is(stdout, 'late word main.cjs program.cjs');
  assert.match(stderr, /Error: as it should\n +at fail \(.*program\.cjs:5:9\)\n +at .*program\.cjs:7:/);
}

test('the code made beforehand is taken, and a stack trace tells the lines of the program', async () => {
  const end = run(await compiled());
  assert.is(end.isRejected, 'false');
  assertUsual(end);
});

test('where V8 has other settings it refuses the code, and compiles anew', async () => {
  const end = run(await compiled(), ['--stack-size=900']);
  assert.is(end.isRejected, 'true');
  assertUsual(end);
});

test('code of another V8, and half of it, are refused', async () => {
  const folder = await compiled();
  const path = join(folder, 'program.code');
  const code = readFileSync(path);
  for (let at = 0; at < 8; at++) code[at] = (code[at] ?? 0) ^ 0xff;
  writeFileSync(path, code);
  const other = run(folder);
  assert.is(other.isRejected, 'true');
  assertUsual(other);
  truncateSync(path, 40);
  const half = run(folder);
  assert.is(half.isRejected, 'true');
  assertUsual(half);
});

test('without code it runs all the same', async () => {
  const folder = await compiled();
  unlinkSync(join(folder, 'program.code'));
  const end = run(folder);
  assert.is(end.isRejected, 'undefined');
  assertUsual(end);
});

test('a program that leaves no code stops the build with what it said', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'program.cjs'), 'this is no program');
  const error = await compileBundle(folder).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.match(String(error), /left no code:[^]*SyntaxError/);
  assert.not.ok(existsSync(join(folder, 'program.code')));
});

test.run();
