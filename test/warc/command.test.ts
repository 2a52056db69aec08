// `streamvault warc` as people use it: what it prints, what it refuses, how it ends.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allCommands } from '../../src/commands/all.ts';
import { readCommandLine } from '../../src/commands/command-line.ts';
import type { CommandWorld } from '../../src/commands/command.ts';
import { describeError, exitStatusOf } from '../../src/domain/operator-error.ts';
import { systemClock } from '../../src/outside/clock.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { createLog } from '../../src/outside/log.ts';
import { loggedAlerts } from '../../src/outside/world.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { response, segments, streamLines, tweetLine, warcinfo, wireBytes, writeWarc } from './answers.ts';

const test = suite('warc command');
const folder = temporaryFolder();

interface Ended {
  readonly status: number;
  readonly stdout: string;
  /** The log, or the sentence with which it ended. */
  readonly stderr: string;
}

const written = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString('utf8') ?? '';

/** The command with all that surrounds it, but in this process. */
async function streamvault(...words: string[]): Promise<Ended> {
  const [results, logged] = [new PassThrough({ highWaterMark: 1 << 26 }), new PassThrough({ highWaterMark: 1 << 26 })];
  const clock = systemClock();
  const log = createLog({ clock, stream: logged, readable: false });
  const signal = new AbortController().signal;
  const world = { clock, disk: systemDisk, log, alerts: loggedAlerts(log), signal, results };
  let status: number;
  try {
    const reading = await readCommandLine(['warc', ...words], allCommands);
    if ('print' in reading) throw new Error(reading.print);
    status = await reading.command.run(reading.given as never, world as unknown as CommandWorld);
  } catch (error) {
    status = exitStatusOf(error);
    logged.write(describeError(error));
  }
  return { status, stdout: written(results), stderr: written(logged) };
}

const answer = await wireBytes(streamLines(200));
const three = segments(answer, [5000, 12_000]).map((bytes, index) =>
  writeWarc(folder, `c${index}.warc.gz`, [warcinfo(), bytes]),
);
mkdirSync(join(folder, 'gap'));
segments(answer, [5000, 12_000]).forEach((bytes, index) => {
  if (index !== 1) writeWarc(join(folder, 'gap'), `c${index}.warc.gz`, [warcinfo(), bytes]);
});

test('tweets prints each tweet as it came, a line each, and counts in the log', async () => {
  const { status, stdout, stderr } = await streamvault('tweets', three[2]!, three[0]!, three[1]!);
  assert.is(status, 0);
  assert.equal(
    stdout.trimEnd().split('\n'),
    Array.from({ length: 200 }, (_, index) => tweetLine(index)),
  );
  assert.match(stderr, '"tweets":200');
});

test('tweets of a folder with a gap end with 1 and say what is missing', async () => {
  const { status, stderr } = await streamvault('tweets', join(folder, 'gap'));
  assert.is(status, 1);
  assert.match(stderr, 'segment 2 is missing');
});

test('--provenance names file, record, segment and time; --pretty prints for people; digits stay', async () => {
  const lines = [
    '{"created_at":"Wed Dec 02 16:59:14 +0000 2015","id":672097676230438915,"id_str":"672097676230438915"}\r\n',
  ];
  const path = writeWarc(folder, 'one.warc.gz', [response(await wireBytes(lines))]);
  const { stdout } = await streamvault('tweets', path, '--pretty', '--provenance');
  assert.match(stdout, '"id": 672097676230438915,');
  const { __warc: provenance } = JSON.parse(stdout) as { __warc: Record<string, unknown> };
  assert.equal(
    [provenance['warc'], provenance['segment'], provenance['received']],
    ['one.warc.gz', null, ['2026-03-10T13:00:00.123Z', null]],
  );
});

