// One process each per spool and vault: a lock that the kernel lets go when its holder dies, however it dies.
// Takes a folder and a name; leaves the empty lock file `.NAME.lock` and, for people, `.NAME.running.json` that says who runs.
import { accessSync, constants, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { OperatorError, describeError } from '../domain/operator-error.ts';
import type { Clock } from './clock.ts';
import { hasCode } from './disk.ts';

export interface Lock {
  release(): void;
  [Symbol.dispose](): void;
}

/** Whoever asks who holds a lock holds it for a moment: that must keep no service from starting. */
const lookedAtMs = 50;

/**
 * Takes the lock, or throws `already-running` with the words of the one who holds it.
 * Node has no flock(2); SQLite's write lock on an empty database is a kernel lock (fcntl) that works the same, across
 * containers that share a disk, and also between two holders in one process. Nothing is ever written into the database.
 */
export function takeLock(folder: string, name: string, clock: Clock): Lock {
  const opened = begin(join(folder, `.${name}.lock`), lookedAtMs);
  if (opened.database) return lockOn(opened.database, runningPathOf(folder, name), clock);
  throw new OperatorError(
    'already-running',
    `Another streamvault ${name} works in ${folder} (${whoRuns(runningPathOf(folder, name))}); nothing was touched.`,
    'Stop that one first, or leave it to its work.',
    { cause: opened.cause },
  );
}

/** Takes the lock where it is free at this moment; undefined where it is held. Never waits, for SQLite would hold up the thread. */
export function tryLock(folder: string, name: string, clock: Clock): Lock | undefined {
  const { database } = begin(join(folder, `.${name}.lock`), 0);
  return database && lockOn(database, runningPathOf(folder, name), clock);
}

const runningPathOf = (folder: string, name: string): string => join(folder, `.${name}.running.json`);

type Begun =
  | { readonly database: DatabaseSync }
  /** What SQLite said where the lock is held. */
  | { readonly database: undefined; readonly cause: unknown };

function begin(path: string, waitMs: number): Begun {
  const database = openedLock(path, waitMs);
  try {
    // In memory: on a full disk no journal could be made, and a service must start there as well.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
    return { database };
  } catch (cause) {
    database.close();
    if (!String(cause).includes('locked')) throw cause;
    return { database: undefined, cause };
  }
}

function openedLock(path: string, waitMs: number): DatabaseSync {
  refuseReadOnly(path);
  try {
    return new DatabaseSync(path, { timeout: waitMs });
  } catch (cause) {
    // SQLite does not say why: the folder may.
    accessSync(dirname(path), constants.W_OK);
    throw cause;
  }
}

/** Where it may only read, SQLite begins without a lock and says nothing: two would run, each sure to be alone. */
function refuseReadOnly(path: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return;
    throw new OperatorError(
      'disk-failed',
      `This user may not write ${path} (${describeError(cause)}), so that nobody knows who else works there; nothing was touched.`,
      `Run it as the services' user: sudo -u streamvault streamvault …; if it was that user, remove the file, which is empty: sudo rm ${path}`,
      { cause },
    );
  }
}

function lockOn(database: DatabaseSync, runningPath: string, clock: Clock): Lock {
  sayWhoRuns(runningPath, clock);
  const release = (): void => {
    if (!database.isOpen) return;
    rmSync(runningPath, { force: true });
    database.close();
  };
  return { release, [Symbol.dispose]: release };
}

/** Is that lock held right now? undefined where this user may not ask: SQLite asks with a write lock of its own. Changes nothing. */
function isHeld(path: string): boolean | undefined {
  try {
    accessSync(path, constants.W_OK);
    const { database } = begin(path, 0);
    database?.close();
    return database === undefined;
  } catch (error) {
    return hasCode(error, 'ENOENT') ? false : undefined;
  }
}

export interface LockHolder {
  /** null: this user cannot see it. */
  readonly running: boolean | null;
  readonly pid: number | null;
  /** ISO 8601. */
  readonly since: string | null;
}

/** Who holds the lock, for people. */
export function lockHolder(folder: string, name: string): LockHolder {
  const held = isHeld(join(folder, `.${name}.lock`));
  const told = held === false ? undefined : runningFacts(runningPathOf(folder, name));
  return { running: held ?? null, pid: told?.pid ?? null, since: told?.since ?? null };
}

function runningFacts(runningPath: string): { readonly pid: number; readonly since: string } | undefined {
  try {
    return JSON.parse(readFileSync(runningPath, 'utf8')) as { pid: number; since: string };
  } catch {
    return undefined;
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
  const facts = runningFacts(runningPath);
  return facts ? `process ${facts.pid}, since ${facts.since}` : 'it has not said which process it is';
}
