import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../src/outside/clock.ts';
import { lockHolder, takeLock, tryLock } from '../../src/outside/lock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('lock');
const clock = systemClock();
const nobody = { running: false, pid: null, since: null };
const said = (folder: string): { since: string } =>
  JSON.parse(readFileSync(join(folder, '.ingest.running.json'), 'utf8')) as { since: string };

test('a second holder is refused with the word of the first, also within one process', () => {
  const folder = temporaryFolder();
  const lock = takeLock(folder, 'ingest', clock);
  assert.equal(lockHolder(folder, 'ingest'), {
    running: true,
    pid: process.pid,
    since: said(folder).since,
  });
  assert.throws(
    () => takeLock(folder, 'ingest', clock),
    (error: Error & { code: string }) =>
      error.code === 'already-running' && error.message.includes(`process ${process.pid}`),
  );
  takeLock(folder, 'ship', clock).release();
  lock.release();
  assert.equal(lockHolder(folder, 'ingest'), nobody);
  takeLock(folder, 'ingest', clock).release();
});

test('who only tries for a lock never waits for its holder', () => {
  const folder = temporaryFolder();
  const lock = takeLock(folder, 'delivery', clock);
  const tookMs = Array.from({ length: 20 }, () => {
    const began = performance.now();
    assert.is(tryLock(folder, 'delivery', clock), undefined);
    return performance.now() - began;
  });
  // To wait for a holder takes 50 ms each time, on the fastest machine; a busy one may take as long for some.
  assert.ok(Math.min(...tookMs) < 50, tookMs.join(' '));
  lock.release();
  const mine = tryLock(folder, 'delivery', clock);
  assert.ok(mine);
  assert.is(tryLock(folder, 'delivery', clock), undefined);
  mine.release();
});

test('a killed holder leaves no lock behind', async () => {
  const folder = temporaryFolder();
  const source = `import { takeLock } from ${JSON.stringify(new URL('../../src/outside/lock.ts', import.meta.url).href)};
    globalThis.held = takeLock(${JSON.stringify(folder)}, 'watch', { now: () => 0 }); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  assert.throws(
    () => takeLock(folder, 'watch', clock),
    (error: Error) => error.message.includes(`process ${child.pid}`),
  );
  child.kill('SIGKILL');
  await once(child, 'exit');
  takeLock(folder, 'watch', clock).release();
});

test('asking who runs in a folder that holds no lock makes no file', () => {
  const folder = temporaryFolder();
  assert.equal(lockHolder(`${folder}/absent`, 'ingest'), nobody);
  assert.equal(lockHolder(folder, 'ingest'), nobody);
  assert.equal(readdirSync(folder), []);
});

test('a lock that cannot be asked is told as such', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '.watch.lock'), 'no database at all, whatever it is');
  assert.is(lockHolder(folder, 'watch').running, null);
});

/** What that expression gives as a user who may read the folder and write nothing there. */
function asReader(expression: string): string {
  const source = `import { lockHolder, takeLock } from ${JSON.stringify(new URL('../../src/outside/lock.ts', import.meta.url).href)};
    try { console.log(JSON.stringify(${expression})) } catch (error) { console.log(error.code + ' ' + error.message) }`;
  const other = process.getuid?.() === 0 ? { uid: 4711, gid: 4711 } : {};
  return execFileSync(process.execPath, ['--input-type=module', '-e', source], { ...other, encoding: 'utf8' }).trim();
}

test('who may not write the lock cannot see who holds it, and is never told that nobody does', () => {
  const folder = temporaryFolder();
  using _lock = takeLock(folder, 'watch', clock);
  chmodSync(join(folder, '.watch.lock'), 0o444);
  chmodSync(folder, 0o755);
  assert.match(asReader(`lockHolder(${JSON.stringify(folder)}, 'watch')`), '"running":null');
});

test('a lock file that this user may not write is no lock: nothing starts on it', () => {
  const folder = temporaryFolder();
  takeLock(folder, 'ship', clock).release();
  const path = join(folder, '.ship.lock');
  chmodSync(path, 0o444);
  chmodSync(folder, 0o755);
  const said = asReader(`takeLock(${JSON.stringify(folder)}, 'ship', { now: () => 0 }) && 'taken'`);
  assert.match(said, /^disk-failed /);
  assert.match(said, path);
});

interface Start {
  readonly isTaken: boolean;
  /** How long somebody looked from then on, ms. */
  readonly lookMs: number;
}

/** Takes the lock while a process of its own looks at it, for some ms. */
async function startDuringLook(folder: string): Promise<Start> {
  const source = `import { DatabaseSync } from 'node:sqlite';
    const database = new DatabaseSync(${JSON.stringify(join(folder, '.watch.lock'))}); database.exec('BEGIN IMMEDIATE');
    console.log('held'); setTimeout(() => { database.close(); console.log(Date.now()) }, 15);`;
  const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  const beganMs = Date.now();
  let isTaken = true;
  try {
    takeLock(folder, 'watch', clock).release();
  } catch {
    isTaken = false;
  }
  await closed;
  return { isTaken, lookMs: Number(said.split('\n')[1]) - beganMs };
}

test('a service that starts while somebody looks is not refused', async () => {
  const folder = temporaryFolder();
  takeLock(folder, 'watch', clock).release();
  const starts: Start[] = [];
  // Who looks may be held up on a busy machine: then it is no short look, and another one is tried.
  while (starts.length < 50 && !starts.at(-1)?.isTaken) starts.push(await startDuringLook(folder));
  assert.ok(starts.at(-1)?.isTaken);
  for (const { isTaken, lookMs } of starts) assert.ok(isTaken || lookMs > 30, `refused for a look of ${lookMs} ms`);
});

test.run();
