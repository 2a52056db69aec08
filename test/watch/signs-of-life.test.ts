// What a watch says of itself while it waits: to the service manager that it lives, to people that an earlier process’ trouble is over.
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AlertCause } from '../../src/domain/alert.ts';
import { parseDuration } from '../../src/domain/quantity.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import type { Disk } from '../../src/outside/disk.ts';
import type { World } from '../../src/outside/world.ts';
import { runWatch } from '../../src/watch/watch.ts';
import { settle } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';
import { endCrew, start } from '../support/watched-day.ts';
import { place, writeHour } from '../support/watching.ts';

const test = suite('signs of life');
const unit = readFileSync(new URL('../../packaging/systemd/streamvault-watch.service', import.meta.url), 'utf8');
const watchdogMs = parseDuration((/^WatchdogSec=(.*)$/m.exec(unit)?.[1] ?? '').replace('min', 'm')) ?? 0;

/** Runs the service for so long by a clock wound by hand; gives the longest time in which it gave no sign of life. */
async function longestSilence(disk: Disk, forMs: number): Promise<{ silentMs: number; statuses: Set<string> }> {
  const here = place();
  const stop = new AbortController();
  const statuses = new Set<string>();
  let [lastMs, silentMs] = [here.clock.monotonic(), 0];
  const alive = (status: string): void => {
    statuses.add(status);
    silentMs = Math.max(silentMs, here.clock.monotonic() - lastMs);
    lastMs = here.clock.monotonic();
  };
  const life = { ready: () => {}, alive, stopping: () => {} };
  const running = runWatch(here.config(), { ...here.world({ disk, signal: stop.signal }), life });
  const endMs = here.clock.monotonic() + forMs;
  while (here.clock.monotonic() < endMs) {
    await until('it waits', () => here.clock.sleeping > 0);
    await here.clock.pass(60_000);
    await settle();
  }
  stop.abort();
  await running;
  return { silentMs: Math.max(silentMs, here.clock.monotonic() - lastMs), statuses };
}

test('a watch that has nothing to do says so well within the time after which systemd takes it for hung', async () => {
  const { silentMs, statuses } = await longestSilence(systemDisk, watchdogMs);
  assert.ok(watchdogMs >= 60_000);
  assert.ok(silentMs < watchdogMs / 4, `silent for ${silentMs} ms of ${watchdogMs}`);
  assert.equal([...statuses], ['Waiting for minute files']);
});

test('so does one whose disk refuses to be read: starting it anew would mend nothing', async () => {
  const refusal = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
  const list: Disk['list'] = (path) => (path.endsWith('/own') ? Promise.reject(refusal) : systemDisk.list(path));
  const { silentMs, statuses } = await longestSilence({ ...systemDisk, list }, watchdogMs);
  assert.ok(silentMs < watchdogMs / 4, `silent for ${silentMs} ms of ${watchdogMs}`);
  assert.ok(statuses.has('The disk is in trouble; trying again'));
});

test('a full or failing disk that an earlier process told of is over with the first pass that succeeds', async () => {
  const here = place();
  for (const tree of [here.own, here.partner]) writeHour(tree, start);
  const stop = new AbortController();
  const ended: AlertCause[] = [];
  const alerts: World['alerts'] = { raise: () => {}, end: (cause) => void ended.push(cause) };
  const running = runWatch(here.config(), { ...here.world({ signal: stop.signal }), alerts });
  await until('it says so', () => ended.includes('disk-full') && ended.includes('disk-failing'));
  stop.abort();
  await running;
});

test.after(endCrew);
test.run();
