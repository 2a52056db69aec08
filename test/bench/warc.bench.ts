// What the archive costs ingest, and how fast tweets come out of WARC files. Runs the sources, each as a process of its own.
// Prints the figures; fails where ingest with the archive needs more than 1.5 × the CPU time of ingest without, sealing included, at
// the stream's own rate (some 50 tweets a second) or four times that, and where `warc tweets` is slower than 0.7 × `zcat | jq -c .` on
// the same lines. Above those rates the ratio is printed and claims nothing: ingest's cost a MB falls with the rate, and that of
// compressing a MB does not. The least possible is what gzip -1 alone, measured in the same run, would make it.
// STREAMVAULT_BENCH_RATES: tweets a second (default 50,200,2000). _SECONDS: of each (20). _ROUNDS: of each (3). _FLOOD: its size, 0
// for none (300MB). _BYTES: of lines to read, 0 for none (200MB).
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { readConfig } from '../../src/config/read.ts';
import { parseSize } from '../../src/domain/quantity.ts';
import { draftTweet, writeTweet } from '../../src/emulate/made-tweet.ts';
import { readSelection } from '../../src/emulate/selection.ts';
import { streamUrl } from '../../src/ingest/request.ts';
import { systemClock } from '../../src/outside/clock.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { type World, loggedAlerts } from '../../src/outside/world.ts';
import { openArchive } from '../../src/warc/archive.ts';
import { type Child, startChild } from '../support/child.ts';
import { mainPath } from '../support/streamvault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { ingestFolder } from '../support/ingest-folder.ts';
import { chunkOf, response } from '../warc/answers.ts';

const seconds = Number(process.env['STREAMVAULT_BENCH_SECONDS'] ?? 20);
const readBytes = parseSize(process.env['STREAMVAULT_BENCH_BYTES'] ?? '200MB') ?? 0;
const rounds = Number(process.env['STREAMVAULT_BENCH_ROUNDS'] ?? 3);
const rates = (process.env['STREAMVAULT_BENCH_RATES'] ?? '50,200,2000').split(',').filter(Boolean).map(Number);
/** A process that has just begun is slower than it will be for months. */
const warmMs = 5_000;
const mostTimes = 1.5;
/** Tweets a second: four times the sampled stream. */
const highestClaimedRate = 200;
const floodText = process.env['STREAMVAULT_BENCH_FLOOD'] ?? '300MB';

/** Tweets as the emulator makes them, a line each. */
function madeLines(count: number): string[] {
  const { ingest } = readConfig('server = 1\n[ingest]\nbearer_token_file = "/nowhere"\n', 'bench', ['ingest']);
  const selection = readSelection(new URL(streamUrl(ingest)).searchParams);
  if ('value' in selection) throw new Error('the emulator does not know the fields that ingest asks for');
  return Array.from({ length: count }, (_, place) => writeTweet(draftTweet(1, place, Date.now()), selection).json);
}

interface Cost {
  /** CPU seconds while it heard. */
  readonly hearing: number;
  /** CPU seconds of sealing what was heard in that time. */
  readonly sealing: number;
  /** Bytes of lines heard in that time. */
  readonly bytes: number;
}

const ticksPerSecond = 100;

/** CPU seconds that a process has used so far, all its threads together. */
function cpuOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Bytes of lines in minute files, closed and open. */
function bytesHeard(spool: string): number {
  const names = readdirSync(spool, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => /\.(jsonl|part)$/.test(name))
    .reduce((total, name) => total + statSync(join(spool, name)).size, 0);
}

/**
 * What an ingest costs from the moment it is warm until `heard` resolves. It is killed then, so that all its sealing is left to this
 * process, which counts it.
 */
async function costOf(api: string, withArchive: boolean, { warm, heard }: Listening): Promise<Cost> {
  const { folder, spool, configPath } = ingestFolder(api, { withArchive });
  const child = startChild(['ingest', '--config', configPath]);
  await until('a connection', () => child.stderr.includes('"stream.connected"'), 60_000);
  await warm();
  const before = { cpu: cpuOf(child.process), bytes: bytesHeard(spool) };
  await heard(child);
  const hearing = cpuOf(child.process) - before.cpu;
  const all = bytesHeard(spool);
  child.process.kill('SIGKILL');
  await child.ended();
  if (child.stderr.includes('"warc.gave-up"')) throw new Error('the archive gave up');
  const sealing = withArchive ? await warmSealingOf(join(folder, 'warc')) : 0;
  rmSync(folder, { recursive: true });
  return { hearing, sealing: (sealing * (all - before.bytes)) / all, bytes: all - before.bytes };
}

interface Listening {
  readonly warm: () => Promise<unknown>;
  readonly heard: (child: Child) => Promise<unknown>;
}

/** The same as for ingest: what a process needs that has been at it for a while. */
async function warmSealingOf(folder: string): Promise<number> {
  for (const copy of ['once', 'twice']) {
    cpSync(folder, `${folder}-${copy}`, { recursive: true, filter: (path) => !path.includes('.warc.lock') });
    await sealingOf(`${folder}-${copy}`);
  }
  return sealingOf(folder);
}

