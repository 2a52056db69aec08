// Runs benchmark or soak scripts one after the other, each as its own process.
// Takes a folder, a name ending, the names wanted (all where none is given) and, after them, options for these scripts; options
// alone are for the trial of the whole system (`npm run soak -- --hours 720`). Exits 1 if one failed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '', ending = '', ...words] = process.argv.slice(2);
const optionsAt = words.findIndex((word) => word.startsWith('--'));
const options = optionsAt < 0 ? [] : words.slice(optionsAt);
const wanted = optionsAt === 0 ? ['system.soak'] : words.slice(0, words.length - options.length);
const all = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(ending)) : [];
const isWanted = (name: string): boolean =>
  wanted.length === 0 || wanted.some((word) => name.startsWith(`${word}.`) || name === word + ending || name === word);
const chosen = all.filter(isWanted).sort();

if (chosen.length === 0) {
  console.error(`No such script in ${folder}; there are: ${all.join(', ') || 'none'}`);
  process.exitCode = 64;
}
for (const name of chosen) {
  console.log(`\n${join(folder, name)}`);
  const { status } = spawnSync(process.execPath, [join(folder, name), ...options], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
