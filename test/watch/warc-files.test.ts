// What the vault's day says of the archive of the wire: which WARC files cover which hour, proven by the day's sums.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sha256OfFile, systemDisk } from '../../src/outside/disk.ts';
import { parseSums } from '../../src/domain/vault.ts';
import { verifyVault } from '../../src/verify/verify.ts';
import { day, endCrew, once, payloadLines, start } from '../support/watched-day.ts';
import { type Place, bytesBelow, place, writeHour } from '../support/watching.ts';
import { runWatch } from '../../src/watch/watch.ts';
import { until } from '../support/until.ts';

const test = suite('the WARC files of a day');
test.after(endCrew);

const archiveOf = ({ root }: Place): string => join(root, 'warc');
const settings = (here: Place): string => `[ingest]\nbearer_token_file = "/none"\nwarc = "${archiveOf(here)}"\n`;

/** Adds a line to the manifest, as the archive does when a file is finished. */
function finish(here: Place, file: string, [from, until, sha256 = 'ab'.repeat(32)]: readonly string[]): void {
  mkdirSync(archiveOf(here), { recursive: true });
  const line = { file, bytes: 10, sha256, record: '<urn:x>', origin: '<urn:x>', segment: 1, isLast: true };
  appendFileSync(
    join(archiveOf(here), 'manifest.jsonl'),
    `${JSON.stringify({ ...line, from: `${day}T${from}Z`, until: `${day}T${until}Z`, received: 5 })}\n`,
  );
}

function madeDay(): Place {
  const here = place();
  for (const tree of [here.own, here.partner]) writeHour(tree, start, { 5: payloadLines(1, 2) });
  return here;
}

const coveragePath = ({ vault }: Place): string => join(vault, day, `${day}_warc.txt`);
const covered = (here: Place): string[] =>
  readFileSync(coveragePath(here), 'utf8')
    .split('\n')
    .slice(1, -1)
    .map((row) => row.split('\t').slice(0, 2).join(' '));

async function problemsOf(here: Place): Promise<string[]> {
  const problems: string[] = [];
  for await (const verdict of verifyVault(here.config(), here.world())) problems.push(...verdict.problems);
  return problems;
}

test('the day names the files that cover its hours, in SHA256SUMS too; verify finds a change of it', async () => {
  const here = madeDay();
  finish(here, 'one.warc.gz', ['13:00:00', '13:59:58']);
  await once(here, settings(here));
  assert.equal(covered(here), ['13 one.warc.gz']);
  const sums = parseSums(readFileSync(join(here.vault, day, 'SHA256SUMS'), 'utf8'));
  assert.is(sums.get(`${day}_warc.txt`), await sha256OfFile(coveragePath(here), systemDisk));
  assert.equal(await problemsOf(here), []);
  writeFileSync(coveragePath(here), readFileSync(coveragePath(here), 'utf8').replace('abab', 'cdab'));
  assert.equal(await problemsOf(here), [`${day}_warc.txt is not what SHA256SUMS says`]);
});

test('a file that is finished after its hour was made is added at the next pass; the hour stays as it is', async () => {
  const here = madeDay();
  await once(here, settings(here));
  assert.not(existsSync(coveragePath(here)));
  const before = bytesBelow(join(here.vault, day));
  finish(here, 'one.warc.gz', ['13:00:00', '14:10:00']);
  await once(here, settings(here));
  assert.equal(covered(here), ['13 one.warc.gz', '14 one.warc.gz']);
  const after = bytesBelow(join(here.vault, day));
  const changed = [...after.keys()].filter((path) => !after.get(path)?.equals(before.get(path) ?? Buffer.alloc(0)));
  assert.equal(changed.map((path) => path.replace(/^.*\//, '')).sort(), [`${day}_warc.txt`, 'SHA256SUMS'].sort());
  assert.equal(await problemsOf(here), []);
});

test('the service sees a file that is finished while it runs', async () => {
  const here = madeDay();
  const stop = new AbortController();
  const running = runWatch(here.config(settings(here)), here.world({ signal: stop.signal }));
  const report = join(here.vault, day, `${day}_report.txt`);
  const later = async (path: string): Promise<boolean> => {
    await here.clock.pass(1_000);
    return existsSync(path);
  };
  await until('the hour to be made', () => later(report));
  finish(here, 'one.warc.gz', ['13:00:00', '13:59:58']);
  await until('the file to be named', () => later(coveragePath(here)));
  stop.abort();
  await running;
  assert.equal(covered(here), ['13 one.warc.gz']);
});

test('what was written down stays when the archive moves away, and when its manifest says something else later', async () => {
  const here = madeDay();
  finish(here, 'one.warc.gz', ['13:00:00', '13:30:00']);
  await once(here, settings(here));
  const written = readFileSync(coveragePath(here), 'utf8');
  finish(here, 'one.warc.gz', ['13:00:00', '13:30:00', 'cd'.repeat(32)]);
  await once(here, settings(here));
  assert.is(readFileSync(coveragePath(here), 'utf8'), written);
  rmSync(archiveOf(here), { recursive: true });
  finish(here, 'two.warc.gz', ['13:31:00', '13:59:00']);
  await once(here, settings(here));
  assert.equal(covered(here), ['13 one.warc.gz', '13 two.warc.gz']);
  await once(here);
  assert.equal(covered(here), ['13 one.warc.gz', '13 two.warc.gz']);
});

test('an archive whose disk does not answer keeps no hour waiting', async () => {
  const here = madeDay();
  finish(here, 'one.warc.gz', ['13:00:00', '13:30:00']);
  const disk = {
    ...systemDisk,
    facts: (path: string) =>
      path.startsWith(archiveOf(here)) ? new Promise<undefined>(() => {}) : systemDisk.facts(path),
  };
  let isOver = false;
  const stop = new AbortController();
  const running = runWatch(here.config(settings(here)), here.world({ disk, signal: stop.signal })).then(() => {
    isOver = true;
  });
  await until('the hour to be made', async () => {
    await here.clock.pass(1_000);
    return existsSync(join(here.vault, day, `${day}_report.txt`));
  });
  assert.not(isOver);
  assert.not(existsSync(coveragePath(here)));
  stop.abort();
  await until('the end', async () => {
    await here.clock.pass(1_000);
    return isOver;
  });
  await running;
});

test.run();
