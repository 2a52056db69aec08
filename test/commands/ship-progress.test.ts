// How far a backlog has come: a bar on a terminal, a line a minute otherwise, one JSON object a minute with --json.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CommandWorld } from '../../src/commands/command.ts';
import { type ShipProgress, shipProgress } from '../../src/commands/ship-progress.ts';
import type { ShipCounts } from '../../src/ship/tally.ts';
import { startEmbeddedServer } from '../support/embedded-far-server.ts';
import { neededPeer, peerTest } from '../support/peers.ts';
import { filledSpool, shipConfigText } from '../support/ship-scene.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type TestWorld, testWorld } from '../support/test-world.ts';

const test = suite('progress of ship');
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

interface Watched {
  readonly world: TestWorld;
  readonly progress: ShipProgress;
  /** What went to stdout. */
  readonly printed: string[];
}

function watched(isJson: boolean): Watched {
  const world = testWorld();
  const printed: string[] = [];
  const results = { isTTY: false, write: (text: string) => printed.push(text) } as unknown as NodeJS.WriteStream;
  return { world, printed, progress: shipProgress({ ...world, results } as CommandWorld, isJson) };
}

/** Counts of a backlog of 1,000 files of a megabyte of which that many went. */
const after = (shipped: number, total = 1000): ShipCounts => ({
  shipped,
  wasThere: 0,
  setAside: 0,
  bytes: shipped * 1e6,
  left: total - shipped,
});

/** A file a second, for so long. */
async function goOn({ world, progress }: Watched, seconds: number, total = 1000): Promise<void> {
  for (let second = 0; second <= seconds; second++) {
    progress.show(after(second, total));
    await world.clock.pass(1000);
  }
}

test('without a terminal a line a minute says what went, what is left, how fast and how long it will take', async () => {
  const scene = watched(false);
  await goOn(scene, 125);
  assert.equal(
    scene.world.said.map(({ event, facts }) => [event, facts]),
    [60, 120].map((shipped) => [
      'backlog.shrank',
      { ...after(shipped), bytesPerSecond: 1e6, secondsLeft: 1000 - shipped },
    ]),
  );
  assert.equal(scene.printed, []);
});

test('with --json the same is one object a line on stdout', async () => {
  const scene = watched(true);
  await goOn(scene, 125);
  assert.equal(
    scene.printed.map((line) => JSON.parse(line) as unknown),
    [60, 120].map((shipped) => ({ ...after(shipped), bytesPerSecond: 1e6, secondsLeft: 1000 - shipped })),
  );
  assert.ok(scene.printed.every((line) => line.endsWith('}\n')));
  assert.equal(scene.world.said, []);
});

test('a healthy service, with a file a minute, says nothing of progress', async () => {
  const scene = watched(false);
  for (let minute = 0; minute < 5; minute++) {
    scene.progress.show({ ...after(minute, minute + 1) });
    await scene.world.clock.pass(60_000);
  }
  assert.equal(scene.world.said, []);
});

/** `streamvault ship --once` on a terminal of its own; leaves all that it shows. */
async function onTerminal(config: string, ...words: string[]): Promise<string> {
  const path = join(temporaryFolder(), 'config.toml');
  writeFileSync(path, config);
  const line = [process.execPath, main, 'ship', '--once', '--config', path, ...words].join(' ');
  const child = spawn(neededPeer('script'), ['-qec', line, '/dev/null'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  const status = await new Promise((resolve) => child.once('close', resolve));
  assert.is(status, 0, shown);
  return stripVTControlCharacters(shown);
}

peerTest(test, ['script'], 'on a terminal a bar fills up to the last file', async () => {
  await using server = await startEmbeddedServer();
  const { spool } = filledSpool(30);
  const shown = await onTerminal(shipConfigText({ spool, server }));
  assert.match(shown, /░ 0\/30 minute files/);
  assert.match(shown, /█ 30\/30 minute files/);
  assert.match(shown, /30 shipped \(30000 bytes\), 0 were there already, 0 set aside, 0 left\./);
});

peerTest(test, ['script'], 'there is no bar for a few files, nor with --json', async () => {
  await using server = await startEmbeddedServer();
  const few = await onTerminal(shipConfigText({ spool: filledSpool(9).spool, server }));
  assert.not.match(few, /minute files/);
  const json = await onTerminal(shipConfigText({ spool: filledSpool(30, () => 900).spool, server }), '--json');
  assert.not.match(json, /minute files/);
  assert.match(json, /"shipped":30/);
});

test.run();
