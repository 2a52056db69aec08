import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { emptyDigest, minuteFileName, minuteFolder } from '../../src/domain/minute-file.ts';
import { dayMs, hourMs, minuteMs, minuteOf } from '../../src/domain/time.ts';
import type { FileSystem } from '../../src/outside/file-system.ts';
import { fileSystemOf } from '../../src/outside/file-system.ts';
import type { HttpCall } from '../../src/outside/http-call.ts';
import { heardOf, minutesSince } from '../../src/status/look.ts';
import { clockLook, diskLook, keepLookout, partnerLook } from '../../src/tell/lookout.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type TestWorld, testWorld } from '../support/test-world.ts';

const test = suite('lookout');

const last = ({ raised }: TestWorld): string => `${raised.at(-1)?.is} ${raised.at(-1)?.cause}`;

function arrive(inbox: string, epochMs: number): void {
  const minute = minuteOf(epochMs);
  mkdirSync(join(inbox, minuteFolder(minute)), { recursive: true });
  const name = minuteFileName({ minute, lines: 0, connectedSeconds: 60, digest: emptyDigest });
  writeFileSync(join(inbox, minuteFolder(minute), name), '');
}

test('a partner whose newest minute file is too old is silent, until the next one comes', async () => {
  const inbox = temporaryFolder();
  const world = testWorld();
  const look = partnerLook({ inbox, mostMs: 15 * minuteMs, olderZone: 'UTC' });
  arrive(inbox, world.clock.now() - minuteMs);
  await look(world);
  assert.is(last(world), 'ended partner-silent');
  await world.clock.pass(15 * minuteMs);
  await look(world);
  assert.is(last(world), 'ended partner-silent');
  await world.clock.pass(minuteMs);
  await look(world);
  assert.is(last(world), 'raised partner-silent');
  assert.match(world.raised.at(-1)?.sentence ?? '', 'The newest one is of 2026-03-10T12:59Z');
  arrive(inbox, world.clock.now());
  await look(world);
  assert.is(last(world), 'ended partner-silent');
});

test('an empty inbox counts from the first look, so that a new service does not cry at once', async () => {
  const world = testWorld();
  const look = partnerLook({ inbox: join(temporaryFolder(), 'absent'), mostMs: 15 * minuteMs, olderZone: 'UTC' });
  await look(world);
  await world.clock.pass(16 * minuteMs);
  await look(world);
  assert.match(world.raised.at(-1)?.sentence ?? '', 'None is there');
});

test('an empty inbox is no sign that the partner sends again, after a start either', async () => {
  const inbox = temporaryFolder();
  const world = testWorld();
  const newLook = (): ReturnType<typeof partnerLook> => partnerLook({ inbox, mostMs: 15 * minuteMs, olderZone: 'UTC' });
  await newLook()(world);
  assert.equal(world.raised, []);
  arrive(inbox, world.clock.now());
  await newLook()(world);
  assert.is(last(world), 'ended partner-silent');
});

test('a minute file of years ahead, by a clock that was wrong, is no sign of life', async () => {
  const inbox = temporaryFolder();
  const world = testWorld();
  const look = partnerLook({ inbox, mostMs: 15 * minuteMs, olderZone: 'UTC' });
  arrive(inbox, Date.parse('2031-01-01T00:00:00Z'));
  arrive(inbox, world.clock.now());
  await look(world);
  assert.is(last(world), 'ended partner-silent');
  await world.clock.pass(17 * minuteMs);
  await look(world);
  assert.is(last(world), 'raised partner-silent');
  const minutes = await minutesSince(world.disk, inbox, world.clock.now() - dayMs);
  assert.is(heardOf(2, minutes, world.clock.now()).newest_minute, '2026-03-10T13:00Z');
});

