// `npm start`: builds the executable where it is missing or old, then shows the whole system with `streamvault demo`.
// Takes further words for the demo; ends as the demo ends.
import { spawn } from 'node:child_process';
import { buildExecutable, executablePath, isExecutableFresh } from './executable.ts';

if (!isExecutableFresh()) await buildExecutable();

const demo = spawn(executablePath, ['demo', ...process.argv.slice(2)], { stdio: 'inherit' });
// A key press reaches the demo by itself, other signals only through here; this process stays to pass its status on.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => demo.kill(signal));
demo.on('exit', (status) => process.exit(status ?? 1));
