// The whole road with real payloads: stand-in, two ingests, a real sshd, ship, watch, each a process of its own; what stands in the
// vault is held against an independent reading of the same file. Run from the sources, and by the built executable without an environment.
// may take 300 s
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Child, startChild } from '../support/child.ts';
import { givenDataTest, realLines } from '../support/given-data.ts';
import { linesByXz, proveDay, readers, rowsByPython } from '../support/outside-reader.ts';
import { executable, neededPeer } from '../support/peers.ts';
import { type RealSshd, sshPrograms, startSshd } from '../support/real-sshd.ts';
import { answerOf } from '../support/stream-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const test = suite('real input');
const peers = [...sshPrograms, ...readers, 'jq'];
const longMs = 90_000;

/** What jq reads in the payloads: the columns of tweets.csv without retrieved_at. */
const reading = `
def text: if . == null then "" else tostring end;
. as $line | (first($line.includes.users[]? | select(.id == $line.data.author_id)) // {}) as $author | .data as $tweet
| ($tweet.referenced_tweets // $tweet.referenced_posts // [])[0] as $reference
| [ $tweet.id, $tweet.conversation_id, $tweet.author_id, $tweet.created_at, $tweet.source, $tweet.lang,
    (($tweet.note_tweet.text // $tweet.text) | gsub("\\r\\n|\\r|\\n"; " ")), ($reference.type // "original"), $reference.id,
    $author.created_at, $author.location, $author.name, $author.username, $author.verified, $author.protected,
    $author.public_metrics.followers_count, $author.public_metrics.following_count, $author.public_metrics.tweet_count,
    $author.public_metrics.listed_count ]
| map(text)`;

function rowsByJq(path: string): string[][] {
  const plain = execFileSync('gzip', ['-dc', path], { maxBuffer: 1 << 30 });
  const text = execFileSync(neededPeer('jq'), ['-c', reading], { input: plain, encoding: 'utf8', maxBuffer: 1 << 30 });
  return text
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row) as string[]);
}

/** Both servers' configurations, as files. */
function writeConfigs(folder: string, { api, sshd }: { api: string; sshd: RealSshd }): void {
  const token = join(folder, 'token');
  writeFileSync(token, 'emulated\n', { mode: 0o600 });
  const ingest = (server: number): string =>
    `server = ${server}\n[ingest]\napi = "${api}/server${server}"\nbearer_token_file = "${token}"\nspool = "${folder}/spool${server}"\n`;
  writeFileSync(
    join(folder, '1.toml'),
    `${ingest(1)}[watch]\nown = "${folder}/spool1"\npartner = "${sshd.inboxFolder}"\nvault = "${folder}/vault"\n`,
  );
  writeFileSync(
    join(folder, '2.toml'),
    `${ingest(2)}[ship]\nhost = "${sshd.host}"\nport = ${sshd.port}\nuser = "${sshd.user}"\nidentity_file = "${sshd.identity}"\nknown_hosts = "${sshd.knownHosts}"\ninbox = "${sshd.inbox}"\n`,
  );
}

/** Paths of the minute files of a spool, closed or being written. */
const minuteFiles = (spool: string): string[] =>
  (readdirSync(spool, { recursive: true }) as string[])
    .filter((name) => name.endsWith('Z.part') || /_\d+s_\w+\.jsonl$/.test(name))
    .map((name) => join(spool, name));

/** Whole lines that a tree holds; nothing where a file was renamed meanwhile. */
function linesIn(...trees: string[]): number | undefined {
  try {
    return trees
      .flatMap(minuteFiles)
      .reduce((sum, path) => sum + readFileSync(path, 'latin1').split('\n').length - 1, 0);
  } catch {
    return undefined;
  }
}

async function endWell(child: Child): Promise<void> {
  child.process.kill('SIGTERM');
  assert.is(await child.ended(longMs), 0, child.stderr);
}

/** Lets the file's lines go the whole road; leaves the vault's folder of the day. */
async function travel(program: readonly string[] | undefined, clockOf: (start: string) => string): Promise<string> {
  const folder = temporaryFolder();
  await using sshd = await startSshd();
  const start = (...words: string[]): Child => startChild(words, program);
  const clock = clockOf('2026-03-10T13:09:57Z');
  const emulator = start('emulate', '--replay', realLines, '--wait', '2', '--rate', '200', '--clock', clock);
  const api = await until('the address', () => /http:\S+/.exec(emulator.stdout)?.[0], longMs);
  writeConfigs(folder, { api, sshd });
  const service = (name: string, server: number): Child =>
    start(name, '--config', join(folder, `${server}.toml`), '--clock', clock);
  const ingests = [service('ingest', 1), service('ingest', 2)];
  const ship = service('ship', 2);
  await until('all lines are sent', async () => (await answerOf(api, { path: '/emulator' })).body['isOver'], longMs);
  await until('server 1 has heard all', () => linesIn(join(folder, 'spool1')) === 1106, longMs);
  await until('server 2 has heard all', () => linesIn(join(folder, 'spool2'), sshd.inboxFolder) === 1106, longMs);
  await Promise.all(ingests.map(endWell));
  await until('server 2 has shipped all', () => minuteFiles(join(folder, 'spool2')).length === 0, longMs);
  await Promise.all([endWell(ship), endWell(emulator)]);
  const watch = start('watch', '--once', '--config', join(folder, '1.toml'), '--clock', '2026-03-10T15:00Z*1');
  assert.is(await watch.ended(longMs), 0, watch.stderr);
  assert.match(watch.stdout, /^2026-03-10T13\tgeneration 1\t1106 tweets\n$/);
  return join(folder, 'vault/2026-03-10');
}

function assertWhole(day: string): void {
  const names = proveDay(day);
  assert.equal(names, ['2026-03-10_13_IDs.txt.xz', '2026-03-10_13_tweets.csv.xz', '2026-03-10_13_users.csv.xz']);
  const sent = rowsByJq(realLines);
  const byId = (a: readonly string[], b: readonly string[]): number => (BigInt(a[0] ?? 0) < BigInt(b[0] ?? 0) ? -1 : 1);
  const [header = [], ...stored] = rowsByPython(join(day, '2026-03-10_13_tweets.csv.xz'));
  assert.is(header[4], 'retrieved_at');
  const withoutTime = stored.map((row) => row.toSpliced(4, 1));
  assert.is(stored.length, 1106);
  assert.equal(withoutTime.sort(byId), sent.sort(byId));
  assert.equal(linesByXz(join(day, '2026-03-10_13_IDs.txt.xz')).sort(), sent.map(([id]) => id).sort());
  const [, ...users] = rowsByPython(join(day, '2026-03-10_13_users.csv.xz'));
  assert.equal(users.map(([id]) => id).sort(), [...new Set(sent.map((row) => row[2]))].sort());
  const report = readFileSync(join(day, '2026-03-10_report.txt'), 'utf8');
  assert.match(report, /\n13\t1106\t1106\t1106\t0\t0\.00%\t/);
  assert.ok(statSync(join(day, '2026-03-10_13_receipt.json')).size > 0);
}

const fromNow = (start: string): string => `${start}@${Date.now()}*2`;

givenDataTest(
  test,
  { data: realLines, peers },
  '1,106 real tweets go the whole road and stand in the vault as they were sent',
  async () => {
    assertWhole(await travel(undefined, fromNow));
  },
);

givenDataTest(
  test,
  { data: realLines, peers: [...peers, 'env', executable] },
  'the built executable does the same with an empty environment',
  async () => {
    assertWhole(await travel([neededPeer('env'), '-i', neededPeer(executable)], fromNow));
  },
);

test.run();
