import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { recordSyncs } from '../support/recorded-syncs.ts';
import { replaceSyncs } from '../support/replaced-syncs.ts';
import { streamServer } from '../support/stream-server.ts';
import { until } from '../support/until.ts';
import { journey, keepAlive, readMinutes } from './journey.ts';
import { readGaps } from './ledger-check.ts';

const test = suite('what a power cut leaves');
const hourFolder = '2026-03-10/13';
const part = (minute: string): string => `${hourFolder}/2026-03-10T13-${minute}Z.part`;

test('the part and its folders are durable before anything is remembered of the minute, with lines or without', async () => {
  await using server = await streamServer();
  const made = journey({ api: server.url });
  const { syncs, restore } = recordSyncs();
  try {
    await made.connect();
    await until('an open minute', () => existsSync(join(made.spool, part('00'))));
    await keepAlive(made, server, 61);
    await until('the minute to close', () => readMinutes(made.spool).length === 1);
    await made.stop();
  } finally {
    restore();
  }
  const places = syncs.map((path) => path.slice(made.spool.length + 1));
  const hourMade = [places.indexOf('2026-03-10'), places.indexOf('')];
  const named = places.indexOf(hourFolder);
  const remembered = places.findIndex((place, index) => place === '.ingest.state' && index > named);
  assert.ok(
    hourMade.every((at) => at >= 0 && at < named),
    'the hour and the day folder are named first',
  );
  assert.ok(named < remembered, JSON.stringify(places.slice(0, 12)));
  // Opening two minutes and closing both: the name of each is synced in the hour's folder.
  assert.is(places.filter((place) => place === hourFolder).length, 4);
});

test('a minute that is being closed has one name at each moment: killed, it is not closed again after ship has taken it', async () => {
  await using server = await streamServer();
  const made = journey({ api: server.url });
  const seen: string[][] = [];
  const restore = replaceSyncs(async (path, real) => {
    if (path.endsWith(hourFolder)) seen.push(readdirSync(path).filter((name) => name.includes('T13-00Z')));
    await real();
  });
  try {
    await made.connect();
    await server.send('{"data":{"id":"1"}}\r\n');
    await until('the line', () => statSync(join(made.spool, part('00')), { throwIfNoEntry: false })?.size !== 0);
    await keepAlive(made, server, 61);
    await until('the minute to close', () => readMinutes(made.spool).length === 1);
    await made.stop();
  } finally {
    restore();
  }
  assert.ok(
    seen.some(([name]) => name?.endsWith('.part')) && seen.some(([name]) => name?.endsWith('.jsonl')),
    JSON.stringify(seen),
  );
  assert.equal(
    seen.filter((names) => names.length !== 1),
    [],
  );
});

test('while lines come, the open minute is synced at least each second; lines are never remembered before that', async () => {
  await using server = await streamServer();
  const made = journey({ api: server.url });
  const { syncs, restore } = recordSyncs();
  const timesOf = (ending: string): number => syncs.filter((path) => path.endsWith(ending)).length;
  try {
    await made.connect();
    await until('the connection to be remembered', () => timesOf('.ingest.state') > 0);
    for (let second = 0; second < 20; second++) {
      const before = { parts: timesOf('.part'), states: timesOf('.ingest.state') };
      for (let tenth = 0; tenth < 10; tenth++) {
        await server.send(`{"data":{"id":"${second}${tenth}"}}\r\n`);
        await made.clock.pass(100);
      }
      await until('the second to be remembered', () => timesOf('.ingest.state') > before.states);
      assert.ok(timesOf('.part') > before.parts, `no sync in second ${second}`);
    }
    await made.stop();
  } finally {
    restore();
  }
  const order = syncs
    .map((path) => basename(path))
    .filter((name) => name === '.ingest.state' || name.endsWith('.part'));
  const states = order.flatMap((name, index) => (name === '.ingest.state' ? [order[index - 1]] : []));
  assert.ok(
    states.slice(3, -1).every((before) => before?.endsWith('.part')),
    JSON.stringify(order),
  );
});

test('a gap that stands in the ledger is there after a power cut too', async () => {
  await using server = await streamServer();
  const made = journey({ api: server.url });
  const { syncs, restore } = recordSyncs();
  const ledger = join(made.spool, 'gaps.jsonl');
  try {
    await made.connect();
    await keepAlive(made, server, 5);
    server.exchanges.at(-1)?.response.end();
    await until('the gap', async () => {
      await made.clock.pass(100);
      return existsSync(ledger) && readGaps(made.spool).length > 0;
    });
    await until('its sync', () => syncs.includes(ledger));
    await made.stop();
  } finally {
    restore();
  }
});

test.run();
