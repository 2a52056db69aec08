// `streamvault demo`: shows the whole system at work on this machine, and proves that nothing was lost.
// Takes how long, how fast, how many; leaves the vault's tree, the day's report and the comparison on stdout.
import { resolve } from 'node:path';
import { isFaultless } from '../demo/comparison.ts';
import { courseLine } from '../demo/course.ts';
import { demoLogPath, type DemoParts, type DemoResult, type DemoSetting, runDemo } from '../demo/demo.ts';
import { reports, treeOf } from '../demo/left-behind.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { createLog } from '../outside/log.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../outside/temporary-folder.ts';
import { command, type CommandWorld } from './command.ts';

export const demo = command({
  name: 'demo',
  summary: 'Run the whole two-server system on this machine, in fast time',
  options: {
    minutes: { type: 'number', default: 60, describe: 'Emulated minutes of the stream' },
    rate: { type: 'number', default: 20, describe: 'Tweets per emulated second' },
    speed: { type: 'number', default: 120, describe: 'Emulated seconds per second' },
    seed: { type: 'number', default: 1, describe: 'Which tweets are made up' },
    keep: { type: 'string', describe: 'Keep everything in this folder (it must be new or empty)' },
  },
  async run(given, world) {
    const { minutes, rate, speed, seed, keep } = given;
    if (!(minutes >= 1 && rate > 0 && speed > 0)) {
      throw new OperatorError(
        'wrong-usage',
        '--minutes, --rate and --speed are more than nothing.',
        'See streamvault demo --help.',
      );
    }
    const folder = keep === undefined ? await makeTemporaryFolder('streamvault-demo') : await emptyFolder(keep, world);
    try {
      return await show({ folder, minutes, rate, speed, seed }, world);
    } finally {
      if (keep === undefined) await removeTemporaryFolder(folder);
      else world.results.write(`\nEverything is kept in ${folder}.\n`);
    }
  },
});

async function emptyFolder(path: string, { disk }: CommandWorld): Promise<string> {
  const folder = resolve(path);
  if ((await disk.list(folder)).length > 0) {
    throw new OperatorError(
      'wrong-usage',
      `${folder} is not empty; nothing was touched.`,
      'Name a new folder with --keep.',
    );
  }
  await disk.makeFolder(folder);
  return folder;
}

async function show(setting: DemoSetting, world: CommandWorld): Promise<number> {
  const { results, disk } = world;
  const say = (text: string): void => void results.write(`${text}\n`);
  say(
    `${setting.minutes} minutes of a stream of ${setting.rate} tweets a second, heard by two servers, ${setting.speed} times as fast as life.`,
  );
  say('Server 2 will be cut off for some minutes, and a connection of server 1 will break.\n');
  const logLines: string[] = [];
  const logFor: DemoParts['logFor'] = (clock) =>
    createLog({ clock, stream: { write: (text: string) => logLines.push(text) }, readable: false });
  const result = await runDemo(setting, { world, logFor, onCourse: courseOn(results) }).finally(() =>
    disk.write(demoLogPath(setting.folder), logLines.join('')),
  );
  if (results.isTTY) say('');
  say(`\nThe vault:\n${await treeOf(disk, result.vault)}`);
  say(`The day's report: ${await reports(disk, result.vault)}`);
  const isAllStored = sayComparison(result, say);
  const isAllPublished = sayPublished(result, say);
  const isAllMailed = sayMailed(result, say);
  const isAllWell = isAllStored && isAllPublished && isAllMailed;
  say(
    isAllWell
      ? '\nNothing was lost that could be had, and nothing is there twice.'
      : '\nThis must not be: please report it.',
  );
  return isAllWell ? 0 : 1;
}

/** One line that is written anew on a terminal; elsewhere a line every ten emulated minutes. */
function courseOn(results: CommandWorld['results']): DemoParts['onCourse'] {
  let lastSaid = '';
  return (course, clock) => {
    const line = courseLine(course, clock.now());
    if (results.isTTY) results.write(`\r\u001b[K${line.slice(0, results.columns - 1)}`);
    else if (line.slice(0, 4) !== lastSaid) results.write(`${line}\n`);
    lastSaid = line.slice(0, 4);
  };
}

/** Says what lies at the stand-in for OSF; whether it is as in the vault. */
function sayPublished({ published: { paths, wrong } }: DemoResult, say: (text: string) => void): boolean {
  say(
    '\nWhat lies at the stand-in for OSF, held against the vault (the answer to the first upload was lost on the way):',
  );
  for (const path of paths) say(`  ${path}  ${wrong.includes(path) ? 'DIFFERS' : "the vault's bytes"}`);
  for (const path of wrong.filter((path) => !paths.includes(path))) say(`  ${path}  MISSING`);
  say("  The day's report will follow when its day is over.");
  return wrong.length === 0 && paths.length > 0;
}

/** Says what the stand-in for a mail server was handed; whether the report and an alert are among it. */
function sayMailed({ mailed: { subjects, hasReport, hasAlert } }: DemoResult, say: (text: string) => void): boolean {
  say(
    '\nWhat the stand-in for a mail server was handed (with --keep it lies under mail/, to be opened in a mail program):',
  );
  for (const subject of subjects) say(`  ${subject}`);
  const silences = (words: string): number => subjects.filter((subject) => subject.endsWith(`] ${words}`)).length;
  if (silences('no data') > silences('over: no data'))
    say('  (What is not "over" lasts: the made-up stream has ended, so "no data" is true to the last.)');
  if (!hasReport) say("  The day's report is MISSING");
  if (!hasAlert) say('  The alerts are MISSING');
  return hasReport && hasAlert;
}

function sayComparison({ comparison }: DemoResult, say: (text: string) => void): boolean {
  const { sent, stored, missing, doubled, invented, excused, unexplainedGapSeconds } = comparison;
  say('What was sent, held against the vault:');
  say(`  ${sent} tweets were sent, ${stored} stand in the vault`);
  say(`  ${excused} are not there, and rightly so: nobody was connected, or the connection broke within that second`);
  for (const [title, ids] of [
    ['missing', missing],
    ['doubled', doubled],
    ['never sent', invented],
  ] as const) {
    say(`  ${ids.length} ${title}${ids.length > 0 ? `: ${ids.slice(0, 10).join(' ')}` : ''}`);
  }
  if (unexplainedGapSeconds > 0) say(`  ${unexplainedGapSeconds} seconds are called gaps though the connection stood`);
  return isFaultless(comparison);
}
