// A vault that was begun and is not there: a disk that is not mounted must not look like a vault that is still to begin.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperatorError } from '../../src/domain/operator-error.ts';
import { hourMs } from '../../src/domain/time.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { runWatch } from '../../src/watch/watch.ts';
import { diskRefusal } from '../support/disk-refusal.ts';
import { until } from '../support/until.ts';
import { crew, day, endCrew, once, payloadLines, receiptOf, start } from '../support/watched-day.ts';
import { type Place, bytesBelow, place, writeHour } from '../support/watching.ts';
import { watchOnce } from '../../src/watch/watch.ts';

const test = suite('a missing vault');
test.after(endCrew);

const elsewhere = (here: Place): string => join(here.root, 'unmounted');

/** A vault with one hour, and the next hour's minute files; then the vault's disk is not mounted. */
async function unmounted(): Promise<Place> {
  const here = place({ now: '2026-03-10T14:20:00Z' });
  for (const tree of [here.own, here.partner]) writeHour(tree, start, { 0: payloadLines(1) });
  await once(here);
  for (const tree of [here.own, here.partner]) writeHour(tree, start + 60, { 0: payloadLines(2) });
  await here.clock.pass(hourMs);
  renameSync(here.vault, elsewhere(here));
  mkdirSync(here.vault);
  return here;
}

test('nothing is made in its place, and nothing removed; once it is back the watch goes on', async () => {
  const here = await unmounted();
  const before = bytesBelow(here.own);
  const error = await once(here).catch((refusal: unknown) => refusal);
  assert.instance(error, OperatorError);
  assert.is((error as OperatorError).code, 'disk-failed');
  assert.match(String(error), /was begun, and is empty now/);
  assert.equal(bytesBelow(here.own), before);
  assert.is(existsSync(join(here.vault, day)), false);
  rmSync(here.vault, { recursive: true });
  renameSync(elsewhere(here), here.vault);
  await once(here);
  assert.is(receiptOf(here, '14').counts.total, 1);
});

test('what the sentence says begins a new one', async () => {
  const here = await unmounted();
  const { remedy } = (await once(here).catch((refusal: unknown) => refusal)) as OperatorError;
  rmSync(/rm (.*)$/.exec(remedy)?.[1] ?? '');
  await once(here);
  assert.is(receiptOf(here, '14').counts.total, 1);
});

test('a copy of a vault without its hidden files is a vault', async () => {
  const here = await unmounted();
  for (const name of readdirSync(elsewhere(here)))
    if (!name.startsWith('.')) renameSync(join(elsewhere(here), name), join(here.vault, name));
  await once(here);
  assert.is(receiptOf(here, '14').counts.total, 1);
});

test('a spool that is full keeps no vault from being begun', async () => {
  const here = place({ now: '2026-03-10T14:20:00Z' });
  for (const tree of [here.own, here.partner]) writeHour(tree, start);
  const disk = {
    ...systemDisk,
    async write(path: string, bytes: Uint8Array | string): Promise<void> {
      if (path.startsWith(here.own)) throw diskRefusal('ENOSPC');
      await systemDisk.write(path, bytes);
    },
  };
  await watchOnce(here.config(), here.world({ disk }), { crew });
  assert.is(receiptOf(here).complete, true);
});

test('the service does not start, so that nothing beside it takes the empty folder for the vault', async () => {
  const here = await unmounted();
  const error = await runWatch(here.config(), here.world()).catch((refusal: unknown) => refusal);
  assert.is((error as OperatorError).code, 'disk-failed');
});

test('a service at work tells that its vault was taken away, waits, and goes on by itself', async () => {
  const here = place({ now: '2026-03-10T14:20:00Z' });
  for (const tree of [here.own, here.partner]) writeHour(tree, start, { 0: payloadLines(1) });
  const stop = new AbortController();
  const ended = runWatch(here.config(), here.world({ signal: stop.signal }));
  const passing = async (isSo: () => boolean): Promise<boolean> => {
    await here.clock.pass(5_000);
    return isSo();
  };
  const isMade = (label: string): boolean => existsSync(join(here.vault, day, `${day}_${label}_receipt.json`));
  try {
    await until('an hour is made', () => passing(() => isMade('13')));
    renameSync(here.vault, elsewhere(here));
    mkdirSync(here.vault);
    await until('it is told', () => passing(() => here.alerts.some(({ cause }) => cause === 'disk-failing')));
    const told = here.alerts.find(({ cause }) => cause === 'disk-failing');
    assert.match(told?.sentence ?? '', /its disk is not mounted.*to begin a new vault in its place/s);
    for (const tree of [here.own, here.partner]) writeHour(tree, start + 60);
    rmSync(here.vault, { recursive: true });
    renameSync(elsewhere(here), here.vault);
    await until('it goes on', () => passing(() => isMade('14')));
    assert.ok(isMade('13'));
  } finally {
    stop.abort();
    await ended;
  }
});

test.run();
