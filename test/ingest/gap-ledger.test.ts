import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { manualClock } from '../support/manual-clock.ts';
import { streamServer, type StreamServer } from '../support/stream-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { type Journey, journey, readMinutes } from './journey.ts';
import { minuteDifferences, readGaps, readUnfinishedGap } from './ledger-check.ts';

const test = suite('the ledger of gaps');
const at = (clock: string): number => Date.parse(`2026-03-10T${clock}Z`);
const count = ({ events }: Journey, name: string): number => events.filter(({ event }) => event === name).length;
const gapsOf = (spool: string): string[] =>
  readGaps(spool).map(({ fromMs, toMs, cause }) =>
    [...[fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(14, 19)), cause].join(' '),
  );

async function connected(made: Journey): Promise<void> {
  const before = count(made, 'stream.connected');
  made.start();
  await until('a connection', () => count(made, 'stream.connected') > before);
}

async function seconds(made: Journey, server: StreamServer, many: number): Promise<void> {
  for (let second = 0; second < many; second++) {
    await made.clock.pass(1_000);
    await server.send('\r\n');
    await made.clock.pass(0);
  }
}

test('a stop in a silence: what its minute does not call connected is a gap', async () => {
  await using server = await streamServer();
  const made = journey({ api: server.url });
  await connected(made);
  await seconds(made, server, 20);
  await made.clock.pass(15_000);
  await made.stop();
  await made.clock.pass(5_000);
  await connected(made);
  await seconds(made, server, 30);
  await made.stop();
  assert.equal(gapsOf(made.spool), ['00:20 00:40 stopped']);
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
      if (disk.isRefusing && path.endsWith('gaps.jsonl'))
        throw Object.assign(new Error('EMFILE: refused by the test'), { code: 'EMFILE' });
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
    await connected(made);
    await seconds(made, server, 10);
    await made.clock.pass(5_000);
    server.exchanges.at(-1)?.response.end();
    await until('another connection', async () => {
      await made.clock.pass(100);
      return count(made, 'stream.connected') === 2;
    });
    await seconds(made, server, 5);
    await until('it to be remembered', async () => {
      await seconds(made, server, 1);
      const last = readFileSync(join(made.spool, '.ingest.state'), 'utf8').trimEnd().split('\n').at(-1) ?? '';
      return (JSON.parse(last) as { coverage: { certainMs: number } }).coverage.certainMs > at('13:00:18');
    });
    const folder = temporaryFolder();
    if (how === 'stop') await made.stop();
    cpSync(made.spool, join(folder, 'spool'), { recursive: true });
    if (how === 'kill') await made.stop();
    assert.not(existsSync(join(folder, 'spool', 'gaps.jsonl')));
    const again = journey({ api: server.url, folder, clock: manualClock(at('13:00:50')) });
    await connected(again);
    await again.stop();
    const [broken, dead, ...more] = gapsOf(again.spool);
    assert.is(broken, '00:15 00:15 closed', JSON.stringify(gapsOf(again.spool)));
    assert.is(dead?.slice(6), how === 'stop' ? '00:50 stopped' : '00:50 process-dead');
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
        throw Object.assign(new Error('EIO: refused by the test'), { code: 'EIO' });
      };
      return { ...file, close };
    },
  };
  const made = journey({ api: server.url, disk });
  await connected(made);
  await seconds(made, server, 3);
  await made.stop();
  assert.is(count(made, 'ingest.stopped'), 1);
});

test.run();
