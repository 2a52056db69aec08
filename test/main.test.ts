import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('front door');
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

interface End {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function streamvault(...words: string[]): Promise<End> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

test('results go to stdout, and a command that did its work ends with 0', async () => {
  const { status, stdout } = await streamvault('self-test');
  assert.is(status, 0);
  assert.is(JSON.parse(stdout).bytes, 1 << 20);
});

test('wrong usage ends with 64 and a short sentence on stderr', async () => {
  const { status, stdout, stderr } = await streamvault('self-tset');
  assert.is(status, 64);
  assert.is(stdout, '');
  assert.match(stderr, /^streamvault: .*--help\.\n$/s);
  assert.ok(stderr.split('\n').length <= 3, stderr);
});

test('a clock that is not understood is wrong usage', async () => {
  const { status, stderr } = await streamvault('self-test', '--clock', 'soon');
  assert.is(status, 64);
  assert.match(stderr, 'START*SPEED');
});

test('a replaced clock is warned of in the log', async () => {
  const { status, stderr } = await streamvault('self-test', '--clock', '2026-03-10T13:00Z*120');
  assert.is(status, 0);
  const entry = JSON.parse(stderr);
  assert.equal([entry.level, entry.event], ['warn', 'clock.replaced']);
});

test.run();
