import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseMinuteFileName } from '../../src/domain/minute-file.ts';
import { sha256OfFile, systemDisk } from '../../src/outside/disk.ts';
import { startChild } from '../support/child.ts';
import { ingestFolder } from '../support/ingest-folder.ts';
import { until } from '../support/until.ts';

const test = suite('a flood');
const patienceMs = 120_000;

test('in the midst of it SIGTERM closes the minute within 5 s, under a name that proves it', async () => {
  const sender = startChild(['emulate', '--flood', '1TB']);
  await until('the emulator', () => sender.stdout.includes('\n'), patienceMs);
  const { folder, spool, configPath } = ingestFolder(sender.stdout.trim());
  const files = (): string[] =>
    readdirSync(spool, { recursive: true, encoding: 'utf8' }).filter((name) => /Z.*\.(part|jsonl)$/.test(name));
  const ingest = startChild(['ingest', '--config', configPath]);
  const heardBytes = (): number => files().reduce((sum, name) => sum + statSync(join(spool, name)).size, 0);
  await until('a flood', () => heardBytes() > 500e6, patienceMs);
  const beganMs = performance.now();
  ingest.process.kill('SIGTERM');
  assert.is(await ingest.ended(patienceMs), 0);
  const closedMs = performance.now() - beganMs;
  sender.process.kill('SIGTERM');
  for (const name of files()) {
    const digest = parseMinuteFileName(name.slice(name.lastIndexOf('/') + 1))?.digest;
    assert.is(digest, (await sha256OfFile(join(spool, name), systemDisk)).slice(0, 16), name);
  }
  rmSync(folder, { recursive: true });
  await sender.ended(patienceMs);
  assert.ok(closedMs < 5_000, `it took ${Math.round(closedMs)} ms`);
});

test.run();
