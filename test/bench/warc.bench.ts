// What the archive costs ingest, and how fast tweets come out of WARC files. Runs the sources, each as a process of its own.
// Prints the figures; fails where ingest with the archive needs more than 1.5 × the CPU time of ingest without, sealing included, at
// ordinary rates (the sampled stream brings some 50 tweets a second); and where `warc tweets` is slower than 0.7 × `zcat | jq -c .` on
// the same lines. A flood is measured as well. STREAMVAULT_BENCH_RATES: tweets a second (default 200,2000). _SECONDS: of each (20).
// _ROUNDS: of each (3). _FLOOD: its size, 0 for none (300MB). _BYTES: of lines to read (200MB).
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
import { neededPeer } from '../support/peers.ts';
import { mainPath } from '../support/streamvault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { chunkOf, response } from '../warc/answers.ts';

const seconds = Number(process.env['STREAMVAULT_BENCH_SECONDS'] ?? 20);
const readBytes = parseSize(process.env['STREAMVAULT_BENCH_BYTES'] ?? '200MB') ?? 200e6;
const rounds = Number(process.env['STREAMVAULT_BENCH_ROUNDS'] ?? 3);
const rates = (process.env['STREAMVAULT_BENCH_RATES'] ?? '200,2000').split(',').filter(Boolean).map(Number);
const floodText = process.env['STREAMVAULT_BENCH_FLOOD'] ?? '300MB';

/** Tweets as the emulator makes them, a line each. */
function madeLines(count: number): string[] {
  const { ingest } = readConfig('server = 1\n[ingest]\nbearer_token_file = "/nowhere"\n', 'bench', ['ingest']);
  const selection = readSelection(new URL(streamUrl(ingest)).searchParams);
  if ('value' in selection) throw new Error('the emulator does not know the fields that ingest asks for');
  return Array.from({ length: count }, (_, place) => writeTweet(draftTweet(1, place, Date.now()), selection).json);
}

/** A shell counts the CPU time of its child to the very end, which nobody can read once the child is gone. */
const counting = '"$@" & pid=$!; trap "kill -TERM $pid" TERM; wait $pid; wait $pid; times';

interface Counted {
  readonly said: { stdout: string; stderr: string };
  readonly stop: () => Promise<number>;
}

function countedIngest(api: string, withArchive: boolean): Counted & { folder: string } {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'token'), 'emulated', { mode: 0o600 });
  const archive = withArchive ? `warc = "${folder}/warc"\n` : '';
  const text = `server = 1\n[ingest]\napi = "${api}"\nbearer_token_file = "${folder}/token"\nspool = "${folder}/spool"\n${archive}`;
  writeFileSync(join(folder, 'config.toml'), text);
  const words = ['-c', counting, 'bash', process.execPath, mainPath, 'ingest', '--config', join(folder, 'config.toml')];
  const child = spawn(neededPeer('bash'), words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (more: string) => (said.stdout += more));
  child.stderr.setEncoding('utf8').on('data', (more: string) => (said.stderr += more));
  const closed = new Promise((resolve) => child.once('close', resolve));
  const stop = async (): Promise<number> => {
    child.kill('SIGTERM');
    await closed;
    const [user = '', system = ''] = said.stdout.trim().split('\n').at(-1)?.split(' ') ?? [];
    return secondsOf(user) + secondsOf(system);
  };
  return { said, stop, folder };
}

function secondsOf(text: string): number {
  const match = /^(\d+)m([\d.]+)s$/.exec(text);
  return Number(match?.[1]) * 60 + Number(match?.[2]);
}

interface Cost {
  /** CPU seconds of the process, from its start to its end. */
  readonly cpu: number;
  /** CPU seconds of sealing what it left for the next start. */
  readonly sealing: number;
  /** Bytes of lines in minute files. */
  readonly bytes: number;
}

/** What an ingest cost that heard until `heard` resolves; it is given what the process says. */
async function costOf(
  api: string,
  withArchive: boolean,
  heard: (said: Counted['said']) => Promise<unknown>,
): Promise<Cost> {
  const { said, stop, folder } = countedIngest(api, withArchive);
  await until('a connection', () => said.stderr.includes('"stream.connected"'), 60_000);
  await heard(said);
  const cpu = await stop();
  if (said.stderr.includes('"warc.gave-up"')) throw new Error('the archive gave up');
  const sealing = withArchive ? await sealingOf(join(folder, 'warc')) : 0;
  const names = readdirSync(join(folder, 'spool'), { recursive: true, encoding: 'utf8' });
  const bytes = names
    .filter((name) => name.endsWith('.jsonl'))
    .reduce((sum, name) => sum + statSync(join(folder, 'spool', name)).size, 0);
  rmSync(folder, { recursive: true });
  return { cpu, sealing, bytes };
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

/** Runs ingest without and with the archive in turn; what start and end cost alone is taken off. */
async function compared(
  name: string,
  api: string,
  heard: (said: Counted['said']) => Promise<unknown>,
): Promise<{ row: Record<string, string>; ratio: number }> {
  const [plain, archived, idle, idleArchived]: [Cost[], Cost[], Cost[], Cost[]] = [[], [], [], []];
  for (let round = 0; round < rounds; round++) {
    plain.push(await costOf(api, false, heard));
    archived.push(await costOf(api, true, heard));
    idle.push(await costOf(api, false, () => Promise.resolve()));
    idleArchived.push(await costOf(api, true, () => Promise.resolve()));
  }
  const without = sum(plain, ({ cpu }) => cpu) - sum(idle, ({ cpu }) => cpu);
  const sealingLater = sum(archived, ({ sealing }) => sealing);
  const with_ = sum(archived, ({ cpu }) => cpu) - sum(idleArchived, ({ cpu }) => cpu) + sealingLater;
  const perMegabyte = (seconds: number, costs: readonly Cost[]): string =>
    ((seconds * 1e9) / sum(costs, ({ bytes }) => bytes)).toFixed(1);
  const row = {
    of: name,
    'MB heard': (sum(archived, ({ bytes }) => bytes) / 1e6).toFixed(1),
    'CPU ms/MB without': perMegabyte(without, plain),
    'CPU ms/MB with': perMegabyte(with_, archived),
    'sealed at the next start, ms/MB': perMegabyte(sealingLater, archived),
    ratio: (with_ / without).toFixed(2),
  };
  return { row, ratio: with_ / without };
}

const atRate = (rate: number, replay: string): ReturnType<typeof compared> =>
  emulating(['--replay', replay, '--repeat', '--rate', String(rate)], (api) =>
    compared(`${rate} tweets/s`, api, () => pause(seconds * 1000)),
  );

const atFlood = (): ReturnType<typeof compared> =>
  emulating(['--flood', floodText], (api) =>
    compared(`a flood of ${floodText}`, api, (said) =>
      until('the end of the flood', () => said.stderr.includes('"stream.ended"'), 600_000),
    ),
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
const reading = readingSpeed(Array.from({ length: repeats }, () => lines).flat());
const results: Awaited<ReturnType<typeof compared>>[] = [];
for (const rate of rates) results.push(await atRate(rate, replay));
if (floodText !== '0') await atFlood().then((result) => console.table([...results, result].map(({ row }) => row)));
else console.table(results.map(({ row }) => row));
console.log(
  `load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`,
);
if (reading < 0.7 || results.some(({ ratio }) => ratio > 1.5)) process.exitCode = 1;
