// Damage in the vault under the watch: an output that decayed, a commit that cannot be finished, a kept minute file that cannot be read.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperatorError } from '../../src/domain/operator-error.ts';
import { parseSums } from '../../src/domain/vault.ts';
import { hourMs, hourOfName } from '../../src/domain/time.ts';
import { type Disk, type Entry, systemDisk } from '../../src/outside/disk.ts';
import { pass } from '../../src/watch/pass.ts';
import { openShop } from '../../src/watch/shop.ts';
import { watchOnce } from '../../src/watch/watch.ts';
import { crew, day, endCrew, idsOf, once, outputPath, payloadLines, receiptOf, start } from '../support/watched-day.ts';
import { type Place, bytesBelow, comparable, place, writeHour, writeMinute } from '../support/watching.ts';

const test = suite('damage');
test.after(endCrew);

/** An hour that lacks the partner's last minute. */
function hourWithoutItsEnd(now = '2026-03-10T14:20:00Z'): Place {
  const here = place({ now });
  writeHour(here.own, start, { 0: payloadLines(1), 7: payloadLines(2) });
  for (let minute = 0; minute < 59; minute++) writeMinute(here.partner, start + minute, { lines: [] });
  return here;
}

const lastMinuteComes = (here: Place, ids: readonly number[]): unknown =>
  writeMinute(here.partner, start + 59, { lines: payloadLines(...ids) });

/**
 * What a sentence says to paste, as root runs it. In a shell of root's: the vault is closed to the user who pastes it, whose own shell
 * would hand the stars to sudo as they are, and `rm -f` find nothing without a word.
 */
const pastedBy = (sentence: string): string => /sudo (sh -c '[^']*')/.exec(sentence)?.[1] ?? 'false';

function turnOneBit(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);
}

test('an output that decayed since is written anew when its hour is made again', async () => {
  const here = hourWithoutItsEnd();
  await once(here);
  turnOneBit(outputPath(here, '13', 'IDs.txt.xz'));
  lastMinuteComes(here, []);
  await once(here);
  assert.is(receiptOf(here).generation, 2);
  assert.is(await idsOf(here, '13'), '1\n2\n');
});

/** A whole hour, and the next one's minute files, which hold one of its tweets again; the first hour's IDs file is then damaged. */
async function hourWithDamagedIds(damage: (bytes: Buffer) => Uint8Array): Promise<Place> {
  const here = place({ now: '2026-03-10T14:20:00Z' });
  for (const tree of [here.own, here.partner]) writeHour(tree, start, { 59: payloadLines(1, 2) });
  await once(here);
  const path = outputPath(here, '13', 'IDs.txt.xz');
  writeFileSync(path, damage(readFileSync(path)));
  for (const tree of [here.own, here.partner]) writeHour(tree, start + 60, { 0: payloadLines(2, 3) });
  await here.clock.pass(hourMs);
  return here;
}

const damages: [what: string, damage: (bytes: Buffer) => Uint8Array][] = [
  ['cut off', (bytes) => bytes.subarray(0, bytes.length - 9)],
  ['emptied', () => Buffer.from('')],
  ['changed', (bytes) => bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte))],
];

for (const [what, damage] of damages) {
  test(`an IDs file that is ${what} keeps no later hour from being made, nor has it hold a tweet twice`, async () => {
    const here = await hourWithDamagedIds(damage);
    await once(here);
    assert.is(await idsOf(here, '14'), '3\n');
    assert.is(receiptOf(here, '14').counts.duplicates_across, 1);
  });
}

test('where the rows are damaged as well both files are named, and the next hour waits until one of them is back', async () => {
  const here = await hourWithDamagedIds(() => Buffer.from('no xz'));
  const path = outputPath(here, '13', 'tweets.csv.xz');
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, 40));
  const error = await once(here).catch((refusal: unknown) => refusal);
  assert.instance(error, OperatorError);
  assert.is((error as OperatorError).code, 'disk-failed');
  assert.match(String(error), /2026-03-10T13 holds.*_13_IDs\.txt\.xz.*_13_tweets\.csv\.xz/);
  writeFileSync(path, whole);
  await once(here);
  assert.is(await idsOf(here, '14'), '3\n');
});

test('an hour whose receipt is damaged keeps its minute files where they lie, and what is said of it brings it back', async () => {
  const here = place({ now: '2026-03-10T14:20:00Z' });
  for (const tree of [here.own, here.partner]) writeHour(tree, start, { 0: payloadLines(1) });
  await once(here);
  const whole = comparable(here.vault);
  writeFileSync(outputPath(here, '13', 'receipt.json'), '');
  assert.is((await once(here)).setAside, 0);
  assert.is(bytesBelow(here.own).size, 60);
  const hour = hourOfName('2026-03-10T13', 'UTC');
  const asked = watchOnce(here.config(), here.world(), { crew, ...(hour && { hour }) });
  assert.match(String(await asked.catch((refusal: unknown) => refusal)), /its receipt is cut off or damaged/);
  const { cause, sentence } = here.alerts.at(-1) ?? { sentence: '' };
  assert.is(cause, 'disk-failing');
  execFileSync('/bin/sh', ['-c', pastedBy(sentence)]);
  await once(here);
  assert.equal(comparable(here.vault), whole);
});

