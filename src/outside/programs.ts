// Programs of this machine, run to their end, and this program's own copy. Takes names and words; leaves how it ended.
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from './disk.ts';

export type ProgramEnding =
  | { readonly is: 'done' }
  | { readonly is: 'absent' }
  | { readonly is: 'failed'; readonly reason: string };

/** Runs a program without a shell. Never rejects. */
export function runProgram(program: string, words: readonly string[]): Promise<ProgramEnding> {
  return new Promise((resolve) => {
    execFile(program, [...words], { timeout: 60_000 }, (error, _stdout, stderr) => {
      if (error === null) resolve({ is: 'done' });
      else if (hasCode(error, 'ENOENT')) resolve({ is: 'absent' });
      else resolve({ is: 'failed', reason: stderr.trim() || error.message });
    });
  });
}

/** Copies an executable beside its place, then renames it there, so that one that runs is never written into. */
export async function copyExecutable(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, `${to}.next`);
  await chmod(`${to}.next`, 0o755);
  await rename(`${to}.next`, to);
}
