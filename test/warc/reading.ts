// Reading WARC files in tests: all tweets of some files as texts, with the tally and what was found.
import type { Finding } from '../../src/warc/finding.ts';
import { scan } from '../../src/warc/scan.ts';
import { type FoundTweet, type TweetSetting, type TweetTally, readTweets } from '../../src/warc/tweets.ts';
import { systemDisk } from '../../src/outside/disk.ts';

export interface ReadingResult {
  readonly lines: string[];
  readonly tally: TweetTally;
  readonly findings: Finding[];
  /** The kinds of the findings that are issues. */
  readonly issues: string[];
  readonly warnings: string[];
  readonly records: number;
}

type Options = Pick<TweetSetting, 'salvage' | 'resync'> & { readonly each?: (tweet: FoundTweet) => void };

/** Scans, then reads all tweets. */
export async function readAll(paths: readonly string[], { each, ...options }: Options = {}): Promise<ReadingResult> {
  const found = await scan(systemDisk, paths);
  const findings = [...found.findings];
  const lines: string[] = [];
  const take = (tweet: FoundTweet): void => {
    lines.push(tweet.bytes.toString('utf8'));
    each?.(tweet);
  };
  const tally = await readTweets(found, take, {
    ...options,
    disk: systemDisk,
    tell: (finding) => findings.push(finding),
  });
  const kinds = (level: Finding['level']): string[] =>
    findings.filter((finding) => finding.level === level).map(({ kind }) => kind);
  return { lines, tally, findings, issues: kinds('issue'), warnings: kinds('warning'), records: found.entries.length };
}
