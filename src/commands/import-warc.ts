// `streamvault import warc`: minute files made again out of WARC files, so that a lost spool is no loss.
// Writes into the spool of the configuration, or where --spool says; what stands there already is left as it is.
import { OperatorError } from '../domain/operator-error.ts';
import { productName, productVersion } from '../domain/product.ts';
import { readConfigFile } from '../outside/config-file.ts';
import { refuseRootIn } from '../outside/service-user.ts';
import { ArrivalEstimate } from '../warc/arrival-estimate.ts';
import { Rebuild } from '../warc/rebuild.ts';
import { scan } from '../warc/scan.ts';
import { readTweets } from '../warc/tweets.ts';
import type { CommandWorld } from './command.ts';
import { findingsInLog, warcFiles } from './warc-files.ts';

export interface WarcOptions {
  readonly config: string;
  readonly spool: string | undefined;
  readonly files: readonly string[] | undefined;
}

/** 0: everything was read; 1: something in the files is wrong, and what could be read was imported. */
export async function importWarc({ config, spool: named, files }: WarcOptions, world: CommandWorld): Promise<number> {
  const { disk, signal, results } = world;
  const paths = await warcFiles(disk, files ?? []);
  const spool = named ?? (await readConfigFile(config, ['ingest'])).ingest.spool;
  if (!spool.startsWith('/'))
    throw new OperatorError('wrong-usage', `--spool ${spool} is no absolute path.`, 'Write it in full.');
  await refuseRootIn(spool);
  const { tell, issues } = await findingsInLog(world, paths);
  const found = await scan(disk, paths, signal);
  found.findings.forEach(tell);
  const arrivals = new ArrivalEstimate();
  const rebuild = new Rebuild(disk, spool, { version: `${productName} ${productVersion}`, heard: arrivals.heard });
  try {
    await readTweets(
      found,
      (tweet) => {
        signal.throwIfAborted();
        return rebuild.add(tweet.bytes, arrivals.of(tweet), addressOf(tweet.logical.uri));
      },
      {
        disk,
        tell,
        isEveryPayload: true,
        seen({ received: { fromMs, untilMs } }, { id, date }) {
          // Without marks only the lines themselves say how long the connection stood.
          if (untilMs !== undefined) arrivals.note(id, fromMs, untilMs);
          else arrivals.note(id, Date.parse(date), Date.parse(date));
        },
      },
    );
    await rebuild.finish();
  } catch (error) {
    await rebuild.abandon();
    throw error;
  }
  const { minutes, lines, alreadyThere } = rebuild.tally;
  results.write(`${minutes} minute files made in ${spool}, with ${lines} lines; ${alreadyThere} were there already\n`);
  return issues() > 0 ? 1 : 0;
}

/** The address without its parameters, as ingest notes it in each line. */
const addressOf = (uri: string): string => uri.replace(/[?#].*$/, '');
