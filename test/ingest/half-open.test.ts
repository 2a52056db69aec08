// A link that dies without a word: the API's host and ingest's in network namespaces of their own, packets dropped or the link down.
// A real ingest in real time. Needs root.
// runs alone
// may take 300 s
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Child, startChild } from '../support/child.ts';
import { peerTest } from '../support/peers.ts';
import { atExit } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { ingestFolder } from '../support/ingest-folder.ts';
import { readMinutes } from './journey.ts';
import { minuteDifferences, readGaps, readUnfinishedGap } from './ledger-check.ts';

const test = suite('ingest on a link that dies');
const ip = (...words: string[]): string => execFileSync('ip', words, { encoding: 'utf8' });

/** Twenty lines a second, to everybody who asks. */
const speaker = `
  require('node:http').createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    let id = 0;
    const beat = setInterval(() => response.write(JSON.stringify({ data: { id: String(++id) } }) + '\\r\\n'), 50);
    response.on('error', () => {}).on('close', () => clearInterval(beat));
  }).listen(8080, '10.231.8.1');
`;

interface Link {
  readonly child: Child;
  readonly spool: string;
  die(): void;
  live(): void;
  [Symbol.dispose](): void;
}

function startLink(how: 'dropped' | 'down'): Link {
  const tag = `${process.pid}${how === 'down' ? 'd' : ''}`.slice(-6);
  const [api, own] = [`sva${tag}`, `svo${tag}`];
  for (const name of [api, own]) {
    ip('netns', 'add', name);
    atExit(() => spawnSync('ip', ['netns', 'del', name]));
  }
  ip('link', 'add', `va${tag}`, 'netns', api, 'type', 'veth', 'peer', 'name', `vo${tag}`, 'netns', own);
  for (const [name, link, address] of [
    [api, `va${tag}`, '10.231.8.1/24'],
    [own, `vo${tag}`, '10.231.8.2/24'],
  ] as const) {
    ip('-n', name, 'addr', 'add', address, 'dev', link);
    ip('-n', name, 'link', 'set', link, 'up');
  }
  const within = (name: string): string[] => ['ip', 'netns', 'exec', name];
  const [program = '', ...words] = [...within(api), process.execPath, '-e', speaker];
  const speaking = spawn(program, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  atExit(() => speaking.kill('SIGKILL'));
  const { spool, configPath } = ingestFolder('http://10.231.8.1:8080');
  mkdirSync(spool, { recursive: true });
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const child = startChild(['ingest', '--config', configPath], [...within(own), process.execPath, main]);
  const rules =
    'table inet hole { chain input { type filter hook input priority 0; drop; }; chain output { type filter hook output priority 0; drop; }; }\n';
  return {
    child,
    spool,
    die() {
      if (how === 'down') return void ip('-n', api, 'link', 'set', `va${tag}`, 'down');
      execFileSync('ip', [...within(api).slice(1), 'nft', '-f', '-'], { input: rules });
    },
    live() {
      if (how === 'down') return void ip('-n', api, 'link', 'set', `va${tag}`, 'up');
      execFileSync('ip', [...within(api).slice(1), 'nft', 'delete', 'table', 'inet', 'hole']);
    },
    [Symbol.dispose]() {
      child.process.kill('SIGKILL');
      speaking.kill('SIGKILL');
      for (const name of [api, own]) spawnSync('ip', ['netns', 'del', name]);
    },
  };
}

const eventsOf = ({ child }: Link, event: string): Record<string, unknown>[] =>
  child.stderr
    .split('\n')
    .filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

for (const how of ['dropped', 'down'] as const) {
  peerTest(
    test,
    ['ip', 'nft', 'to make networks'],
    `${how === 'down' ? 'a link that goes down' : 'packets that vanish'} end the stream after the stall timer; the gap is right to the second`,
    async () => {
      using link = startLink(how);
      await until('the stream', () => eventsOf(link, 'stream.connected').length === 1, 60_000);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      const diedMs = Date.now();
      link.die();
      const ended = await until('the stall', () => eventsOf(link, 'stream.ended')[0], 60_000);
      assert.is(ended['how'], 'stalled');
      assert.ok(Number(ended['waitMs']) <= 250, 'an established connection is made again at once');
      const endedMs = Date.parse(String(ended['time']));
      assert.ok(endedMs - diedMs > 20_000 && endedMs - diedMs < 24_000, `${endedMs - diedMs} ms after its death`);
      await until('a connect in vain', () => eventsOf(link, 'stream.unreachable').length > 0, 60_000);
      const restoredMs = Date.now();
      link.live();
      await until('the stream again', () => eventsOf(link, 'stream.connected').length === 2, 60_000);
      const againMs = Date.parse(String(eventsOf(link, 'stream.connected')[1]?.['time']));
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      link.child.process.kill('SIGTERM');
      assert.is(await link.child.ended(60_000), 0);
      const gaps = readGaps(link.spool);
      const gap = gaps.find(({ cause }) => cause === 'stalled');
      console.log(
        `${how}: died ${diedMs % 1e6}, gap ${(gap?.fromMs ?? 0) % 1e6} to ${(gap?.toMs ?? 0) % 1e6}, ended ${endedMs % 1e6}, restored ${restoredMs % 1e6}, again ${againMs % 1e6}`,
      );
      assert.ok(gap && Math.abs(gap.fromMs - diedMs) < 1_000, 'it begins with the last byte');
      assert.ok(Math.abs(gap.toMs - againMs) < 1_000, 'and ends with the new connection');
      const startMs = gaps[0]?.fromMs ?? 0;
      assert.equal(
        minuteDifferences(readMinutes(link.spool), [...gaps, readUnfinishedGap(link.spool)], { startMs }),
        [],
      );
    },
  );
}

test.run();