/** CPU seconds of this process while it seals what is left in an archive. */
async function sealingOf(folder: string): Promise<number> {
  const before = process.cpuUsage();
  const quiet = { info: () => {}, warn: () => {}, error: () => {}, child: () => quiet };
  const world: World = {
    clock: systemClock(),
    disk: systemDisk,
    log: quiet,
    alerts: loggedAlerts(quiet),
    signal: new AbortController().signal,
  };
  const archive = await openArchive({ folder, prefix: 'bench', host: 'bench', about: [] }, world);
  await until('all to be sealed', () => !readdirSync(folder).some((name) => name.includes('.spool')), 600_000);
  await archive.close();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function emulating<T>(words: readonly string[], work: (api: string) => Promise<T>): Promise<T> {
  const emulator = spawn(process.execPath, [mainPath, 'emulate', ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  emulator.stdout.setEncoding('utf8').on('data', (more: string) => (said += more));
  await until('the emulator', () => said.includes('\n'), 60_000);
  try {
    return await work(said.trim());
  } finally {
    emulator.kill('SIGTERM');
  }
}

const sum = (costs: readonly Cost[], figure: (cost: Cost) => number): number =>
  costs.reduce((total, cost) => total + figure(cost), 0);

/** CPU ms a MB of gzip -1 over the bytes that the emulator sends, and nothing else: the fastest of three. */
function gzipAlone(): number {
  const bytes = Buffer.concat(lines.flatMap((line) => chunkOf(Buffer.from(`${line}\r\n`))));
  const costs = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    gzipSync(bytes, { level: 1, chunkSize: 256 * 1024 });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e3 / (bytes.length / 1e6);
  });
  return Math.min(...costs);
}

interface Compared {
  readonly row: Record<string, string>;
  /** CPU time with the archive, divided by that without. */
  readonly ratio: number;
}

/** Runs ingest without and with the archive in turn. */
async function compared(name: string, api: string, listening: Listening): Promise<Compared> {
  const [plain, archived]: [Cost[], Cost[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    plain.push(await costOf(api, false, listening));
    archived.push(await costOf(api, true, listening));
  }
  const perMegabyte = (costs: readonly Cost[], figure: (cost: Cost) => number): number =>
    (sum(costs, figure) * 1e9) / sum(costs, ({ bytes }) => bytes);
  const without = perMegabyte(plain, ({ hearing }) => hearing);
  const hearing = perMegabyte(archived, (cost) => cost.hearing);
  const sealing = perMegabyte(archived, (cost) => cost.sealing);
  const gzip = gzipAlone();
  const row = {
    of: name,
    'MB heard': (sum(archived, ({ bytes }) => bytes) / 1e6).toFixed(1),
    'CPU ms/MB without': without.toFixed(1),
    'hearing with': hearing.toFixed(1),
    sealing: sealing.toFixed(1),
    'ratio of hearing': (hearing / without).toFixed(2),
    ratio: ((hearing + sealing) / without).toFixed(2),
    'gzip -1 alone': gzip.toFixed(1),
    'least possible': (1 + gzip / without).toFixed(2),
  };
  console.log(JSON.stringify(row));
  return { row, ratio: (hearing + sealing) / without };
}

const atRate = (rate: number, replay: string): ReturnType<typeof compared> =>
  emulating(['--replay', replay, '--repeat', '--rate', String(rate)], (api) =>
    compared(`${rate} tweets/s`, api, { warm: () => pause(warmMs), heard: () => pause(seconds * 1000) }),
  );

const atFlood = (): ReturnType<typeof compared> =>
  emulating(['--flood', floodText], (api) =>
    compared(`a flood of ${floodText}`, api, {
      warm: () => Promise.resolve(),
      heard: (child) => until('the end of the flood', () => child.stderr.includes('"stream.ended"'), 600_000),
    }),
  );

function timed(command: string, words: readonly string[]): number {
  const began = performance.now();
  const { status } = spawnSync('sh', ['-c', command, 'sh', ...words], { stdio: ['ignore', 'ignore', 'ignore'] });
  if (status !== 0) throw new Error(`${command} ended with ${status}`);
  return (performance.now() - began) / 1000;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

function readingSpeed(lines: readonly string[]): number {
  const folder = temporaryFolder();
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 2, 0);
  const answer = Buffer.concat([
    Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'),
    ...lines.flatMap((line) => chunkOf(Buffer.from(`${line}\r\n`))),
    Buffer.from('0\r\n\r\n'),
  ]);
  const [warc, plain] = [join(folder, 'bench.warc.gz'), join(folder, 'bench.jsonl.gz')];
  writeFileSync(warc, gzipSync(response(answer)));
  writeFileSync(plain, gzipSync(`${lines.join('\n')}\n`));
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < 3; round++) {
    ours.push(timed('"$1" "$2" warc tweets "$3"', [process.execPath, mainPath, warc]));
    theirs.push(timed('zcat "$1" | jq -c .', [plain]));
  }
  const speed = (took: readonly number[]): number => bytes / 1e6 / median(took);
  const ratio = speed(ours) / speed(theirs);
  console.log(
    `${(bytes / 1e6).toFixed(0)} MB of lines, median of three: warc tweets ${speed(ours).toFixed(0)} MB/s, zcat | jq -c . ${speed(theirs).toFixed(0)} MB/s: ${ratio.toFixed(2)} ×`,
  );
  return ratio;
}

const lines = madeLines(20_000);
const replay = join(temporaryFolder(), 'replay.jsonl');
writeFileSync(replay, `${lines.join('\n')}\n`);
console.log(
  `load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`,
);
const repeats = Math.ceil(readBytes / lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 2, 0));
const reading = readBytes === 0 ? Infinity : readingSpeed(Array.from({ length: repeats }, () => lines).flat());
const results: Compared[] = [];
for (const rate of rates) results.push(await atRate(rate, replay));
const claimed = results.filter((_, place) => (rates[place] ?? Number.POSITIVE_INFINITY) <= highestClaimedRate);
if (floodText !== '0') results.push(await atFlood());
console.table(results.map(({ row }) => row));
console.log(
  `load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`,
);
if (reading < 0.7 || claimed.some(({ ratio }) => ratio > mostTimes)) process.exitCode = 1;