test('--since, --until and --dedupe choose by what the tweets say', async () => {
  // 13:00:00.000Z and each second after it, as IDs.
  const idAt = (seconds: number): string =>
    String((BigInt(Date.parse('2026-03-10T13:00:00Z') + seconds * 1000) - 1_288_834_974_657n) << 22n);
  const lines = [0, 1, 1, 2, 3].map((seconds) => `{"data":{"id":"${idAt(seconds)}"}}\r\n`);
  const path = writeWarc(folder, 'times.warc.gz', [response(await wireBytes(lines))]);
  const chosen = async (...words: string[]): Promise<number[]> => {
    const { stdout } = await streamvault('tweets', path, ...words);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => lines.findIndex((other) => other.trimEnd() === line));
  };
  assert.equal(await chosen('--dedupe'), [0, 1, 3, 4]);
  assert.equal(await chosen('--since', '2026-03-10T13:00:01Z', '--until', '2026-03-10T13:00:03'), [1, 1, 3]);
  assert.equal(await chosen('--since', '2026-03-11'), []);
});

test('verify says that all is well and ends with 0; its JSON is the same for programs', async () => {
  const { status, stdout } = await streamvault('verify', ...three);
  assert.is(status, 0);
  assert.match(stdout, '3 files, 6 records, 1 answers: 0 issues, 0 warnings');
  const report = JSON.parse((await streamvault('verify', '--json', ...three)).stdout) as {
    answers: { status: string; segments: number }[];
  };
  assert.equal(
    report.answers.map((found) => [found.status, found.segments]),
    [['complete', 3]],
  );
});

test('verify ends with 1 on any issue and says where and what', async () => {
  const missing = await streamvault('verify', join(folder, 'gap'));
  assert.is(missing.status, 1);
  assert.match(missing.stdout, 'issue: gap:');
  const open = await streamvault('verify', three[0]!, three[1]!);
  assert.is(open.status, 1);
  assert.match(open.stdout, 'issue: open:');
  const cut = join(folder, 'cut.warc.gz');
  writeFileSync(cut, readFileSync(three[0]!).subarray(0, -9));
  const truncated = await streamvault('verify', cut);
  assert.is(truncated.status, 1);
  assert.match(truncated.stdout, 'the file ends within this gzip member');
});

test('join makes one plain response, never touches a file that stands, and leaves nothing where it fails', async () => {
  assert.is((await streamvault('join', ...three, '-o', join(folder, 'joined.warc.gz'))).status, 0);
  const { stdout } = await streamvault('verify', '--json', join(folder, 'joined.warc.gz'));
  assert.match(stdout, '"segments": 1');
  const again = await streamvault('join', ...three, '-o', join(folder, 'joined.warc.gz'));
  assert.is(again.status, 64);
  assert.match(again.stderr, 'stands already');
  const nowhere = await streamvault('join', ...three, '-o', join(folder, 'nowhere', 'joined.warc.gz'));
  assert.is(nowhere.status, 64);
  assert.match(nowhere.stderr, `There is no folder ${join(folder, 'nowhere')}`);
  assert.not.match(nowhere.stderr, '    at ');
  const gap = await streamvault('join', join(folder, 'gap'), '-o', join(folder, 'gap-joined.warc.gz'));
  assert.is(gap.status, 1);
  assert.equal(
    readdirSync(folder).filter((name) => name.includes('.open')),
    [],
  );
  assert.is(
    (await streamvault('join', join(folder, 'gap'), '-o', join(folder, 'salvaged.warc.gz'), '--salvage')).status,
    1,
  );
  assert.match((await streamvault('verify', join(folder, 'salvaged.warc.gz'))).stdout, 'truncated (unspecified)');
});

test('wrong usage is said in a sentence', async () => {
  for (const [words, expected] of [
    [[], 'Write warc tweets'],
    [['tweets'], 'No file was named'],
    [['tweets', 'absent.warc.gz'], 'There is no absent.warc.gz'],
    [['verify', '--pretty', three[0]!], 'knows no --pretty'],
    [['tweets', three[0]!, '--since', 'yesterday'], 'is no time'],
    [['join', three[0]!], 'Name it with -o OUT'],
  ] as [string[], string][]) {
    const { status, stderr } = await streamvault(...words);
    assert.is(status, 64, words.join(' '));
    assert.match(stderr, expected);
  }
});

test.run();
