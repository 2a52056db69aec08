// What an hour costs: issue figures in one run, each held against its peer. Needs xz, and beside the checkout the maker of hours and
// the peers' script (STREAMVAULT_SHARED names another place). Options choose figures: --batch, --live, --parse, --ten (all but ten by default,
// whose hour of 2.8 GB takes long to make).
// Wall-clock seconds are told together with processor seconds, which say more on a machine that others use.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { givenFile } from '../support/given-data.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { unpacked } from '../support/watching.ts';

const root = temporaryFolder();
// Types are stripped and modules compiled in the first run only, ours and the peer's: users' executable holds no sources either.
process.env.NODE_COMPILE_CACHE = join(root, 'compiled');
const maker = givenFile('bench/make-hour.mjs');
const peers = givenFile('bench/peers.sh');
const runner = fileURLToPath(new URL('watch-run.ts', import.meta.url));
const wanted = process.argv.slice(2).map((option) => option.replace(/^--/, ''));
const isWanted = (name: string): boolean => (wanted.length === 0 ? name !== 'ten' : wanted.includes(name));
const pairs = Number(process.env.STREAMVAULT_PAIRS ?? 3);

interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** Runs a program to its end; what it cost as wait4(2) counts it. */
function cost(program: string, words: readonly string[]): Cost & { stdout: string } {
  const script =
    'import json,os,resource,subprocess,sys,time\nt=time.time()\nr=subprocess.run(sys.argv[1:],stdout=subprocess.PIPE)\nu=resource.getrusage(resource.RUSAGE_CHILDREN)\nprint(json.dumps([r.returncode,time.time()-t,u.ru_utime+u.ru_stime,u.ru_maxrss/1000,r.stdout.decode()]))';
  const out = execFileSync('python3', ['-c', script, program, ...words], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const [status, seconds, cpuSeconds, peakMb, stdout] = JSON.parse(out) as [number, number, number, number, string];
  if (status !== 0) throw new Error(`${program} ended with ${status}`);
  return { seconds, cpuSeconds, peakMb, stdout };
}

/** On a copy, since the watch removes what it has vaulted. */
function watchRun(kind: string, hour: string): Cost {
  const work = join(root, 'work');
  rmSync(work, { recursive: true, force: true });
  cpSync(hour, work, { recursive: true });
  return runOn(kind, work);
}

function runOn(kind: string, folder: string): Cost {
  const run = cost(process.execPath, [runner, kind, folder]);
  const { seconds, peakBytes } = JSON.parse(run.stdout) as { seconds: number; peakBytes: number };
  return { seconds, cpuSeconds: run.cpuSeconds, peakMb: peakBytes / 1e6 };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const fixed = (value: number, digits = 2): string => value.toFixed(digits);

function tell(title: string, runs: readonly { ours: Cost; theirs: Cost }[], most: number): void {
  for (const { ours, theirs } of runs) {
    console.log(
      `  ours ${fixed(ours.seconds)} s (cpu ${fixed(ours.cpuSeconds)} s, ${Math.round(ours.peakMb)} MB), peer ${fixed(theirs.seconds)} s (cpu ${fixed(theirs.cpuSeconds)} s, ${Math.round(theirs.peakMb)} MB)`,
    );
  }
  const wall = median(runs.map(({ ours, theirs }) => ours.seconds / theirs.seconds));
  const cpu = median(runs.map(({ ours, theirs }) => ours.cpuSeconds / theirs.cpuSeconds));
  console.log(`${title}: ratio ${fixed(wall)} (processor time ${fixed(cpu)}), at most ${most}`);
}

function makeHour(perMinute: number): string {
  const folder = join(root, `hour-${perMinute}`);
  console.log(
    execFileSync(process.execPath, [maker ?? '', '--out', folder, '--per-minute', String(perMinute)], {
      encoding: 'utf8',
    }).trim(),
  );
  return folder;
}

/** The three files of the hour as text, made by a run of ours. */
async function plainFiles(): Promise<string> {
  const folder = join(root, 'plain');
  mkdirSync(folder, { recursive: true });
  for (const name of ['IDs.txt', 'tweets.csv', 'users.csv']) {
    writeFileSync(join(folder, name), await unpacked(join(root, 'work/vault/2026-03-10', `2026-03-10_13_${name}.xz`)));
  }
  return folder;
}

function xz(folder: string, blockMiB: number, names: readonly string[]): Cost {
  const threads = `-T${cpus().length}`;
  return cost('xz', [
    '-6',
    threads,
    `--block-size=${blockMiB * 2 ** 20}`,
    '-kf',
    ...names.map((name) => join(folder, name)),
  ]);
}

async function compareBatch(hour: string): Promise<string> {
  watchRun('batch', hour);
  const folder = await plainFiles();
  const names = ['IDs.txt', 'tweets.csv', 'users.csv'];
  for (const name of names) {
    const single = Number(
      execFileSync('bash', ['-c', `xz -6 -T1 -c ${join(folder, name)} | wc -c`], { encoding: 'utf8' }),
    );
    const ours = statSync(join(root, 'work/vault/2026-03-10', `2026-03-10_13_${name}.xz`)).size;
    console.log(
      `  size of ${name}.xz: ${ours}, single-stream xz -6 ${single}, ${fixed((ours / single - 1) * 100)} % more`,
    );
  }
  if (isWanted('batch')) {
    const runs = Array.from({ length: pairs }, () => ({ ours: watchRun('batch', hour), theirs: xz(folder, 8, names) }));
    tell('batch, against xz -6 on all cores with 8 MiB blocks', runs, 0.85);
  }
  return folder;
}

function compareLive(hour: string, folder: string): void {
  const rows = readFileSync(join(folder, 'tweets.csv'));
  writeFileSync(join(folder, 'minute.csv'), rows.subarray(0, rows.length / 60));
  const runs = Array.from({ length: pairs }, () => ({
    ours: watchRun('live', hour),
    theirs: xz(folder, 2, ['users.csv', 'minute.csv']),
  }));
  tell(
    'live, from the last file to the receipt, against xz -6 with 2 MiB blocks on users and a minute of rows',
    runs,
    1,
  );
}

/** DuckDB's program out of the peers' script, which itself runs it only once; made ready in a folder of its own. */
function duckdbProgram(): string {
  const program = /<<'P'\n(.*?)\nP\n/s.exec(readFileSync(peers ?? '', 'utf8'))?.[1];
  if (program === undefined) throw new Error(`${peers} holds no program of DuckDB's any more`);
  const folder = join(root, 'duckdb');
  mkdirSync(folder);
  writeFileSync(join(folder, 'peer.mjs'), program);
  execFileSync('bash', ['-c', 'npm init -y && npm install --silent @duckdb/node-api'], {
    cwd: folder,
    stdio: 'ignore',
  });
  return folder;
}

function duckdb(folder: string, hour: string): Cost {
  const run = cost('bash', ['-c', `cd ${folder} && exec ${process.execPath} peer.mjs ${hour}`]);
  // Like ours, without the start of the program.
  return { ...run, seconds: Number(/duckdb[^:]*: ([\d.]+)/.exec(run.stdout)?.[1]) };
}

function compareParse(hour: string): void {
  const program = duckdbProgram();
  const runs = Array.from({ length: pairs }, () => ({
    ours: runOn('parseAlone', hour),
    theirs: duckdb(program, hour),
    proof: runOn('proof', hour).seconds,
  }));
  tell('parse, merge and CSV, and proof of the inputs, against DuckDB, which proves nothing', runs, 0.65);
  const ratio = median(runs.map(({ ours, theirs, proof }) => (ours.seconds - proof) / theirs.seconds));
  const proof = fixed(median(runs.map((run) => run.proof)));
  console.log(`parse, merge and CSV alone, without the ${proof} s of proof: ratio ${fixed(ratio)}, at most 0.65`);
}

/** Six minutes of an hour, each of one file a server. */
function sixMinutes(hour: string): string {
  const folder = join(root, 'six-minutes');
  const isOfThem = (path: string): boolean => !path.endsWith('.jsonl') || /T13-0[0-5]Z_[^/]*$/.test(path);
  cpSync(hour, folder, { recursive: true, filter: isOfThem });
  return folder;
}

/** Of two costs, the second of `times` as many tweets, but ten times as many a minute. */
function tellPerTweet(what: string, [usual, ten]: readonly [Cost, Cost], times: number): void {
  for (const [name, { seconds, cpuSeconds, peakMb }] of Object.entries({ usual, 'ten times': ten })) {
    console.log(`  ${name}: ${fixed(seconds)} s (cpu ${fixed(cpuSeconds)} s), peak ${Math.round(peakMb)} MB`);
  }
  const wall = ten.seconds / times / usual.seconds;
  const cpu = ten.cpuSeconds / times / usual.cpuSeconds;
  console.log(
    `cost per tweet at ten times the tweets, ${what}: ratio ${fixed(wall)} (processor time ${fixed(cpu)}), at most 1.2`,
  );
}

/**
 * The whole hour without compression, and with it six minutes, which hold as many tweets as the usual hour: a block is at most so large
 * however many tweets there are, so that the other minutes cost as much again.
 */
function compareTen(hour: string): void {
  const ten = makeHour(30_000);
  const runs = Array.from({ length: pairs }, () => runOn('parseAlone', hour));
  const usual = runs.sort((a, b) => a.cpuSeconds - b.cpuSeconds)[0] as Cost;
  tellPerTweet('parse, merge and CSV of the hour', [usual, runOn('parseAlone', ten)], 10);
  const compressed = [watchRun('batch', hour), watchRun('batch', sixMinutes(ten))] as const;
  tellPerTweet('with compression, six minutes of the hour', compressed, 1);
}

if (maker === undefined || peers === undefined)
  console.log('There is no maker of hours beside the checkout; nothing was measured.');
else {
  console.log(
    `${cpus().length} cores, load ${loadavg()
      .map((load) => fixed(load, 1))
      .join(' ')}`,
  );
  const hour = makeHour(3_000);
  if (isWanted('batch') || isWanted('live')) {
    const folder = await compareBatch(hour);
    if (isWanted('live')) compareLive(hour, folder);
  }
  if (isWanted('parse')) compareParse(hour);
  if (isWanted('ten')) compareTen(hour);
  console.log(
    `load at the end ${loadavg()
      .map((load) => fixed(load, 1))
      .join(' ')}`,
  );
}
