// Installs the packages when node_modules is missing or older than the lock file.
// Takes nothing but Node's own modules, since it runs before anything is installed, on whatever
// Node the machine has; leaves node_modules, with the Node that everything else runs on.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Modification time of a path below the root in milliseconds; 0 where there is none. */
function modifiedAt(path) {
  return statSync(root + path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isInstalled() {
  const installedAt = modifiedAt('node_modules/.package-lock.json');
  return installedAt > 0 && installedAt >= modifiedAt('package-lock.json');
}

/** npm as it was called, run by the Node that called it: node_modules/.bin/node is about to be replaced. */
function npm(...words) {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  const command = script && node ? [node, script, ...words] : ['npm', ...words];
  return spawnSync(command[0], command.slice(1), { cwd: root, stdio: 'inherit' });
}

if (!isInstalled()) {
  console.error('Installing packages …');
  const { status, error } = npm('ci', '--loglevel=error');
  if (error) console.error(`npm could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
