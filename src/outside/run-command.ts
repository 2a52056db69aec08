// A command of the operator's, run by the shell with a text on its standard input.
// Takes the command line, the text, a limit; leaves how it ended and the end of what it wrote to standard error.
import { spawn } from 'node:child_process';

export interface CommandEnding {
  /** null where it was killed, by the limit or by somebody else. */
  readonly exitCode: number | null;
  /** The last 500 characters. */
  readonly stderr: string;
}

export interface CommandSetting {
  readonly input: string;
  /** Milliseconds of real time. */
  readonly limitMs: number;
}

/** Runs it as a process group of its own, all of which ends with the limit. Rejects where no shell can be started. */
export function runCommand(commandLine: string, { input, limitMs }: CommandSetting): Promise<CommandEnding> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', commandLine], { detached: true, stdio: ['pipe', 'ignore', 'pipe'] });
    let stderr = '';
    const endGroup = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The group is gone already.
      }
    };
    const limit = setTimeout(endGroup, limitMs);
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-500)));
    // A command need not read what it is given.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', (error) => {
      clearTimeout(limit);
      reject(error);
    });
    child.on('exit', (exitCode) => {
      clearTimeout(limit);
      // What it left running in the background may hold stderr open; it was its own wish.
      child.stderr.destroy();
      resolve({ exitCode, stderr: stderr.trim() });
    });
  });
}
