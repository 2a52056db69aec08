// One measured run of the watch as a process of its own, so that its peak memory is its own. Takes a kind of run and a folder
// with own/ and partner/; prints one line of JSON: seconds and peak memory.
import { mkdirSync, openSync, readdirSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { IdTable } from '../../src/domain/id-table.ts';
import { hourOf, type Minute, minutesOfHour } from '../../src/domain/time.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { coreCount } from '../../src/outside/workers.ts';
import { gatherCrew } from '../../src/watch/crew.ts';
import type { Crew } from '../../src/watch/crew.ts';
import { HourBuild } from '../../src/watch/hour-build.ts';
import type { InputFile } from '../../src/watch/input-file.ts';
import { openShop } from '../../src/watch/shop.ts';
import { pass } from '../../src/watch/pass.ts';
import { lookAtTree } from '../../src/watch/trees.ts';
import { watchOnce } from '../../src/watch/watch.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { minuteAt, place } from '../support/watching.ts';

const [kind = '', root = ''] = process.argv.slice(2);
const preset = 'preset = 6\n';
const hour = hourOf(minuteAt('2026-03-10T13:00Z'), 'UTC');

/** About what xz -6 leaves of an hour's three files (24.6 of 88.6 MB): as many bytes are hashed of an output. */
const compressedShare = 0.28;

async function minuteFiles(): Promise<readonly InputFile[]> {
  const setting = { disk: systemDisk, olderZone: 'UTC', olderMinute: async () => undefined };
  const looks = await Promise.all([
    lookAtTree({ path: join(root, 'own'), server: 1 }, setting),
    lookAtTree({ path: join(root, 'partner'), server: 2 }, setting),
  ]);
  return looks.flatMap((look) => look.files);
}

/**
 * Everything but compression: read, prove, parse, merge, and the text of the three files written to disk, as its peer writes them.
 * Of the outputs so many bytes are hashed as compressed ones would have.
 */
async function parseAlone(): Promise<number> {
  await using real = gatherCrew(coreCount());
  const plain = openSync(join(temporaryFolder(), 'plain'), 'w');
  const write = async (_hour: Minute, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> => {
    writeSync(plain, bytes);
    return bytes.slice(0, bytes.length * compressedShare);
  };
  const crew: Crew = { ...real, compress: write };
  const started = performance.now();
  const files = await minuteFiles();
  const build = new HourBuild({
    hour,
    crew,
    preset: 6,
    neighbours: { before: new IdTable(), heldByNext: new IdTable() },
  });
  await build.addMinutes(minutesOfHour(hour).map((minute) => files.filter((file) => file.minute === minute)));
  await Promise.all(build.finish().outputs);
  return performance.now() - started;
}

/** What of that is proof that the inputs are what their names say: each file read and hashed. */
async function proof(): Promise<number> {
  await using crew = gatherCrew(coreCount());
  const files = await minuteFiles();
  // Threads are started by the first questions, and are there before.
  await Promise.all(files.slice(0, crew.size).map(({ path }) => crew.sha256(hour.start, path, false)));
  const started = performance.now();
  await Promise.all(files.map(({ path }) => crew.sha256(hour.start, path, false)));
  return performance.now() - started;
}

/** The whole hour from files, as `watch --once` does it. */
async function batch(): Promise<number> {
  const here = place({ root, now: '2026-03-10T14:20:00Z' });
  const started = performance.now();
  await watchOnce(here.config(preset), here.world());
  return performance.now() - started;
}

/** From the last pair of files to the receipt, all other minutes having come before. */
async function live(): Promise<number> {
  const here = place({ root, now: '2026-03-10T14:00:00Z' });
  const last = ['own', 'partner'].map((tree) => {
    const folder = join(root, tree, '2026-03-10/13');
    const name = readdirSync(folder).find((entry) => entry.includes('T13-59Z')) ?? '';
    return { path: join(folder, name), away: join(root, 'away', tree, name) };
  });
  for (const { path, away } of last) {
    mkdirSync(dirname(away), { recursive: true });
    renameSync(path, away);
  }
  await using shop = openShop(here.config(preset), here.world(), { isOnce: false });
  await pass(shop);
  // A task of a later hour begins when all of this hour's are at least under way.
  await shop.crew.compress(hour.start + 60, new Uint8Array(1), { preset: 0 });
  await pause(6_000);
  const started = performance.now();
  for (const { path, away } of last) renameSync(away, path);
  await pass(shop);
  return performance.now() - started;
}

const kinds: Readonly<Record<string, () => Promise<number>>> = { parseAlone, proof, batch, live };
const durationMs = await kinds[kind]?.();
const peakBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ seconds: (durationMs ?? 0) / 1000, peakBytes }));
