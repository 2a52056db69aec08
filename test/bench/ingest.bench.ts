// What ingest costs: against `curl -sN` on the same flood, and at 200, 2,000 and 20,000 tweets a second.
// Runs the built executable against the emulator, each a process of its own, in turn with curl after one run that is not counted. Prints
// the figures; fails where a median is below 100 MB/s, anything above 200 MB resident, or a close after a flood takes more than 5 s.
// 0.3 of curl is asked of a flood as large as a minute can be: 20,000 tweets a second, of 740 bytes with the fields that ingest asks for,
// are 0.9 GB. Of twice that, all in one minute, the ratio is told: a flood that lasts is heard as fast as this machine counts SHA-256.
// STREAMVAULT_BENCH_BYTES: size of the floods, separated by commas; the ratio is asked of the first (default 1GB,2GB).
// STREAMVAULT_BENCH_PAIRS: floods of each (default 5). STREAMVAULT_BENCH_SECONDS: of each rate (default 20).
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseSize } from '../../src/domain/quantity.ts';
import { draftTweet, writeTweet } from '../../src/emulate/made-tweet.ts';
import { readSelection } from '../../src/emulate/selection.ts';
import { streamUrl } from '../../src/ingest/request.ts';
import { readConfig } from '../../src/config/read.ts';
import { executable, neededPeer } from '../support/peers.ts';
import { atExit, temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { ingestFolder } from '../support/ingest-folder.ts';

const floodTexts = (process.env['STREAMVAULT_BENCH_BYTES'] ?? '1GB,2GB').split(',');
const pairs = Number(process.env['STREAMVAULT_BENCH_PAIRS'] ?? 5);
const seconds = Number(process.env['STREAMVAULT_BENCH_SECONDS'] ?? 20);
const ticksPerSecond = 100;

interface Process {
  readonly child: ChildProcess;
  readonly said: { stdout: string; stderr: string };
}

function start(words: readonly string[]): Process {
  const child = spawn(neededPeer(executable), words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  atExit(() => child.kill('SIGKILL'));
  return { child, said };
}

async function end({ child }: Process): Promise<void> {
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await ended;
}

async function emulator(words: readonly string[]): Promise<Process & { url: string }> {
  const started = start(['emulate', ...words]);
  await until('the emulator', () => started.said.stdout.includes('\n'));
  return { ...started, url: started.said.stdout.trim() };
}

/** CPU seconds so far, and the most memory that was resident, in MB. */
function costOf({ child }: Process): { cpuSeconds: number; residentMB: number } {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    residentMB: (Number(peak) * 1024) / 1e6,
  };
}

function startIngest(
  api: string,
): Process & { events: (name: string) => Record<string, unknown>[]; remove: () => void } {
  const { folder, configPath } = ingestFolder(api);
  const ingest = start(['ingest', '--config', configPath]);
  const events = (name: string): Record<string, unknown>[] =>
    ingest.said.stderr
      .split('\n')
      .filter((line) => line.includes(`"${name}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { ...ingest, events, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

interface CurlRun {
  readonly mbPerSecond: number;
  readonly cpuSecondsPerGB: number;
}

/** Curl writes to the file itself, as `curl -sN … >file` does: nothing of this process stands between. The shell says what it cost. */
function curlToFile(url: string, floodBytes: number): CurlRun {
  const path = join(temporaryFolder(), 'curl.out');
  const began = performance.now();
  const { stdout } = spawnSync(
    'sh',
    ['-c', 'curl -sN -H "Authorization: Bearer emulated" "$1" >"$2"; times', 'sh', url, path],
    { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' },
  );
  const mbPerSecond = floodBytes / 1e6 / ((performance.now() - began) / 1000);
  rmSync(path);
  // The second line is that of the shell's children: user and system time, each as 0m1.5s.
  const times = [...(stdout.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  const cpuSeconds = times.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
  return { mbPerSecond, cpuSecondsPerGB: cpuSeconds / (floodBytes / 1e9) };
}

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;

interface IngestRun {
  readonly mbPerSecond: number;
  readonly residentMB: number;
  readonly cpuSecondsPerGB: number;
  readonly closedMs: number;
}

async function ingestFlood(api: string, floodBytes: number): Promise<IngestRun> {
  const ingest = startIngest(api);
  await until('the end of the flood', () => ingest.events('stream.ended').length > 0, 600_000);
  const { cpuSeconds, residentMB } = costOf(ingest);
  const began = performance.now();
  await end(ingest);
  const closedMs = performance.now() - began;
  const livedMs = Number(ingest.events('stream.ended')[0]?.['livedMs']);
  ingest.remove();
  return {
    mbPerSecond: floodBytes / 1e6 / (livedMs / 1000),
    residentMB,
    cpuSecondsPerGB: cpuSeconds / (floodBytes / 1e9),
    closedMs,
  };
}

interface Pair {
  readonly curl: CurlRun;
  readonly ingest: IngestRun;
}

const ratioOf = ({ curl, ingest }: Pair): number => ingest.mbPerSecond / curl.mbPerSecond;

/** Curl and ingest in turn, each at the same flood; prints a row for each pair. */
async function flooded(floodText: string): Promise<Pair[]> {
  const floodBytes = parseSize(floodText);
  if (floodBytes === undefined) throw new Error(`STREAMVAULT_BENCH_BYTES: ${floodText} is no size`);
  const sender = await emulator(['--flood', floodText]);
  const url = `${sender.url}/2/tweets/sample/stream`;
  // The first flood of a sender is slower than those after it.
  curlToFile(url, floodBytes);
  const runs: Pair[] = [];
  for (let run = 0; run < pairs; run++)
    runs.push({ curl: curlToFile(url, floodBytes), ingest: await ingestFlood(sender.url, floodBytes) });
  await end(sender);
  console.log(`floods of ${floodText}`);
  console.table(
    runs.map(({ curl, ingest }) => ({
      'curl MB/s': curl.mbPerSecond.toFixed(0),
      'ingest MB/s': ingest.mbPerSecond.toFixed(0),
      ratio: ratioOf({ curl, ingest }).toFixed(2),
      'curl CPU s/GB': curl.cpuSecondsPerGB.toFixed(1),
      'CPU s/GB': ingest.cpuSecondsPerGB.toFixed(1),
      'resident MB': ingest.residentMB.toFixed(0),
      'closed after ms': ingest.closedMs.toFixed(0),
    })),
  );
  return runs;
}

/** Tweets to replay, made beforehand: to make 20,000 a second would be the emulator's limit. */
function replayFile(): string {
  const path = join(temporaryFolder(), 'replay.jsonl');
  const { ingest } = readConfig('server = 1\n[ingest]\nbearer_token_file = "/nowhere"\n', 'bench', ['ingest']);
  const selection = readSelection(new URL(streamUrl(ingest)).searchParams);
  if ('value' in selection) throw new Error('the emulator does not know the fields that ingest asks for');
  const lines = Array.from(
    { length: 20_000 },
    (_, place) => writeTweet(draftTweet(1, place, Date.now()), selection).json,
  );
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

async function ingestRate(rate: number, replay: string): Promise<Record<string, string>> {
  const sender = await emulator(['--replay', replay, '--repeat', '--rate', String(rate), '--wait', '1']);
  const ingest = startIngest(sender.url);
  await until('a connection', () => ingest.events('stream.connected').length > 0);
  const before = costOf(ingest);
  await pause(seconds * 1000);
  const after = costOf(ingest);
  await end(ingest);
  const lines = ingest.events('minute-file.closed').reduce((sum, event) => sum + Number(event['lines']), 0);
  const drops = ingest.events('stream.ended').length;
  await end(sender);
  ingest.remove();
  return {
    'tweets/s asked': String(rate),
    'tweets/s kept': (lines / seconds).toFixed(0),
    'CPU %': (((after.cpuSeconds - before.cpuSeconds) / seconds) * 100).toFixed(1),
    'resident MB': after.residentMB.toFixed(0),
    'connections lost': String(drops),
  };
}

const isBuilt = spawnSync(process.execPath, ['build/executable.ts'], { stdio: ['ignore', 'ignore', 'inherit'] });
if (isBuilt.status !== 0) throw new Error('the executable could not be built');
console.log(
  `load before: ${loadavg()
    .map((load) => load.toFixed(2))
    .join(' ')}`,
);
const floods: Pair[][] = [];
for (const floodText of floodTexts) floods.push(await flooded(floodText));
const replay = replayFile();
const rates: Record<string, string>[] = [];
for (const rate of [200, 2_000, 20_000]) rates.push(await ingestRate(rate, replay));
console.table(rates);
console.log(
  `load after: ${loadavg()
    .map((load) => load.toFixed(2))
    .join(' ')}`,
);

const medians = floods.map((runs) => ({
  mbPerSecond: medianOf(runs.map(({ ingest }) => ingest.mbPerSecond)),
  ratio: medianOf(runs.map(ratioOf)),
}));
for (const [place, { mbPerSecond, ratio }] of medians.entries())
  console.log(`medians of ${floodTexts[place]}: ${mbPerSecond.toFixed(0)} MB/s, ${ratio.toFixed(2)} of curl`);
const ingests = floods.flat().map(({ ingest }) => ingest);
const residentMBs = [
  ...ingests.map(({ residentMB }) => residentMB),
  ...rates.map((rate) => Number(rate['resident MB'])),
];
const problems = [
  ...(medians.some(({ mbPerSecond }) => mbPerSecond < 100) ? ['slower than 100 MB/s'] : []),
  ...((medians[0]?.ratio ?? 0) < 0.3 ? ['slower than 0.3 of curl'] : []),
  ...(residentMBs.some((mb) => mb > 200) ? ['more than 200 MB resident'] : []),
  ...(ingests.some(({ closedMs }) => closedMs > 5_000) ? ['a close took more than 5 s'] : []),
];
for (const problem of problems) console.error(`ingest.bench: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
