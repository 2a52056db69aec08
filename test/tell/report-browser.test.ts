// The report's mail as a real browser shows it, wide and narrow.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hoursOfDay } from '../../src/domain/time.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { VaultView } from '../../src/outside/vault-view.ts';
import { reportMessage } from '../../src/tell/day-report.ts';
import { startBrowser } from '../support/browser.ts';
import { peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { allHours, writeDay } from '../support/vault-scene.ts';

const test = suite('report in a browser');
const day = '2026-10-25';
const zone = 'Europe/Berlin';

/** The HTML of a day of 25 hours with all that a report can show, in a file. */
async function writtenReport(): Promise<string> {
  const folder = temporaryFolder();
  const vault = join(folder, 'vault');
  writeDay(vault, { day: '2026-10-24', zone }, allHours('2026-10-24', 140_000, zone));
  const hours = hoursOfDay(day, zone).map(({ label }, index) => [label, { ids: 90_000 + index * 5000 }] as const);
  writeDay(vault, { day, zone }, Object.fromEntries(hours.slice(0, 24)));
  const counts = { server_2: 30_000, both: 30_000, only_1: 20_900, only_2: 400 };
  const gaps = { missing_2: 7, gap_2: 420, gap_1: 31, joint_gap: 31 };
  writeDay(vault, { day, zone }, { 11: { ids: 51_300, complete: false, generation: 3, counts, gaps } });
  const { html = '' } = await reportMessage(new VaultView(vault, zone, systemDisk), day, {
    server: 1,
    nowMs: Date.parse('2026-10-26T01:00:00Z'),
    sinceMs: 0,
    told: ['[streamvault 1] stream ended', `[streamvault 1] ${'a long subject '.repeat(12)}`],
  });
  const path = join(folder, 'report.html');
  writeFileSync(path, html);
  return path;
}

/** Bars as they are drawn: the coloured cells that have no words, with their widths in pixels. */
const drawnBars = `[...document.querySelectorAll('td[bgcolor]')].map((cell) => {
  const { width, height } = cell.getBoundingClientRect();
  return { width, height, colour: getComputedStyle(cell).backgroundColor, of: cell.parentElement.getBoundingClientRect().width };
})`;

interface Drawn {
  readonly width: number;
  readonly height: number;
  readonly colour: string;
  readonly of: number;
}

peerTest(test, ['chromium'], 'bars are seen, nothing overflows, and nothing is asked of the network', async () => {
  const path = await writtenReport();
  await using browser = await startBrowser();
  for (const width of [1200, 600, 360]) {
    const page = await browser.open(path, width);
    const most = await page.ask<number>('document.documentElement.scrollWidth');
    assert.ok(most <= width, `${most} px are needed, ${width} are there`);
    const beyond = await page.ask<string[]>(
      `[...document.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5).map((one) => one.outerHTML.slice(0, 80))`,
    );
    assert.equal(beyond, [], `${width} px`);
    const drawn = await page.ask<Drawn[]>(drawnBars);
    const both = drawn.filter(({ colour }) => colour === 'rgb(47, 102, 144)');
    assert.is(both.length, 24 + 2 + 2 + 1, 'hours, servers, days, and the legend');
    assert.ok(drawn.every(({ width: drawnWidth, height }) => drawnWidth >= 0.4 && height >= 10));
    // Of the hours the last one has the most tweets: its bar is full, and the first one's as long as its share of that.
    const shares = both.map((one) => one.width / one.of);
    assert.ok(Math.abs((shares[0] ?? 0) - 90 / 205) < 0.03, `${shares[0]} of the bar at ${width} px`);
    assert.ok((shares[23] ?? 0) > 0.98, `${shares[23]} of the bar at ${width} px`);
    assert.equal(page.requests, [pathToFileURL(path).href]);
    assert.ok((await page.picture()).length > 10_000);
  }
});

test.run();
