// `streamvault warc`: WARC files of streams, from any producer, read, checked and put together.
// Results on stdout; what was found on the way, and the counts, in the log. Ends with 1 where something is wrong with the files.
import { OperatorError } from '../domain/operator-error.ts';
import { newUrn } from '../outside/identity.ts';
import { beingReceived } from '../warc/being-received.ts';
import { joinWarcs } from '../warc/join.ts';
import { scan } from '../warc/scan.ts';
import { type Selection, parseMoment, selector } from '../warc/selection.ts';
import { pretty, withProvenance } from '../warc/tweet-text.ts';
import { type FoundTweet, readTweets } from '../warc/tweets.ts';
import { reportText, verifyWarcs } from '../warc/verify.ts';
import { command } from './command.ts';
import type { CommandWorld } from './command.ts';
import { resultLines } from './result-lines.ts';
import { findingsInLog, warcFiles } from './warc-files.ts';

const options = {
  pretty: { type: 'boolean', default: false, describe: 'tweets: over several lines each, for people' },
  since: { type: 'string', describe: 'tweets: only those written at or after this time, such as 2026-03-10T14:00Z' },
  until: { type: 'string', describe: 'tweets: only those written before this time' },
  dedupe: { type: 'boolean', default: false, describe: 'tweets: each ID once' },
  provenance: {
    type: 'boolean',
    default: false,
    describe: 'tweets: add file, record, segment and time of receipt as "__warc"',
  },
  salvage: { type: 'boolean', default: false, describe: 'tweets, join: also what failed its checks or lacks its end' },
  resync: {
    type: 'boolean',
    default: false,
    describe: 'tweets: go on after a missing segment with the next whole line',
  },
  json: { type: 'boolean', default: false, describe: 'verify: the report as JSON' },
  out: { type: 'string', alias: 'o', describe: 'join: the file to make; plain where it ends in .warc' },
  'warc-version': {
    type: 'string',
    choices: ['1.0', '1.1'],
    default: '1.1',
    describe: 'join: for readers that know only 1.0',
  },
} as const;

type OptionName = keyof typeof options;

/** Which options each verb knows. */
const verbs: Readonly<Record<string, readonly OptionName[]>> = {
  tweets: ['pretty', 'since', 'until', 'dedupe', 'provenance', 'salvage', 'resync'],
  verify: ['json'],
  join: ['out', 'salvage', 'warc-version'],
};

interface Given {
  readonly verb: string | undefined;
  readonly files: readonly string[] | undefined;
  readonly pretty: boolean;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly dedupe: boolean;
  readonly provenance: boolean;
  readonly salvage: boolean;
  readonly resync: boolean;
  readonly json: boolean;
  readonly out: string | undefined;
  readonly 'warc-version': string;
}

export const warc = command({
  name: 'warc',
  summary: 'WARC files of streams: their tweets, whether they are whole, segments joined',
  options,
  positionals: {
    verb: { choices: ['tweets', 'verify', 'join'], describe: 'What to do with them' },
    files: { type: 'string', array: true, describe: 'WARC files, or folders of them, in any order' },
  },
  async run(given: Given, world) {
    const known = verbs[given.verb ?? ''];
    if (known === undefined)
      throw new OperatorError(
        'wrong-usage',
        'It was not said what to do.',
        'Write warc tweets, warc verify or warc join.',
      );
    for (const name of Object.keys(options) as OptionName[]) {
      const isDefault = given[name] === undefined || given[name] === (options[name] as { default?: unknown }).default;
      if (!isDefault && !known.includes(name)) {
        throw new OperatorError(
          'wrong-usage',
          `warc ${given.verb} knows no --${name}.`,
          'See streamvault warc --help.',
        );
      }
    }
    const paths = await warcFiles(world.disk, given.files ?? []);
    if (given.verb === 'verify') return verify(paths, given, world);
    return given.verb === 'join' ? join(paths, given, world) : tweets(paths, given, world);
  },
});

async function tweets(paths: readonly string[], given: Given, world: CommandWorld): Promise<number> {
  const { disk, log, signal, results } = world;
  const { tell, issues } = await findingsInLog(world, paths);
  const isWanted = selector(selectionOf(given));
  const lines = resultLines(results);
  const shape = shapeFor(given);
  const found = await scan(disk, paths, signal);
  found.findings.forEach(tell);
  const take = (tweet: FoundTweet): Promise<void> | void => {
    signal.throwIfAborted();
    return isWanted(tweet.bytes) ? lines.add(shape(tweet)) : undefined;
  };
  const tally = await readTweets(found, take, { disk, tell, salvage: given.salvage, resync: given.resync });
  await lines.flush();
  log.info('warc.read', { files: paths.length, ...tally });
  return issues() > 0 ? 1 : 0;
}

function shapeFor({ pretty: isPretty, provenance }: Given): (tweet: FoundTweet) => Buffer {
  const line = provenance ? withProvenance : ({ bytes }: FoundTweet) => bytes;
  return isPretty ? (tweet) => pretty(line(tweet)) : line;
}

function selectionOf({ since, until, dedupe }: Given): Selection {
  return { sinceMs: moment('since', since), untilMs: moment('until', until), isDeduped: dedupe };
}

function moment(name: string, text: string | undefined): number | undefined {
  const ms = text === undefined ? undefined : parseMoment(text);
  if (text !== undefined && ms === undefined) {
    throw new OperatorError(
      'wrong-usage',
      `--${name} ${text} is no time.`,
      'Write it as 2026-03-10, 2026-03-10T14:00 or 2026-03-10T14:00:00Z.',
    );
  }
  return ms;
}

async function verify(
  paths: readonly string[],
  { json }: Given,
  { disk, signal, results }: CommandWorld,
): Promise<number> {
  const report = await verifyWarcs(paths, { disk, signal, beingReceived: await beingReceived(disk, paths) });
  results.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : reportText(report));
  return report.issues.length > 0 ? 1 : 0;
}

async function join(paths: readonly string[], given: Given, world: CommandWorld): Promise<number> {
  const { disk, log, signal, clock } = world;
  const { out, salvage } = given;
  if (out === undefined)
    throw new OperatorError(
      'wrong-usage',
      'It was not said where the joined file shall stand.',
      'Name it with -o OUT.',
    );
  const { tell, issues } = await findingsInLog(world, paths);
  const found = await scan(disk, paths, signal);
  found.findings.forEach(tell);
  const version = given['warc-version'] === '1.0' ? '1.0' : '1.1';
  const setting = { disk, out, version, salvage, tell, signal, nowMs: clock.now(), newId: newUrn } as const;
  const tally = await joinWarcs(found, setting);
  log.info('warc.joined', { out, ...tally });
  return issues() > 0 || tally.leftOut > 0 ? 1 : 0;
}
