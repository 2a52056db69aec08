import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { diskRefusal } from '../support/disk-refusal.ts';
import { manualClock } from '../support/manual-clock.ts';
import { streamServer } from '../support/stream-server.ts';
import { until } from '../support/until.ts';
import { afterKill, at, journey, keepAlive, readMinutes, rememberedMs, windUntil } from './journey.ts';
import { gapsBriefly, minuteDifferences, readGaps, readUnfinishedGap } from './ledger-check.ts';

const test = suite('the ledger of gaps');

test('a stop in a silence: what its minute does not call connected is a gap', async () => {
  await using server = await streamServer();
  const made = journey({ api: server.url });
  await made.connect();
  await keepAlive(made, server, 20);
  await made.clock.pass(15_000);
  await made.stop();
  await made.clock.pass(5_000);
  await made.connect();
  await keepAlive(made, server, 30);
  await made.stop();
  assert.equal(gapsBriefly(made.spool), ['13:00:20 13:00:40 stopped']);
  const gaps = [...readGaps(made.spool), readUnfinishedGap(made.spool)];
  const connectedSeconds = readMinutes(made.spool)
    .filter(({ minute }) => minute === at('13:00:00') / 60_000)
    .reduce((sum, file) => sum + file.connectedSeconds, 0);
  const [minute] = readMinutes(made.spool);
  assert.ok(minute);
  assert.equal(minuteDifferences([{ ...minute, connectedSeconds }], gaps, { startMs: at('13:00:00') }), []);
});

/** A disk that takes everything but the ledger until it is told to. */
function ledgerlessDisk(): Disk & { isRefusing: boolean } {
  const disk = {
    ...systemDisk,
    isRefusing: true,
    async open(path: string, naming?: Parameters<Disk['open']>[1]) {
      if (disk.isRefusing && path.endsWith('gaps.jsonl')) throw diskRefusal('EMFILE');
      return systemDisk.open(path, naming);
    },
  };
  return disk;
}

for (const how of ['stop', 'kill']) {
  test(`a gap that the disk did not take is in the ledger after a ${how} and a start`, async () => {
    await using server = await streamServer();
    const disk = ledgerlessDisk();
    const made = journey({ api: server.url, disk });
    await made.connect();
    await keepAlive(made, server, 10);
    await made.clock.pass(5_000);
    server.exchanges.at(-1)?.response.end();
    await windUntil(made, 'another connection', () => made.count('stream.connected') === 2);
    await keepAlive(made, server, 5);
    await until('it to be remembered', async () => {
      await keepAlive(made, server, 1);
      return rememberedMs(made.spool) > at('13:00:18');
    });
    if (how === 'stop') await made.stop();
    const folder = afterKill(made);
    if (how === 'kill') await made.stop();
    assert.not(existsSync(join(folder, 'spool', 'gaps.jsonl')));
    const again = journey({ api: server.url, folder, clock: manualClock(at('13:00:50')) });
    await again.connect();
    await again.stop();
    const [broken, dead, ...more] = gapsBriefly(again.spool);
    assert.is(broken, '13:00:15 13:00:15 closed', JSON.stringify(gapsBriefly(again.spool)));
    assert.is(dead?.slice(9), how === 'stop' ? '13:00:50 stopped' : '13:00:50 process-dead');
    assert.equal(more, []);
  });
}

test('a memory that the disk does not close keeps no stop from ending in order', async () => {
  await using server = await streamServer();
  const disk: Disk = {
    ...systemDisk,
    async open(path, naming) {
      const file = await systemDisk.open(path, naming);
      if (!path.endsWith('.ingest.state')) return file;
      const close = async (): Promise<void> => {
        await file.close();
        throw diskRefusal('EIO');
      };
      return { ...file, close };
    },
  };
  const made = journey({ api: server.url, disk });
  await made.connect();
  await keepAlive(made, server, 3);
  await made.stop();
  assert.is(made.count('ingest.stopped'), 1);
});

test('a stop while not connected leaves the gap in the ledger, with its own cause', async () => {
  const server = await streamServer();
  const made = journey({ api: server.url });
  await made.connect();
  await server[Symbol.asyncDispose]();
  await until('the end of the connection', () => made.count('stream.ended') > 0);
  await made.clock.pass(200_000);
  await made.stop();
  const gaps = gapsBriefly(made.spool);
  const [from, to, cause] = gaps.at(-1)?.split(' ') ?? [];
  assert.is(from, '13:00:00');
  assert.ok((to ?? '') >= '13:03:20', JSON.stringify(gaps));
  assert.ok(cause !== 'stopped', JSON.stringify(gaps));
});

test.run();
