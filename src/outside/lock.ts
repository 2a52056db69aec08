// One process each per spool and vault: a lock that the kernel lets go when its holder dies, however it dies.
// Takes a folder and a name; leaves the empty lock file `.NAME.lock` and, for people, `.NAME.running.json` that says who runs.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../domain/operator-error.ts';
import type { Clock } from './clock.ts';

export interface Lock {
  release(): void;
  [Symbol.dispose](): void;
}

/**
 * Takes the lock, or throws `already-running` with the words of the one who holds it.
 * Node has no flock(2); SQLite's write lock on an empty database is a kernel lock (fcntl) that works the same, across
 * containers that share a disk, and also between two holders in one process. Nothing is ever written into the database.
 */
export function takeLock(folder: string, name: string, clock: Clock): Lock {
  const runningPath = join(folder, `.${name}.running.json`);
  const database = new DatabaseSync(join(folder, `.${name}.lock`));
  try {
    // In memory: on a full disk no journal could be made, and a service must start there as well.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
  } catch (cause) {
    database.close();
    if (!String(cause).includes('locked')) throw cause;
    throw new OperatorError(
      'already-running',
      `Another streamvault ${name} works in ${folder} (${whoRuns(runningPath)}); nothing was touched.`,
      'Stop that one first, or leave it to its work.',
      { cause },
    );
  }
  sayWhoRuns(runningPath, clock);
  const release = (): void => {
    if (!database.isOpen) return;
    rmSync(runningPath, { force: true });
    database.close();
  };
  return { release, [Symbol.dispose]: release };
}

/** Is the lock held right now? Changes nothing. */
export function isLocked(folder: string, name: string): boolean {
  const path = join(folder, `.${name}.lock`);
  if (!existsSync(path)) return false;
  const database = new DatabaseSync(path);
  try {
    database.exec('BEGIN IMMEDIATE');
    return false;
  } catch {
    return true;
  } finally {
    database.close();
  }
}

/** For people only: where the disk is full, the lock holds without it. */
function sayWhoRuns(runningPath: string, clock: Clock): void {
  try {
    writeFileSync(runningPath, `${JSON.stringify({ pid: process.pid, since: new Date(clock.now()).toISOString() })}\n`);
  } catch {
    rmSync(runningPath, { force: true });
  }
}

function whoRuns(runningPath: string): string {
  try {
    const { pid, since } = JSON.parse(readFileSync(runningPath, 'utf8')) as { pid: number; since: string };
    return `process ${pid}, since ${since}`;
  } catch {
    return 'it has not said which process it is';
  }
}
