// A disk that is full in fact: a small tmpfs in a mount namespace of the test's own, and a real ingest that writes into it. Needs root.
// may take 240 s
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startEmulator } from '../../src/emulate/emulator.ts';
import type { LedgerRecord } from '../../src/emulate/ledger.ts';
import { systemClock } from '../../src/outside/clock.ts';
import { startChild } from '../support/child.ts';
import { peerTest } from '../support/peers.ts';
import { atExit } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { ingestFolder } from '../support/ingest-folder.ts';
import { readMinutes } from './journey.ts';
import { lineDifferences } from './ledger-check.ts';

const test = suite('ingest on a full disk');
const needed = ['unshare', 'nsenter', 'mount', 'to mount'];

/** A tmpfs of that size at the path, seen in a namespace that lives until the test ends. */
async function mounted(path: string, size: string): Promise<{ pid: number; seen: string; end(): void }> {
  const script = `mount -t tmpfs -o size=${size},mode=750 tmpfs "$1" && touch "$1/.mounted" && exec sleep 600`;
  const holder = spawn('unshare', ['-m', 'sh', '-c', script, 'sh', path], { stdio: ['ignore', 'ignore', 'inherit'] });
  atExit(() => holder.kill('SIGKILL'));
  const seen = `/proc/${holder.pid}/root${path}`;
  await until('the mount', () => existsSync(join(seen, '.mounted')));
  rmSync(join(seen, '.mounted'));
  return { pid: holder.pid ?? 0, seen, end: () => void holder.kill('SIGKILL') };
}

/** Takes all the room that is left; gives it back when the filler is removed. */
function fill(path: string): void {
  for (const piece of [1 << 16, 1 << 12, 512]) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(piece), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

const openParts = (spool: string): string[] =>
  readdirSync(spool, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.part'))
    .map((name) => readFileSync(join(spool, name), 'utf8'));

peerTest(
  test,
  needed,
  'whole lines stay readable, somebody is told, and it goes on by itself with every line once there is room',
  async () => {
    const clock = systemClock();
    const ledger: LedgerRecord[] = [];
    await using emulator = await startEmulator({
      clock,
      rate: 300,
      ledger: { record: (record) => void ledger.push(record) },
    });
    const { spool, configPath } = ingestFolder(`${emulator.url}/server1`);
    mkdirSync(spool, { recursive: true });
    const { pid, seen, end } = await mounted(spool, '24m');
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
    const child = startChild(
      ['ingest', '--config', configPath],
      ['nsenter', '-t', String(pid), '-m', '--', process.execPath, main],
    );
    using _processes = {
      [Symbol.dispose]() {
        child.process.kill('SIGKILL');
        end();
      },
    };
    const told = (event: string): number => child.stderr.split(`"event":"${event}"`).length - 1;
    await until('lines', () => openParts(seen).some((text) => text.length > 10_000), 60_000);
    fill(join(seen, 'filler'));
    await until('the refusal', () => told('spool.refused') > 0, 60_000);
    assert.is(statfsSync(seen).bavail, 0);
    await until('the alert', () => child.stderr.includes('No room left in'));
    const before = emulator.due;
    await until('three more seconds of the stream', () => emulator.due > before + 1_500);
    const parts = openParts(seen);
    assert.ok(
      parts.length > 0 && parts.every((text) => text === '' || text.endsWith('}\n')),
      'up to the last whole line',
    );
    for (const line of parts.join('').split('\n').slice(0, -1)) JSON.parse(line);
    rmSync(join(seen, 'filler'));
    const kept = openParts(seen).join('').length;
    await until('lines again', () => openParts(seen).join('').length > kept + 100_000 || readMinutes(seen).length > 0);
    await until('the end of the alert', () => child.stderr.includes('Minute files are written again'));
    child.process.kill('SIGTERM');
    assert.is(await child.ended(60_000), 0, child.stderr.slice(-1_000));
    assert.equal([told('stream.connected'), told('line.lost')], [1, 0], 'one process, one connection, nothing lost');
    const minutes = readMinutes(seen);
    assert.equal(lineDifferences(ledger, minutes), []);
    const lines = minutes.reduce((sum, { lines: count }) => sum + count, 0);
    const sure = ledger.filter(({ what }) => what === 'sure').length;
    console.log(`full disk: ${sure} lines certainly sent, ${lines} kept, ${told('spool.refused')} refusals`);
    assert.ok(sure > 500 && lines >= sure);
  },
);

test.run();
