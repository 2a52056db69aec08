// Compiles a bundle's program before it is joined with Node, so that no start has to. Takes the bundle's folder;
// leaves main.cjs, which starts the program from its code, and program.code.
import { execFile } from 'node:child_process';
import { copyFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A run that every command's start is like: the command line, the configuration, the answer. It asks nobody and writes nothing. */
const usualRun = ['check', '--config', `${root}config.example.toml`];

/**
 * Compiles `program.cjs` in `folder` by running it with `words`, on this very Node: no other takes the code.
 * How that run ends is no matter (the example names files that are not there), as long as it leaves code.
 */
export async function compileBundle(folder: string, words: readonly string[] = usualRun): Promise<void> {
  await copyFile(`${root}build/start-in-executable.cjs`, `${folder}/main.cjs`);
  const printed = await new Promise<string>((resolve) => {
    const run = [`${root}build/keep-code.cjs`, folder, ...words];
    execFile(process.execPath, run, { timeout: 60_000 }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
  const { size } = await stat(`${folder}/program.code`).catch(() => ({ size: 0 }));
  if (size === 0) throw new Error(`The program left no code:\n${printed}`);
}
