import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../src/outside/clock.ts';
import { type Doorbell, hangDoorbell } from '../../src/outside/doorbell.ts';
import { manualClock } from '../support/manual-clock.ts';
import { silentLog } from '../support/silent-log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const test = suite('doorbell');
const rings = (name: string, isFolder: boolean): boolean => (isFolder ? name !== 'aside' : name.endsWith('.jsonl'));
const never = new AbortController().signal;
const setting = { clock: systemClock(), log: silentLog, rings };

/** A wait would end by itself: that the bell rang is seen before it. */
async function rung(bell: Doorbell): Promise<void> {
  await until('a ring', () => bell.isRung);
  await bell.wait(60_000, never);
}

/** Whatever happened in the folder before has been heard: a bell that rings for anything has rung for something after it. */
async function heardAll(folder: string): Promise<void> {
  await using bell = await hangDoorbell([folder], { ...setting, rings: () => true });
  writeFileSync(join(folder, 'marker'), '');
  await until('the marker to be seen', () => bell.isRung);
}

test('a file that gets its final name rings', async () => {
  const folder = temporaryFolder();
  await using bell = await hangDoorbell([folder], setting);
  writeFileSync(join(folder, 'minute.part'), '');
  renameSync(join(folder, 'minute.part'), join(folder, 'minute.jsonl'));
  await rung(bell);
  assert.is(bell.isRung, false);
});

test('a file in a folder that is made later rings, or the folder does', async () => {
  const folder = temporaryFolder();
  await using bell = await hangDoorbell([folder], setting);
  mkdirSync(join(folder, '2026-03-10/13'), { recursive: true });
  writeFileSync(join(folder, '2026-03-10/13/minute.jsonl'), '');
  await rung(bell);
});

test('rings before a wait are one ring', async () => {
  const folder = temporaryFolder();
  await using bell = await hangDoorbell([folder], setting);
  for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, `${name}.jsonl`), '');
  await until('it has rung', () => bell.isRung);
  await bell.wait(60_000, never);
  assert.is(bell.isRung, false);
});

test('what is being written does not ring', async () => {
  const folder = temporaryFolder();
  await using bell = await hangDoorbell([folder], setting);
  writeFileSync(join(folder, 'minute.part'), 'a');
  writeFileSync(join(folder, 'minute.part'), 'ab');
  await heardAll(folder);
  assert.is(bell.isRung, false);
  mkdirSync(join(folder, 'later'));
  await rung(bell);
});

test('a folder that does not ring is not looked into', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'aside'));
  writeFileSync(join(folder, 'aside/lies-there.jsonl'), '');
  const asked: string[] = [];
  const asking = (name: string, isFolder: boolean): boolean => asked.push(name) > 0 && rings(name, isFolder);
  await using bell = await hangDoorbell([folder], { ...setting, rings: asking });
  writeFileSync(join(folder, 'aside/comes.jsonl'), '');
  await heardAll(folder);
  assert.is(bell.isRung, false);
  writeFileSync(join(folder, 'minute.jsonl'), '');
  await rung(bell);
  assert.equal(
    [...new Set(asked)].filter((name) => name !== 'marker'),
    ['aside', 'minute.jsonl'],
  );
});

test('without a ring the wait ends by the clock', async () => {
  const clock = manualClock();
  await using bell = await hangDoorbell([temporaryFolder()], { ...setting, clock });
  let isOver = false;
  const waited = bell.wait(5000, never).then(() => (isOver = true));
  await clock.pass(4999);
  assert.is(isOver, false);
  await clock.pass(1);
  await waited;
  assert.is(clock.sleeping, 0);
});

test('a stop ends the wait with its reason', async () => {
  const stop = new AbortController();
  await using bell = await hangDoorbell([temporaryFolder()], setting);
  const waited = bell.wait(60_000, stop.signal).catch((error: Error) => error.message);
  stop.abort(new Error('stopped'));
  assert.is(await waited, 'stopped');
});

test('a folder that goes away leaves a bell that is silent', async () => {
  const folder = temporaryFolder();
  const gone = join(folder, 'gone');
  mkdirSync(gone);
  writeFileSync(join(gone, 'minute.jsonl'), '');
  await using bell = await hangDoorbell([gone], setting);
  rmSync(gone, { recursive: true });
  await heardAll(folder);
  assert.is(bell.isRung, false);
});

test.run();
