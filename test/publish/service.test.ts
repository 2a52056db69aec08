import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dayMs, hourMs, minuteMs } from '../../src/domain/time.ts';
import type { OsfAsked } from '../../src/emulate/osf-fault.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { runPublish } from '../../src/publish/service.ts';
import { type PublishScene, publishScene as scene, token } from '../support/publish-scene.ts';
import { until } from '../support/until.ts';
import { allHours, writeDay } from '../support/vault-scene.ts';

const test = suite('publishing service');
const day = '2026-03-10';

const told = ({ world }: PublishScene, is: 'raised' | 'ended') =>
  world.raised.find((alert) => alert.is === is && alert.cause === 'upload-failing');

test('a token without rights is told at once, and the end of it', async () => {
  await using place = await scene();
  writeDay(place.vault, { day }, { '00': { ids: 1 } });
  writeFileSync(join(place.folder, 'token'), 'another\n', { mode: 0o600 });
  await place.serve(async () => {
    const { sentence } = await until('the refusal is told', () => told(place, 'raised'));
    assert.match(sentence, 'invalid OAuth2 access token');
    assert.match(sentence, 'What is to be published (2 so far) waits in the vault, where it is safe');
    writeFileSync(join(place.folder, 'token'), `${token}\n`, { mode: 0o600 });
    await until('the end is told', () => told(place, 'ended'));
  });
  assert.is(place.paths().length, 2);
});

test('a token file that is not there is told at once, and looked for again', async () => {
  await using place = await scene();
  writeDay(place.vault, { day }, { '00': { ids: 1 } });
  rmSync(join(place.folder, 'token'));
  await place.serve(async () => {
    const { sentence } = await until('it is told', () => told(place, 'raised'));
    assert.match(sentence, '[osf] token_file');
    writeFileSync(join(place.folder, 'token'), `${token}\n`, { mode: 0o600 });
    await until('the end is told', () => told(place, 'ended'));
  });
  assert.is(place.paths().length, 2);
});

test('a server in trouble is told after half an hour, not before', async () => {
  let toldMs: number | undefined;
  await using place = await scene({
    fault: ({ atMs }) => {
      if (told(place, 'raised')) toldMs ??= atMs;
      return toldMs === undefined ? 'unavailable' : undefined;
    },
  });
  const startMs = place.world.clock.now();
  writeDay(place.vault, { day }, { '00': { ids: 1 } });
  await place.serve(() => until('the end is told', () => told(place, 'ended')));
  assert.match(told(place, 'raised')?.sentence ?? '', 'status 503');
  assert.ok((toldMs ?? 0) - startMs >= 30 * minuteMs && (toldMs ?? 0) - startMs < 2 * hourMs, `${toldMs}`);
});

test('trouble that is over sooner is nobody’s concern', async () => {
  await using place = await scene();
  place.faults.push('unavailable', 'reset', 'slow-down');
  writeDay(place.vault, { day }, { '00': { ids: 1 } });
  await place.serve(() => until('both lie there', () => place.paths().length === 2));
  assert.is(told(place, 'raised'), undefined);
});

test('a limit that was passed is waited for until the moment that the answer names', async () => {
  await using place = await scene();
  writeDay(place.vault, { day }, { '00': { ids: 1 } });
  place.faults.push('slow-down');
  await place.serve(() => until('the file lies there', () => place.paths().length > 0));
  const [first, second] = place.osf.requests;
  assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 5000);
});

const mostWithin = (requests: readonly OsfAsked[], spanMs: number): number =>
  Math.max(...requests.map(({ atMs }) => requests.filter((at) => at.atMs >= atMs && at.atMs < atMs + spanMs).length));

test('after an outage of two days it catches up, oldest first, within half of what the API allows', async () => {
  let untilMs = Number.POSITIVE_INFINITY;
  await using place = await scene({ fault: ({ atMs }) => (atMs < untilMs ? 'reset' : undefined) });
  untilMs = place.world.clock.now() + 2 * dayMs;
  const days = ['2026-03-10', '2026-03-11', '2026-03-12'];
  for (const each of days) writeDay(place.vault, { day: each }, allHours(each, 10));
  await place.serve(() => until('all lie there', () => place.paths().length === 3 * 25, 60_000));
  const uploads = place.osf.requests.filter(({ path, fault }) => path.includes('kind=file') && fault === undefined);
  const names = uploads.map(({ path }) => new URL(path, 'http://x').searchParams.get('name') ?? '');
  assert.equal(names, [...names].sort());
  assert.is(names.length, 3 * 25);
  const during = place.osf.requests.filter(({ atMs }) => atMs < untilMs).length;
  assert.ok(during < 2 * 24 * 5, `${during} requests while nobody answered`);
  assert.ok(mostWithin(place.osf.requests, 1000) <= 6);
  assert.ok(
    mostWithin(
      place.osf.requests.filter(({ isListing }) => isListing),
      minuteMs,
    ) <= 40,
  );
});

test('what is published by hand waits for the service', async () => {
  await using place = await scene();
  await place.serve(async () => {
    const folder = join(place.vault, '.publish');
    await until('the first has the lock', async () => (await place.world.disk.list(folder)).length > 0);
    const error = await place.once().then(() => undefined, String);
    assert.match(error ?? '', 'Another streamvault publish works');
  });
});

test('whatever fails, a disk too, the service goes on and never rejects', async () => {
  await using place = await scene();
  writeDay(place.vault, { day }, { '00': { ids: 1 } });
  let refusals = 0;
  const refuse = (): never => {
    refusals++;
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };
  const disk = { ...place.world.disk, write: async () => refuse(), makeFolder: async () => refuse() };
  const ended = runPublish(place.config, { ...place.world, disk });
  await until('it was refused often', () => refusals > 30);
  place.world.stop();
  await ended;
  assert.is(place.paths().length, 0, 'nothing is given away that cannot be written down');
  assert.match(told(place, 'raised')?.sentence ?? '', 'no space left on device');
});

test('a day that cannot be read, and a file that is damaged, keep nothing else waiting, and are told', async () => {
  await using place = await scene();
  writeDay(place.vault, { day: '2026-03-08' }, { '00': { ids: 1 } });
  writeDay(place.vault, { day: '2026-03-09' }, { '00': { ids: 1 }, '01': { ids: 2 } });
  writeDay(place.vault, { day }, { '00': { ids: 1 } });
  writeFileSync(join(place.vault, '2026-03-09', '2026-03-09_00_IDs.txt.xz'), 'damaged');
  // The vault's files are as old as the real clock says: the damage must have stood for an hour.
  place.world.clock.set(Date.now() + 2 * hourMs);
  const disk: typeof systemDisk = {
    ...place.world.disk,
    async facts(path) {
      if (path.includes('2026-03-08')) throw Object.assign(new Error('input/output error'), { code: 'EIO' });
      return systemDisk.facts(path);
    },
  };
  const ended = runPublish(place.config, { ...place.world, disk });
  await until('the others lie there', () => place.paths().length === 4);
  const { sentence } = await until('it is told', () => told(place, 'raised'));
  place.world.stop();
  await ended;
  assert.match(sentence, /2026-03-0[89].* in the vault cannot be published/);
  assert.match(sentence, 'the others go on');
  assert.ok(place.paths().includes('2026/03/09/2026-03-09_01_IDs.txt.xz'));
});

test.run();
