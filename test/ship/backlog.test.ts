// A week's files after an outage: they go in order, the last hour's between them, without more memory for the last than for the first.
// may take 300 s
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { peerTest } from '../support/peers.ts';
import { sshPrograms, startSshd } from '../support/real-sshd.ts';
import { filesBelow, filledSpool, shipConfigText, unprovenFiles } from '../support/ship-scene.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('a backlog');
const weekOfMinutes = 7 * 24 * 60;

interface Measured {
  readonly shipped: number;
  readonly heapUsed: number;
  readonly rss: number;
}

async function shipMeasured(config: string): Promise<Measured[]> {
  const path = join(temporaryFolder(), 'config.toml');
  writeFileSync(path, config);
  const child = spawn(process.execPath, ['--expose-gc', 'test/support/ship-backlog-child.ts', path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  assert.is(await new Promise((resolve) => child.once('close', resolve)), 0);
  return said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Measured);
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

peerTest(test, sshPrograms, 'a week of minutes, 10,080 files, goes without memory growth', async () => {
  await using server = await startSshd();
  const { spool, files } = filledSpool(weekOfMinutes, (index) => 200 + (index % 400));
  const since = performance.now();
  const measured = await shipMeasured(shipConfigText({ spool, server }));
  const seconds = (performance.now() - since) / 1000;
  assert.is(measured.length, 10);
  const [first, last] = [measured[0], measured[9]];
  assert.ok(first && last);
  console.log(
    `10,080 files in ${seconds.toFixed(0)} s; heap ${megabytes(first.heapUsed)} MB after 1,000 and ${megabytes(last.heapUsed)} MB after 10,000; process ${megabytes(first.rss)} and ${megabytes(last.rss)} MB`,
  );
  assert.ok(last.heapUsed < first.heapUsed + 5e6);
  assert.ok(last.rss < first.rss + 60e6);
  assert.equal(filesBelow(server.inboxFolder), files);
  assert.equal(unprovenFiles(server.inboxFolder), []);
  assert.equal(execFileSync('find', [spool, '-name', '*.jsonl'], { encoding: 'utf8' }), '');
});

test.run();
