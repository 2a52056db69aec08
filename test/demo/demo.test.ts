import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isFaultless } from '../../src/demo/comparison.ts';
import type { Course } from '../../src/demo/course.ts';
import { runDemo } from '../../src/demo/demo.ts';
import { type Clock, systemClock } from '../../src/outside/clock.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import type { Log } from '../../src/outside/log.ts';
import { loggedAlerts, type World } from '../../src/outside/world.ts';
import { seed } from '../support/seed.ts';
import { silentLog } from '../support/silent-log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('demo');

type Facts = Readonly<Record<string, unknown>>;

/** A log that tells of each event and its facts, with the server whose it is. */
function toldLog(tell: (event: string, facts: Facts) => unknown, known: Facts = {}): Log {
  const say = (event: string, facts: Facts = {}): void => void tell(event, { ...known, ...facts });
  return { info: say, warn: say, error: say, child: (facts) => toldLog(tell, { ...known, ...facts }) };
}

const worldOn = (disk: Disk): World => ({
  clock: systemClock(),
  disk,
  log: silentLog,
  alerts: loggedAlerts(silentLog),
  signal: new AbortController().signal,
});

const rate = 20;

test('six minutes with a cut and a drop end in a vault that holds everything once', async () => {
  const setting = { folder: temporaryFolder(), minutes: 6, rate, speed: 60, seed };
  let seen = 0;
  const connectedMs = new Map<unknown, number>();
  const logFor = (clock: Clock): Log =>
    toldLog((event, { server }) => {
      if (event === 'stream.connected' && !connectedMs.has(server)) connectedMs.set(server, clock.now());
    });
  const result = await runDemo(setting, { world: worldOn(systemDisk), logFor, onCourse: () => seen++ });
  assert.ok(isFaultless(result.comparison), JSON.stringify(result.comparison));
  // How long a machine takes to start both is no fact of the demo; the stream begins then, and ends before the hour does.
  const streamedMs = Date.parse('2026-03-10T13:59:40Z') - Math.max(...connectedMs.values());
  const { sent } = result.comparison;
  assert.is(connectedMs.size, 2);
  assert.ok(sent > (0.8 * rate * streamedMs) / 1_000, `${sent} were sent in ${streamedMs} ms`);
  assert.ok(seen > 10);
  assert.equal([result.mailed.hasReport, result.mailed.hasAlert], [true, true], result.mailed.subjects.join('\n'));
  assert.ok(result.mailed.subjects.includes('[streamvault 2] stream ended'), result.mailed.subjects.join('\n'));
  assert.equal(result.published, { paths: ['2026/03/10/2026-03-10_13_IDs.txt.xz'], wrong: [] });
  const day = join(result.vault, '2026-03-10');
  const [, row = ''] = readFileSync(join(day, '2026-03-10_report.txt'), 'utf8').split('\n');
  const [hour, first, second, total, , , missing1, missing2, , gap2] = row.split('\t');
  assert.is(hour, '13');
  assert.ok(Number(second) < Number(total), `server 2 was cut off: ${row}`);
  assert.ok(Number(first) <= Number(total));
  assert.equal([missing1, missing2], ['54', '54']);
  assert.ok(Number(gap2) > 54 * 60 + 30, row);
  assert.ok(readdirSync(day).includes('2026-03-10_13_receipt.json'));
});

test('minute files that come only long after their hour was made are waited for', async () => {
  const late = Promise.withResolvers<void>();
  const disk: Disk = {
    ...systemDisk,
    async rename(from, to) {
      if (/server-\d\/spool\/.*T13-59Z_/.test(to)) await late.promise;
      await systemDisk.rename(from, to);
    },
  };
  const setting = { folder: temporaryFolder(), minutes: 2, rate, speed: 120, seed };
  // Where they are not waited for, the report goes out without them, and the end comes.
  const log = toldLog((_event, { message }) => String(message).endsWith('_report') && late.resolve());
  let turns = 0;
  const onCourse = ({ hours }: Course): void => {
    if (hours > 0 && ++turns === 60) late.resolve();
  };
  const { comparison } = await runDemo(setting, { world: worldOn(disk), logFor: () => log, onCourse });
  assert.ok(isFaultless(comparison), JSON.stringify(comparison));
});

test.run();
