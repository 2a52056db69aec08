// The product as a process of its own, run from its sources. Takes words; leaves what it said and how it ended.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const children = new Set<ChildProcess>();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface Child {
  readonly process: ChildProcess;
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status, or the signal's name, once it has ended. */
  readonly end: number | NodeJS.Signals | undefined;
  /** Resolves to how it ended; waits 20 s unless told otherwise. */
  ended(mostMs?: number): Promise<number | NodeJS.Signals>;
}

/** Starts `streamvault` with these words; `program` and what comes before the words are Node and the sources unless given. */
export function startChild(
  words: readonly string[],
  [program = '', ...before]: readonly string[] = [process.execPath, main],
): Child {
  const child = spawn(program, [...before, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  let end: number | NodeJS.Signals | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  child.on('close', (status, signal) => (end = status ?? signal ?? 0));
  children.add(child);
  return {
    process: child,
    get stdout() {
      return said.stdout;
    },
    get stderr() {
      return said.stderr;
    },
    get end() {
      return end;
    },
    async ended(mostMs) {
      await until(`the end of ${words.join(' ')}`, () => end !== undefined, mostMs);
      return end as number | NodeJS.Signals;
    },
  };
}
