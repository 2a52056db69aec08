// The archive on a disk that is really full: a tmpfs of its own. Minute files go on, somebody is told, and with room all is sealed.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startEmulator } from '../../src/emulate/emulator.ts';
import type { LedgerRecord } from '../../src/emulate/ledger.ts';
import { systemClock } from '../../src/outside/clock.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { verifyWarcs } from '../../src/warc/verify.ts';
import { payloadsOf, readMinutes } from '../ingest/journey.ts';
import { lineDifferences } from '../ingest/ledger-check.ts';
import { type Child, startChild } from '../support/child.ts';
import { neededPeer, peerTest } from '../support/peers.ts';
import { seed } from '../support/seed.ts';
import { mainPath } from '../support/streamvault.ts';
import { until } from '../support/until.ts';
import { ingestFolder } from '../support/ingest-folder.ts';
import { readAll } from './reading.ts';

const test = suite('warc full disk');
const run = promisify(execFile);

interface SmallDisk extends AsyncDisposable {
  /** How this process sees what lies there. */
  readonly seen: string;
  /** Starts the product where the disk is. */
  start(words: readonly string[]): Child;
  resize(size: string): Promise<void>;
}

/** A tmpfs on that folder, in a mount namespace of its own. */
async function smallDisk(folder: string, size: string): Promise<SmallDisk> {
  const script = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && echo mounted && exec sleep 600';
  const isRoot = process.getuid?.() === 0;
  const namespace = ['--mount', ...(isRoot ? [] : ['--user', '--map-root-user'])];
  const holder = spawn(neededPeer('unshare'), [...namespace, 'sh', '-c', script, 'sh', size, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const inside = ['-t', String(holder.pid), '-m', ...(isRoot ? [] : ['-U', '--preserve-credentials'])];
  await mounted(holder);
  return {
    seen: `/proc/${holder.pid}/root${folder}`,
    start: (words) => startChild(words, [neededPeer('nsenter'), ...inside, process.execPath, mainPath]),
    async resize(to) {
      await run(neededPeer('nsenter'), [...inside, 'mount', '-o', `remount,size=${to}`, folder]);
    },
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => holder.once('close', resolve));
      holder.kill('SIGKILL');
      await ended;
    },
  };
}

async function mounted(holder: ChildProcess): Promise<void> {
  let said = '';
  holder.stdout?.on('data', (text: Buffer) => (said += text.toString()));
  await until('the tmpfs', () => said.includes('mounted') || holder.exitCode !== null);
  assert.is(holder.exitCode, null, 'the tmpfs could not be mounted');
}

peerTest(
  test,
  ['unshare', 'nsenter', 'mount'],
  'on a full disk the archive waits and is told about, minute files go on, no half file is left; with room the next start seals what stood there',
  async () => {
    const ledger: LedgerRecord[] = [];
    const clock = systemClock();
    const limits = { connects: 1_000, connections: 10 };
    const record = (one: LedgerRecord): void => void ledger.push(one);
    await using emulator = await startEmulator({
      clock,
      realClock: clock,
      seed,
      rate: 1_500,
      limits,
      ledger: { record },
    });
    const { spool, warc, configPath: config } = ingestFolder(`${emulator.url}/server1`, { withArchive: true });
    mkdirSync(warc);
    await using disk = await smallDisk(warc, '2M');
    const names = (): string[] => readdirSync(disk.seen);
    const first = disk.start(['ingest', '--config', config]);
    await until(
      'the full disk to be told',
      () => first.stderr.includes('ENOSPC') && first.stderr.includes('archive-failing'),
      60_000,
    );
    const heard = (): number => ledger.filter(({ what }) => what === 'sure').length;
    const atFull = heard();
    await until('more to be heard', () => heard() > atFull + 3_000, 60_000);
    first.process.kill('SIGTERM');
    assert.is(await first.ended(60_000), 0, first.stderr.slice(-2_000));
    assert.match(first.stderr, '"warc.not-sealed"');
    assert.equal(
      names().filter((name) => /\.(open|gz)$/.test(name)),
      [],
    );
    assert.ok(names().some((name) => name.endsWith('.spool')));
    await disk.resize('64M');
    const second = disk.start(['ingest', '--config', config]);
    await until('the first answer to be sealed', () => names().some((name) => name.endsWith('.gz')), 60_000);
    await until('a connection', () => second.stderr.includes('"stream.connected"'), 60_000);
    await until('more to be heard', () => heard() > atFull + 6_000, 60_000);
    second.process.kill('SIGTERM');
    assert.is(await second.ended(60_000), 0, second.stderr.slice(-2_000));
    await emulator.close();
    const minutes = readMinutes(spool);
    assert.equal(lineDifferences(ledger, minutes), [], 'minute files lack nothing');
    const paths = names()
      .filter((name) => name.endsWith('.gz'))
      .map((name) => join(disk.seen, name));
    const report = await verifyWarcs(paths, { disk: systemDisk });
    assert.equal(report.issues, []);
    assert.is(paths.length, 2);
    const kept = new Set(payloadsOf(minutes));
    const { lines } = await readAll(paths);
    assert.equal(
      lines.filter((line) => !kept.has(line)),
      [],
    );
    assert.ok(lines.length > 1_000, `${lines.length} tweets in the archive`);
    assert.ok(lines.length < kept.size, 'what the full disk did not take is missing there alone');
  },
);

test.run();
