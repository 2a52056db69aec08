// Completion in a real bash, as a person sees it when pressing the tabulator.
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('completion');
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** What bash offers for the last of these words. */
function offers(...words: string[]): string[] {
  const folder = temporaryFolder();
  const program = join(folder, 'streamvault');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(program, 0o755);
  const typed = ['streamvault', ...words].map((word) => `'${word}'`).join(' ');
  const script = `eval "$(SHELL=/bin/bash streamvault completion)"
COMP_WORDS=(${typed}); COMP_CWORD=${words.length}
_streamvault_yargs_completions
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  return execFileSync('bash', ['-c', script], { encoding: 'utf8', env }).trim().split('\n');
}

peerTest(test, ['bash', 'awk'], 'the first word is completed to a command', () => {
  assert.equal(offers('wat'), ['watch']);
});

peerTest(test, ['bash', 'awk'], 'a word with dashes is completed to an option of its command', () => {
  assert.equal(offers('watch', '--on'), ['--once']);
});

test('the script for zsh begins as zsh wants it', () => {
  const env = { ...process.env, SHELL: '/bin/zsh' };
  const script = execFileSync(process.execPath, [main, 'completion'], { encoding: 'utf8', env });
  assert.ok(script.startsWith('#compdef streamvault\n'));
});

test.run();
