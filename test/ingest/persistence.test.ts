import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { minuteMs } from '../../src/domain/time.ts';
import { Persistence } from '../../src/ingest/persistence.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { streamServer } from '../support/stream-server.ts';
import { testWorld } from '../support/test-world.ts';
import { until } from '../support/until.ts';
import { journey } from './journey.ts';

const test = suite('persistence');

test('a disk that is full for ten minutes is tried each second, and said in the log once a minute', async () => {
  const world = testWorld();
  const spool = { root: '/spool', disk: world.disk };
  const persistence = new Persistence({ ...world, spool, waitingBytes: () => 7, onRefused: () => {} });
  let isFull = true;
  let tries = 0;
  const perform = async (): Promise<void> => {
    tries++;
    if (isFull) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  };
  const done = persistence.persist('lines', { perform, recover: async () => {} });
  await world.clock.pass(10 * minuteMs);
  isFull = false;
  await world.clock.pass(minuteMs);
  await done;
  assert.ok(tries > 590, `${tries} tries`);
  const said = world.said.filter(({ event }) => event === 'spool.refused');
  assert.ok(said.length >= 10 && said.length <= 11, `${said.length} lines in the log`);
  assert.equal(said[0]?.facts, { reason: 'no space left (ENOSPC)', waitingBytes: 7 });
  assert.is(world.raised.at(-1)?.is, 'ended');
});

test('what a process before this one told of the disk is over with the first step that it takes, and said so once', async () => {
  const world = testWorld();
  const spool = { root: '/spool', disk: world.disk };
  const persistence = new Persistence({ ...world, spool, waitingBytes: () => 0, onRefused: () => {} });
  const step = { perform: async () => {}, recover: async () => {} };
  await persistence.persist('lines', step);
  await persistence.persist('closings', step);
  assert.equal(
    world.raised.map(({ is, cause }) => `${cause} ${is}`),
    ['disk-full ended', 'disk-failing ended'],
  );
});

test('an ingest that may neither remember nor write its gaps for five minutes says each once a minute', async () => {
  await using server = await streamServer();
  const refuse = (): never => {
    throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  };
  const disk: Disk = {
    ...systemDisk,
    open: async (path, naming) => (path.endsWith('gaps.jsonl') ? refuse() : systemDisk.open(path, naming)),
    write: async (path, bytes) => (path.endsWith('.ingest.state') ? refuse() : systemDisk.write(path, bytes)),
  };
  const made = journey({ api: server.url, disk });
  made.start();
  const said = (name: string): number => made.events.filter(({ event }) => event === name).length;
  await until('a connection', () => said('stream.connected') > 0);
  // Not heard while the clock was stepped: a gap to be written.
  made.clock.step(2_000);
  for (let second = 0; second < 300; second++) {
    await server.send('\r\n');
    await made.clock.pass(1_000);
  }
  await until('the last minute to be said', () => said('memory.not-written') >= 5 && said('gap.not-written') >= 5);
  await made.stop();
  for (const name of ['memory.not-written', 'gap.not-written'])
    assert.ok(said(name) <= 6, `${name}: ${said(name)} lines in the log`);
});

test.run();
