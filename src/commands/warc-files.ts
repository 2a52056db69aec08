// WARC files as a command line names them: files, and folders that stand for every WARC file below them; and what is found in them.
// Takes words; leaves paths, or OperatorError `wrong-usage`, and findings in the log.
import { join } from 'node:path';
import { OperatorError } from '../domain/operator-error.ts';
import { type Disk, hasCode } from '../outside/disk.ts';
import type { World } from '../outside/world.ts';
import { beingReceived } from '../warc/being-received.ts';
import type { Finding, TellFinding } from '../warc/finding.ts';

const isWarcName = (name: string): boolean => /\.warc(\.gz)?$/i.test(name);

/** The paths of all files meant, in the order given; files of a folder by name. */
export async function warcFiles(disk: Disk, words: readonly string[]): Promise<string[]> {
  if (words.length === 0)
    throw new OperatorError('wrong-usage', 'No file was named.', 'Name WARC files, or a folder of them.');
  const paths: string[] = [];
  for (const word of words) {
    if ((await disk.facts(word)) === undefined)
      throw new OperatorError('wrong-usage', `There is no ${word}.`, 'Look at its name.');
    const below = await filesBelow(disk, word);
    if (below?.length === 0)
      throw new OperatorError('wrong-usage', `No WARC file lies below ${word}.`, 'Name another folder.');
    paths.push(...(below ?? [word]));
  }
  return [...new Set(paths)];
}

/** undefined for what is no folder. */
async function filesBelow(disk: Disk, folder: string): Promise<string[] | undefined> {
  let entries;
  try {
    entries = await disk.list(folder);
  } catch (error) {
    if (hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
  const paths: string[] = [];
  for (const { name, isFolder } of entries) {
    const path = join(folder, name);
    if (isFolder) paths.push(...((await filesBelow(disk, path)) ?? []));
    else if (isWarcName(name)) paths.push(path);
  }
  return paths;
}

/** Says each finding in the log, but of an answer that is still being received not that it lacks its end; counts the issues. */
export async function findingsInLog(
  { disk, log }: World,
  paths: readonly string[],
): Promise<{ tell: TellFinding; issues: () => number }> {
  const received = await beingReceived(disk, paths);
  let issues = 0;
  return {
    tell({ level, ...facts }: Finding) {
      if (facts.kind === 'open' && received.has(facts.record ?? '')) return;
      if (level === 'issue') issues++;
      if (level === 'issue') log.error('warc.found-wrong', facts);
      else log.warn('warc.found-odd', facts);
    },
    issues: () => issues,
  };
}
