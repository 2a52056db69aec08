// The same minute files give the same bytes, whatever the order in which they came, live or all at once.
import { cpSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fastClock } from '../../src/outside/clock.ts';
import { openShop } from '../../src/watch/shop.ts';
import { pass } from '../../src/watch/pass.ts';
import { runWatch, watchOnce } from '../../src/watch/watch.ts';
import { writeOddHours } from '../support/odd-hours.ts';
import { drawsOf } from '../support/random.ts';
import { seed } from '../support/seed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { crew, endCrew, start } from '../support/watched-day.ts';
import { bytesBelow, comparable, minuteAt, place } from '../support/watching.ts';
import type { Place } from '../support/watching.ts';

const test = suite('arrival');
const source = temporaryFolder();
writeOddHours({ own: join(source, 'own'), partner: join(source, 'partner'), start, hours: 3, seed, olderZone: 'UTC' });
const files = ['own', 'partner'].flatMap((tree) =>
  [...bytesBelow(join(source, tree)).keys()].map((path) => join(tree, path)),
);
const setting = { now: '2026-03-10T18:00:00Z' };

function bring(here: Place, path: string): void {
  mkdirSync(dirname(join(here.root, path)), { recursive: true });
  cpSync(join(source, path), join(here.root, `${path}.part`));
  renameSync(join(here.root, `${path}.part`), join(here.root, path));
}

async function allAtOnce(): Promise<Record<string, string>> {
  const here = place(setting);
  for (const path of files) bring(here, path);
  await watchOnce(here.config(), here.world(), { crew });
  return comparable(here.vault);
}

const expected = allAtOnce();

test('files that come one after the other, shuffled, with a pass now and then', async () => {
  const random = drawsOf(seed);
  const here = place(setting);
  await using shop = openShop(here.config('patience = "365d"\n'), here.world(), { isOnce: true, crew });
  const left = [...files];
  while (left.length > 0) {
    bring(here, left.splice(random.below(left.length), 1)[0] ?? '');
    if (random.chance(0.03)) await pass(shop);
  }
  await watchOnce(here.config(), here.world(), { crew });
  assert.equal(comparable(here.vault), await expected);
});

test('files that come in the order of time, each pass a restart, half an hour of patience over long ago', async () => {
  const here = place(setting);
  const inTime = [...files].sort((a, b) => (a.slice(-60) < b.slice(-60) ? -1 : 1));
  for (const [index, path] of inTime.entries()) {
    bring(here, path);
    if (index % 60 === 59) await watchOnce(here.config('late_window = "3650d"\n'), here.world(), { crew });
  }
  await watchOnce(here.config(), here.world(), { crew });
  assert.equal(comparable(here.vault), await expected);
});

test('the service, with the fast clock, as the minutes pass', async () => {
  const here = place(setting);
  const clock = fastClock({ startMs: Date.parse('2026-03-10T13:00:00Z'), speed: 1800 });
  const stop = new AbortController();
  const world = { ...here.world({ signal: stop.signal }), clock };
  const running = runWatch(here.config(), world);
  const minuteIn = (path: string): number =>
    minuteAt(
      `${
        /(\d{4}-\d\d-\d\d)[T_](\d\d)[-:](\d\d)/
          .exec(path.slice(path.lastIndexOf('/')))
          ?.slice(1)
          .join('T')
          .replace(/T(\d\d)$/, ':$1') ?? ''
      }Z`,
    );
  const inTime = [...files].sort((a, b) => minuteIn(a) - minuteIn(b));
  for (const path of inTime) {
    await until('the minute is over', () => clock.now() >= (minuteIn(path) + 1) * 60_000, 60_000);
    bring(here, path);
  }
  const wanted = Object.keys(await expected);
  await until(
    'all hours are there',
    () => JSON.stringify(Object.keys(comparable(here.vault))) === JSON.stringify(wanted),
    60_000,
  );
  await until(
    'the vault is as it must be',
    async () => JSON.stringify(comparable(here.vault)) === JSON.stringify(await expected),
    60_000,
  );
  stop.abort();
  await running;
  assert.ok(readFileSync(join(here.vault, '2026-03-10/SHA256SUMS')).length > 0);
});

test.after(endCrew);
test.run();
