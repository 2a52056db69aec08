import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { minuteMs } from '../../src/domain/time.ts';
import { Persistence } from '../../src/ingest/persistence.ts';
import { testWorld } from '../support/test-world.ts';

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

test.run();
