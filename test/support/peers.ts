// Tests against real programs (sshd, xz, jq, …) and against the built executable: run where the program is there,
// skipped with a reason where it is not, and failing instead of skipped where STREAMVAULT_REAL_PEERS=1 (as in CI).
// What no package gives, a machine's permission, is only skipped, and said.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Test, Callback } from 'uvu';

const folders = [...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The built executable, as a name for `peer` and `peerTest`. */
export const executable = 'dist/streamvault';

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of a program: from PATH or the folders of system programs, or `dist/streamvault`; undefined where it is not there. */
export function peer(name: string): string | undefined {
  const paths = name === executable ? [root + executable] : folders.map((folder) => `${folder}/${name}`);
  return paths.find(isRunnable);
}

/** The path of a program that a `peerTest` has made sure of. */
export function neededPeer(name: string): string {
  const path = peer(name);
  if (path === undefined) throw new Error(`${name} is not installed.`);
  return path;
}

/** What a machine may refuse, and how to find out. */
const permissions = {
  'to be root': () => process.getuid?.() === 0,
  'to mount': () => spawnSync('unshare', ['-m', 'true']).status === 0,
  'to make networks': () => {
    const name = `svprobe${process.pid}`;
    const isMade = spawnSync('ip', ['netns', 'add', name]).status === 0;
    if (isMade) spawnSync('ip', ['netns', 'del', name]);
    return isMade;
  },
};

const isPermission = (name: string): name is keyof typeof permissions => name in permissions;

/** Adds a test that needs all of these programs, and permissions (`to be root`, …); the title is a sentence of fact. */
// oxlint-disable-next-line max-params -- reads as `suite(title, run)` does, with what it needs before
export function peerTest<T>(suite: Test<T>, names: readonly string[], title: string, run: Callback<T>): void {
  const missing = names.filter((name) => !isPermission(name) && peer(name) === undefined);
  const refused = missing.length > 0 ? [] : names.filter((name) => isPermission(name) && !permissions[name]());
  const reason = refused.length > 0 ? `not allowed ${refused.join(', ')}` : `${missing.join(', ')} not found`;
  if (missing.length + refused.length === 0) suite(title, run);
  else if (missing.length > 0 && process.env.STREAMVAULT_REAL_PEERS === '1') {
    suite(title, () => {
      throw new Error(`${reason}, and STREAMVAULT_REAL_PEERS=1 obliges this test to run.`);
    });
  } else {
    console.log(`skipped: ${title} (${reason})`);
    suite.skip(title, run);
  }
}
