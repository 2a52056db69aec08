// What the page about reading says, done: its lines of pandas, R and the shell on an hour of the vault, in which every value is odd.
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { watchOnce } from '../../src/watch/watch.ts';
import { commandsByHeading } from '../support/documented-commands.ts';
import { rowsByPython } from '../support/outside-reader.ts';
import { neededPeer, peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { minuteAt, payloadLine, place, writeHour } from '../support/watching.ts';

const test = suite('reading the vault');
const page = 'packaging/docs/reading.md';
const texts = ['NA', '', 'a, "b"', 'null', '日本語 🎏', '1e5', 'TRUE'];

/** The only line of the page that has this word. */
function lineWith(word: string): string {
  const lines = [...commandsByHeading(page).values()].flat().filter((line) => line.includes(word));
  assert.is(lines.length, 1, word);
  return lines[0] ?? '';
}

/** A folder with one made hour, named as on the page; its tweets in two xz streams, as large hours have. */
async function madeHour(): Promise<string> {
  const { own, partner, vault, config, world } = place();
  const lines = texts.map((text, index) =>
    payloadLine(1_900_000_000_000_000_001n.toString() + index, { text, lang: 'en' }),
  );
  for (const tree of [own, partner]) writeHour(tree, minuteAt('2026-03-10T14:00Z'), { 5: lines });
  await watchOnce(config(), world());
  const folder = join(vault, '2026-03-10');
  const tweets = join(folder, '2026-03-10_14_tweets.csv.xz');
  const row = Buffer.from(`7,,,,,,en,last,original,${','.repeat(10)}\n`);
  appendFileSync(tweets, execFileSync(neededPeer('xz'), ['-zc'], { input: row }));
  return folder;
}

/** A Python that has pandas; Debian's has, where another one stands first in PATH. */
const python = ['python3', '/usr/bin/python3'].find((name) => spawnSync(name, ['-c', 'import pandas']).status === 0);
const hasPandas = python !== undefined || process.env.STREAMVAULT_REAL_PEERS === '1';
if (!hasPandas) console.log('skipped: pandas gives every value as it stands in the file (no pandas)');

(hasPandas ? test : test.skip)('pandas gives every value as it stands in the file', async () => {
  const folder = await madeHour();
  const lines = [
    'import pandas',
    lineWith('pandas.read_csv'),
    'import json; print(json.dumps([list(tweets.columns)] + tweets.values.tolist()))',
  ];
  const printed = execFileSync(python ?? 'python3', ['-c', lines.join('\n')], { cwd: folder, encoding: 'utf8' });
  assert.equal(JSON.parse(printed), rowsByPython(join(folder, '2026-03-10_14_tweets.csv.xz')));
  const short = /python3 -c "(import pandas;.*)"$/.exec(
    [...commandsByHeading('README.md').values()].flat().find((line) => line.includes('pandas')) ?? '',
  );
  assert.match(
    execFileSync(python ?? 'python3', ['-c', short?.[1] ?? ''], { cwd: folder, encoding: 'utf8' }),
    '[8 rows x 20 columns]',
  );
});

peerTest(test, ['Rscript', 'xz', 'python3'], 'R gives every value as it stands in the file', async () => {
  const folder = await madeHour();
  const script = join(temporaryFolder(), 'read.R');
  writeFileSync(
    script,
    `${lineWith('read.csv(xzfile')}\nwrite.csv(tweets, "read.csv", row.names = FALSE, fileEncoding = "UTF-8")\n`,
  );
  execFileSync(neededPeer('Rscript'), ['--vanilla', script], {
    cwd: folder,
    stdio: 'pipe',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  execFileSync(neededPeer('xz'), ['-0', 'read.csv'], { cwd: folder });
  const [header, ...rows] = rowsByPython(join(folder, '2026-03-10_14_tweets.csv.xz'));
  assert.equal(rowsByPython(join(folder, 'read.csv.xz')), [header, ...rows]);
});

peerTest(test, ['xz'], 'the shell counts the IDs', async () => {
  const folder = await madeHour();
  assert.is(
    execFileSync('bash', ['-c', lineWith('wc -l')], { cwd: folder, encoding: 'utf8' }).trim(),
    String(texts.length),
  );
  assert.ok(readFileSync(join(folder, 'SHA256SUMS'), 'utf8').includes('_IDs.txt.xz'));
});

test.run();
