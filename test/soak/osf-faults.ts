// Publishing under random faults: while hours come and are made again, requests meet faults of every kind, the publisher is stopped
// and started, its memory is lost. At the end the tree at OSF equals the vault, and no limit of the API was passed.
// STREAMVAULT_FAULTS: how many (default 10,000). STREAMVAULT_SEED repeats a run.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../src/config/read.ts';
import { dayMs, hourOf, hoursOfDay, minuteMs, minuteOf } from '../../src/domain/time.ts';
import { parseSums } from '../../src/domain/vault.ts';
import { type OsfFault, type OsfRequest, osfFaults } from '../../src/emulate/osf-fault.ts';
import { type OsfStandIn, startOsf } from '../../src/emulate/osf.ts';
import { httpCall } from '../../src/outside/http-call.ts';
import { runPublish } from '../../src/publish/service.ts';
import { passingClock } from '../support/passing-clock.ts';
import { memoryDisk } from '../support/memory-disk.ts';
import { randomOf } from '../support/random.ts';
import { seed } from '../support/seed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testWorld } from '../support/test-world.ts';
import { writeDay } from '../support/vault-scene.ts';

export interface OsfFaultsResult {
  readonly faults: number;
  /** By their name. */
  readonly byKind: Readonly<Record<string, number>>;
  readonly restarts: number;
  readonly memoriesLost: number;
  readonly requests: number;
  readonly files: number;
  /** Paths that are missing, too many, or have other bytes than the vault's. */
  readonly wrong: readonly string[];
  readonly mostInASecond: number;
  readonly mostListingsInAMinute: number;
  readonly mostInADay: number;
}

const token = 'token-of-this-trial';
const firstDayMs = Date.parse('2026-03-01T00:00:00Z');

const trialDays = Array.from({ length: 40 }, (_, index) => hourOf(minuteOf(firstDayMs + index * dayMs), 'UTC').day);

/** Bytes of an hour's IDs file: mostly small, now and then large enough that an early answer becomes a reset. */
const contentOf = (random: () => number): Buffer =>
  Buffer.alloc(random() < 0.05 ? 300_000 : 20 + random() * 2000, String(random()));

export async function osfFaultTrial(faults: number): Promise<OsfFaultsResult> {
  const random = randomOf(seed);
  const folder = temporaryFolder();
  const vault = join(folder, 'vault');
  const clock = passingClock(firstDayMs + dayMs);
  let happened = 0;
  let restarts = 0;
  let memoriesLost = 0;
  const fault = (): OsfFault | undefined => {
    if (happened >= faults || random() < 0.35) return undefined;
    happened++;
    return osfFaults[Math.floor(random() * osfFaults.length)];
  };
  await using osf = await startOsf({ project: 'abc12', token, now: clock.now, fault, pageSize: 7 });
  writeFileSync(join(folder, 'token'), token, { mode: 0o600 });
  const toml = `server = 1\n[watch]\nvault = "${vault}"\n[osf]\napi = "${osf.api}"\nproject = "abc12"\ntoken_file = "${folder}/token"\napproval = "test"\n`;
  const config = readConfig(toml, 'trial', ['watch', 'osf']);

  const disk = memoryDisk(join(vault, '.publish'));
  const isEqual = (): boolean => wrongPaths(vault, osf).length === 0;
  const isFaulty = (): boolean => happened < faults;
  while (isFaulty() || !isEqual()) {
    if (isFaulty()) changeVault({ vault, nowMs: clock.now(), random });
    if (random() < 0.05) {
      disk.lose();
      memoriesLost++;
    }
    const world = { ...testWorld(), clock, disk };
    // Stopped at a random moment, as a restart would; when the faults are over it is left to finish.
    const stopAt = osf.requests.length + Math.ceil(random() * 150);
    const ended = runPublish(config, world, httpCall);
    const mayStop = (): boolean => isFaulty() && osf.requests.length >= stopAt;
    for (let idle = 0, asked = -1; !mayStop() && !(idle % 20 === 19 && isEqual()); asked = osf.requests.length) {
      idle = asked === osf.requests.length ? idle + 1 : 0;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    world.stop();
    await ended;
    restarts++;
    // Hours go by between restarts, so that a day's requests are not always used up.
    clock.set(clock.now() + random() * 60 * minuteMs);
  }
  return {
    faults: happened,
    byKind: countsOf(osf.requests),
    restarts,
    memoriesLost,
    requests: osf.requests.length,
    files: osf.tree.files().size,
    wrong: wrongPaths(vault, osf),
    mostInASecond: mostWithin(osf.requests, 1000),
    mostListingsInAMinute: mostWithin(
      osf.requests.filter(({ isListing }) => isListing),
      minuteMs,
    ),
    mostInADay: mostWithin(osf.requests, dayMs),
  };
}

interface Changing {
  readonly vault: string;
  readonly nowMs: number;
  readonly random: () => number;
}

/** Some hours of the days that are over are made, or made again. */
function changeVault({ vault, nowMs, random }: Changing): void {
  const days = Math.max(1, Math.min(trialDays.length, Math.floor((nowMs - firstDayMs) / dayMs)));
  const day = trialDays[Math.floor(random() * days)] ?? '';
  const hours = hoursOfDay(day, 'UTC').filter(() => random() < 0.5);
  const generation = 1 + Math.floor(random() * 1e6);
  writeDay(
    vault,
    { day },
    Object.fromEntries(
      hours.map(({ label }) => [label, { ids: Math.floor(random() * 1000), generation, content: contentOf(random) }]),
    ),
  );
}

const hashes = new WeakMap<Buffer, string>();

function hashOf(content: Buffer): string {
  const hash = hashes.get(content) ?? createHash('sha256').update(content).digest('hex');
  hashes.set(content, hash);
  return hash;
}

/** What of the tree at OSF is not as in the vault. */
function wrongPaths(vault: string, osf: OsfStandIn): string[] {
  const wanted = new Map<string, string>();
  for (const day of trialDays) {
    let sums = '';
    try {
      sums = readFileSync(join(vault, day, 'SHA256SUMS'), 'utf8');
    } catch {
      continue;
    }
    for (const [name, sha256] of parseSums(sums))
      if (/_IDs\.txt\.xz$|_report\.txt$/.test(name)) wanted.set(`${day.replaceAll('-', '/')}/${name}`, sha256);
  }
  const there = new Map([...osf.tree.files()].map(([path, content]) => [path, hashOf(content)]));
  return [...new Set([...wanted.keys(), ...there.keys()])].filter((path) => wanted.get(path) !== there.get(path));
}

function countsOf(requests: readonly OsfRequest[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { fault } of requests) if (fault) counts[fault] = (counts[fault] ?? 0) + 1;
  return counts;
}

/** The most requests in any span of that length. */
function mostWithin(requests: readonly OsfRequest[], spanMs: number): number {
  let most = 0;
  for (let from = 0, to = 0; to < requests.length; to++) {
    while ((requests[from]?.atMs ?? 0) <= (requests[to]?.atMs ?? 0) - spanMs) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const result = await osfFaultTrial(Number(process.env.STREAMVAULT_FAULTS ?? 10_000));
  console.log(JSON.stringify(result, null, 1));
  if (
    result.wrong.length > 0 ||
    result.mostInASecond > 10 ||
    result.mostListingsInAMinute > 75 ||
    result.mostInADay > 10_000
  )
    process.exitCode = 1;
}