test('the service tells of a damaged receipt until it is put back', async () => {
  const here = place({ now: '2026-03-10T14:20:00Z' });
  for (const tree of [here.own, here.partner]) writeHour(tree, start);
  await once(here);
  const path = outputPath(here, '13', 'receipt.json');
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, 100));
  await using shop = openShop(here.config(), here.world(), { isOnce: false, crew });
  for (let count = 0; count < 4; count++) await pass(shop);
  assert.is(shop.troubles.areOver, false);
  writeFileSync(path, whole);
  await pass(shop);
  assert.is(shop.troubles.areOver, true);
  assert.is(bytesBelow(here.own).size, 60);
});

test('an output that decayed since keeps the sum that its receipt proves when the day is summed again: a new one would bless the damage', async () => {
  const here = hourWithoutItsEnd('2026-03-10T15:20:00Z');
  for (const tree of [here.own, here.partner]) writeHour(tree, start + 60, { 0: payloadLines(3) });
  await once(here);
  const path = outputPath(here, '14', 'IDs.txt.xz');
  turnOneBit(path);
  const soon = Date.now() / 1_000 + 60;
  utimesSync(path, soon, soon);
  lastMinuteComes(here, []);
  await once(here);
  assert.is(receiptOf(here).generation, 2);
  const sums = parseSums(readFileSync(join(here.vault, day, 'SHA256SUMS'), 'utf8'));
  const proven = receiptOf(here, '14').outputs.find(({ kind }) => kind === 'IDs');
  assert.is(sums.get(basename(path)), proven?.sha256);
});

/** A disk that dies after so many of the renames that follow the commit point. */
function dyingAfterCommit(renames: number): Disk {
  let left = renames;
  return {
    ...systemDisk,
    async rename(from, to) {
      if (left-- <= 0) throw new Error('the power is gone');
      await systemDisk.rename(from, to);
    },
  };
}

async function breakOff(here: Place): Promise<void> {
  await watchOnce(here.config(), here.world({ disk: dyingAfterCommit(1) }), { crew }).catch(() => {});
  const left = readdirSync(join(here.vault, day)).filter((name) => /^\..*\.next$/.test(name));
  assert.ok(left.length > 0);
  for (const name of left) writeFileSync(join(here.vault, day, name), 'lost');
}

async function refusedStart(here: Place): Promise<OperatorError> {
  const error = await once(here).catch((refusal: unknown) => refusal);
  assert.instance(error, OperatorError);
  assert.is((error as OperatorError).code, 'own-damage');
  return error as OperatorError;
}

for (const [isMadeAgain, what] of [
  [false, 'made for the first time'],
  [true, 'made again'],
] as const) {
  test(`what the sentence says of a commit that cannot be finished brings back an hour that was being ${what}`, async () => {
    const whole = hourWithoutItsEnd();
    lastMinuteComes(whole, [3]);
    await once(whole);
    const here = hourWithoutItsEnd();
    if (isMadeAgain) await once(here);
    lastMinuteComes(here, [3]);
    await breakOff(here);
    const { remedy } = await refusedStart(here);
    execFileSync('/bin/sh', ['-c', pastedBy(remedy)]);
    await once(here);
    assert.equal(comparable(here.vault), comparable(whole.vault));
    assert.is(receiptOf(here).generation, isMadeAgain ? 2 : 1);
  });
}

test('watch --once --hour ends where a minute file that the vault keeps is damaged, and says so', async () => {
  const keep = 'raw = "keep"\n';
  const here = hourWithoutItsEnd('2026-03-20T00:00:00Z');
  await once(here, keep);
  const kept = join(here.vault, day, 'raw/13/server-1');
  writeFileSync(join(kept, readdirSync(kept)[7] ?? ''), 'damaged');
  const hour = hourOfName('2026-03-10T13', 'UTC');
  const made = watchOnce(here.config(keep), here.world(), { crew, ...(hour && { hour }) });
  const error = await made.catch((refusal: unknown) => refusal);
  assert.match(String(error), /one of the minute files of its receipt cannot be read/);
  assert.is(receiptOf(here).generation, 1);
});

test('a pass from cron ends what one before it told of a file that could not be read, once all can be', async () => {
  const here = hourWithoutItsEnd();
  const path = join(here.own, [...bytesBelow(here.own).keys()].find((file) => file.includes('T13-07Z')) ?? '');
  const content = readFileSync(path);
  rmSync(path);
  mkdirSync(path);
  // A folder that is listed as a file cannot be read as one.
  const list = async (folder: string): Promise<Entry[]> =>
    (await systemDisk.list(folder)).map((entry) =>
      entry.name === basename(path) ? { ...entry, isFile: true, isFolder: false } : entry,
    );
  const said: string[] = [];
  const world = {
    ...here.world({ disk: { ...systemDisk, list } }),
    alerts: {
      raise: (cause: string) => void said.push(`${cause} raised`),
      end: (cause: string) => void said.push(`${cause} ended`),
    },
  };
  await watchOnce(here.config(), world, { crew });
  assert.equal(said, ['disk-failing raised', 'hour-incomplete raised', 'disk-full ended']);
  rmdirSync(path);
  writeFileSync(path, content);
  await watchOnce(here.config(), world, { crew });
  assert.ok(said.includes('disk-failing ended'));
});

test.run();