test('a partner that runs the older system is heard by its file names', async () => {
  const inbox = temporaryFolder();
  const world = testWorld(Date.parse('2022-03-01T12:06:00Z'));
  mkdirSync(join(inbox, '2022-03-01/13'), { recursive: true });
  writeFileSync(join(inbox, '2022-03-01/13/sampled_stream_2022-03-01_13:05:00_to_2022-03-01_13:06:00.jsonl'), '');
  const look = partnerLook({ inbox, mostMs: 15 * minuteMs, olderZone: 'CET' });
  await look(world);
  assert.is(last(world), 'ended partner-silent');
  await world.clock.pass(16 * minuteMs);
  await look(world);
  assert.is(last(world), 'raised partner-silent');
});

test('a disk that fills up is told with the time it will last, once for two paths on it', async () => {
  const world = testWorld();
  let freeBytes = 50e9;
  const onOneDisk = async (): Promise<FileSystem> => ({ id: '1', freeBytes, totalBytes: 100e9 });
  const look = diskLook({ paths: ['/vault', '/spool'], leastMs: 2 * dayMs, fileSystemOf: onOneDisk });
  for (let hour = 0; hour < 10; hour++) {
    await look(world);
    await world.clock.pass(hourMs);
    freeBytes -= 2e9;
  }
  assert.is(last(world), 'raised disk-filling');
  assert.match(
    world.raised.at(-1)?.sentence ?? '',
    /^The disk of \/vault fills up: 32 GB are free, which last 16 h at/,
  );
  freeBytes = 90e9;
  for (let hour = 0; hour < 24; hour++) {
    await world.clock.pass(hourMs);
    await look(world);
  }
  assert.is(last(world), 'ended disk-filling');
});

test('the real disk is looked at by the folder that is there', async () => {
  const folder = temporaryFolder();
  const found = await fileSystemOf(join(folder, 'not', 'yet'));
  assert.equal({ ...found, freeBytes: 0 }, { ...(await fileSystemOf(folder)), freeBytes: 0 });
  // An empty tmpfs is all free.
  assert.ok(found.freeBytes > 0 && found.freeBytes <= found.totalBytes);
});

test('a clock that is off by what the API’s answers say is told, asked once an hour', async () => {
  const world = testWorld();
  let asked = 0;
  let aheadMs = 90_000;
  const call: HttpCall = async ({ method, url }) => {
    assert.equal([method, url], ['HEAD', 'https://api.example.org']);
    asked++;
    const date = new Date(world.clock.now() - aheadMs).toUTCString();
    return { status: 404, headers: { date }, body: Buffer.alloc(0) };
  };
  const look = clockLook({ api: 'https://api.example.org' }, call);
  for (let minute = 0; minute < 59; minute++) {
    await look(world);
    await world.clock.pass(minuteMs);
  }
  assert.is(asked, 1);
  assert.match(
    world.raised.at(-1)?.sentence ?? '',
    /^The clock of this machine is 1 min 29 s ahead, by what api\.example\.org says/,
  );
  aheadMs = 0;
  await world.clock.pass(minuteMs);
  await look(world);
  assert.is(last(world), 'ended clock-off');
});

test('an API that cannot be reached says nothing about the clock', async () => {
  const world = testWorld();
  const call: HttpCall = () => Promise.reject(new Error('no route'));
  await clockLook({ api: 'https://api.example.org' }, call)(world);
  assert.equal(world.raised, []);
  assert.is(world.said.at(-1)?.event, 'clock.not-compared');
});

test('a look that fails stops neither the others nor the next one', async () => {
  const world = testWorld();
  const looks: string[] = [];
  const ended = keepLookout(
    [
      async () => {
        looks.push('first');
        throw new Error('it broke');
      },
      async () => void looks.push('second'),
    ],
    world,
  );
  await world.clock.pass(minuteMs);
  world.stop();
  await ended;
  assert.equal(looks, ['first', 'second', 'first', 'second']);
  assert.is(world.said.filter(({ event }) => event === 'look.failed').length, 2);
});

test.run();
