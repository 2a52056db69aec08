// Runs the program from its sources, as a process of its own. Takes words and, where wanted, an environment; leaves how it ended.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const mainPath = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface End {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<End>;
  /** What it has said so far. */
  stderr(): string;
}

/** `user`: the number of another one than ours; only root can. */
export function startStreamvault(
  words: readonly string[],
  environment: Record<string, string> = {},
  user?: number,
): Started {
  const child = spawn(process.execPath, [mainPath, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
    ...(user !== undefined && { uid: user, gid: user }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<End>((resolve) => {
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
  return { child, ended, stderr: () => stderr };
}

export const streamvault = (
  words: readonly string[],
  environment: Record<string, string> = {},
  user?: number,
): Promise<End> => startStreamvault(words, environment, user).ended;
