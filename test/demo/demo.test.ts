import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isFaultless } from '../../src/demo/comparison.ts';
import { runDemo } from '../../src/demo/demo.ts';
import { systemClock } from '../../src/outside/clock.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { loggedAlerts } from '../../src/outside/world.ts';
import { seed } from '../support/seed.ts';
import { silentLog } from '../support/silent-log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('demo');

test('six minutes with a cut and a drop end in a vault that holds everything once', async () => {
  const stop = new AbortController();
  const world = {
    clock: systemClock(),
    disk: systemDisk,
    log: silentLog,
    alerts: loggedAlerts(silentLog),
    signal: stop.signal,
  };
  const setting = { folder: temporaryFolder(), minutes: 6, rate: 20, speed: 60, seed };
  let seen = 0;
  const result = await runDemo(setting, { world, logFor: () => silentLog, onCourse: () => seen++ });
  assert.ok(isFaultless(result.comparison), JSON.stringify(result.comparison));
  assert.ok(result.comparison.sent > 6000, `${result.comparison.sent} were sent`);
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

test.run();
