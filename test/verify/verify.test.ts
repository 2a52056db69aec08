// What `streamvault verify` finds: nothing in a sound vault, and each kind of damage by its name.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compressXz } from '../../src/outside/xz.ts';
import { verifyVault } from '../../src/verify/verify.ts';
import type { Verdict } from '../../src/verify/verify.ts';
import { watchOnce } from '../../src/watch/watch.ts';
import { minuteAt, payloadLine, place, writeHour } from '../support/watching.ts';
import type { Place } from '../support/watching.ts';

const test = suite('verify');
const start = minuteAt('2026-03-10T13:00Z');

/** Two hours of two servers, with a tweet at the border, an unreadable line, and odd characters. */
async function twoHours(): Promise<{ here: Place; file: (name: string) => string }> {
  const here = place({ now: '2026-03-10T16:00:00Z' });
  const text = 'a "quoted"\r\ntext, with commas';
  writeHour(here.own, start, { 0: [payloadLine(1), payloadLine(5, { text, source: 'a\nb' })], 59: [payloadLine(9)] });
  writeHour(here.partner, start, { 0: [payloadLine(1), '[]'], 59: [payloadLine(9)] });
  writeHour(here.own, start + 60, { 0: [payloadLine(9), payloadLine(10)] });
  writeHour(here.partner, start + 60, { 0: [payloadLine(10)] });
  await watchOnce(here.config(), here.world());
  return { here, file: (name) => join(here.vault, '2026-03-10', name) };
}

async function verdicts(here: Place, day?: string): Promise<Verdict[]> {
  const found: Verdict[] = [];
  for await (const verdict of verifyVault(here.config(), here.world(), day)) found.push(verdict);
  return found;
}

test('a sound vault is sound, hour by hour and day by day', async () => {
  const { here } = await twoHours();
  const sound = { is: 'sound', problems: [] };
  const expected = ['2026-03-10T13', '2026-03-10T14', '2026-03-10'].map((of) => ({ of, ...sound }));
  assert.equal(await verdicts(here), expected);
  assert.equal(await verdicts(here, '2026-03-10'), expected);
});

test('a day that lies on another disk, with a link in its place, is verified too, and wrong where the link leads nowhere', async () => {
  const { here } = await twoHours();
  const expected = await verdicts(here);
  const day = join(here.vault, '2026-03-10');
  renameSync(day, join(here.root, 'elsewhere'));
  symlinkSync(join(here.root, 'elsewhere'), day);
  assert.equal(await verdicts(here), expected);
  assert.equal((await watchOnce(here.config(), here.world())).committed, []);
  renameSync(join(here.root, 'elsewhere'), join(here.root, 'unmounted'));
  const [nowhere, ...others] = await verdicts(here);
  assert.is(nowhere?.is, 'wrong');
  assert.match(nowhere?.problems.join() ?? '', /its link leads nowhere/);
  assert.equal(others, []);
});

test('one flipped byte is found', async () => {
  const { here, file } = await twoHours();
  const bytes = readFileSync(file('2026-03-10_13_users.csv.xz'));
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  writeFileSync(file('2026-03-10_13_users.csv.xz'), bytes);
  const [first] = await verdicts(here);
  assert.is(first?.is, 'wrong');
  assert.match(
    first?.problems.join('; ') ?? '',
    /2026-03-10_13_users\.csv\.xz: its \d+ bytes are others than those that the receipt proves/,
  );
});

test('IDs that are not the rows’, and IDs that the hour before has, are found', async () => {
  const { here, file } = await twoHours();
  writeFileSync(file('2026-03-10_14_IDs.txt.xz'), await compressXz(Buffer.from('9\n'), { preset: 6 }));
  const problems = (await verdicts(here))[1]?.problems.join('; ') ?? '';
  assert.match(problems, /the IDs are not those of the rows/);
  assert.match(problems, /1 IDs stand in the hour before as well/);
});

test('a report or a sum that is not what the receipts say is found', async () => {
  const { here, file } = await twoHours();
  writeFileSync(file('2026-03-10_report.txt'), 'something else\n');
  const day = (await verdicts(here)).at(-1);
  assert.equal(day?.problems, [
    'the report is not what the receipts say',
    '2026-03-10_report.txt is not what SHA256SUMS says',
  ]);
});

test('a half-finished commit is called in progress, and another tool’s hour foreign', async () => {
  const { here, file } = await twoHours();
  renameSync(file('2026-03-10_13_receipt.json'), file('2026-03-10_13_receipt.next.json'));
  renameSync(file('2026-03-10_14_receipt.json'), file('2026-03-10_14_gone'));
  const found = await verdicts(here);
  assert.equal(
    found.slice(0, 2).map((verdict) => verdict.is),
    ['in progress', 'foreign'],
  );
});

test('a receipt that is cut off is wrong, not another tool’s', async () => {
  const { here, file } = await twoHours();
  truncateSync(file('2026-03-10_13_receipt.json'), 700);
  const found = await verdicts(here);
  assert.is(found[0]?.is, 'wrong');
  assert.match(found[0]?.problems.join() ?? '', /2026-03-10_13_receipt\.json cannot be read as a receipt/);
  for (const label of ['13', '14']) truncateSync(file(`2026-03-10_${label}_receipt.json`), 0);
  assert.equal(
    (await verdicts(here)).map((verdict) => verdict.is),
    ['wrong', 'wrong', 'wrong'],
  );
});

/** Two hours whose minute files the vault keeps; the path of one of the first hour, with three tweets, below the day. */
async function twoKeptHours(): Promise<{ here: Place; kept: string; file: (name: string) => string }> {
  const here = place({ now: '2026-03-10T16:00:00Z' });
  for (const tree of [here.own, here.partner]) {
    writeHour(tree, start, { 7: [payloadLine(1), payloadLine(2), payloadLine(3)] });
    writeHour(tree, start + 60);
    writeHour(tree, start - 60);
  }
  await watchOnce(here.config('raw = "keep"\n'), here.world());
  const file = (name: string): string => join(here.vault, '2026-03-10', name);
  const name = readdirSync(file('raw/13/server-1')).find((entry) => entry.includes('T13-07Z_3_'));
  return { here, kept: `raw/13/server-1/${name}`, file };
}

const wrongHour = 'wrong hours: 2026-03-10T13';

/** Problems of the hour with the kept file, and of its day. */
async function problemsOf(here: Place): Promise<{ hour: readonly string[]; day: readonly string[] }> {
  const found = await verdicts(here);
  const hour = found.find(({ of }) => of === '2026-03-10T13')?.problems ?? [];
  return { hour, day: found.at(-1)?.problems ?? [] };
}

test('kept minute files are decompressed and held against the receipt', async () => {
  const { here } = await twoKeptHours();
  assert.is((await verdicts(here)).filter(({ is }) => is === 'sound').length, 4);
});

test('a kept minute file with a flipped byte is named, though its sums were made anew', async () => {
  const { here, kept, file } = await twoKeptHours();
  const bytes = readFileSync(file(kept));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(file(kept), bytes);
  const { hour, day } = await problemsOf(here);
  assert.is(hour.length, 1);
  assert.ok(hour[0]?.startsWith(`${kept}: it cannot be read (`), hour[0]);
  assert.equal(day, [wrongHour, `${kept} is not what SHA256SUMS says`]);
  const sums = readFileSync(file('SHA256SUMS'), 'utf8');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(file('SHA256SUMS'), sums.replace(new RegExp(`^\\w+(?=  ${kept}$)`, 'm'), sha256));
  const again = await problemsOf(here);
  assert.equal(again.day, [wrongHour], 'a day is no sounder than its hours');
  assert.equal(again.hour, hour);
});

test('a kept minute file that is cut off, has other lines, or that no receipt names is named', async () => {
  const { here, kept, file } = await twoKeptHours();
  writeFileSync(file('raw/13/server-2/2026-03-10T13-07Z_9_60s_0123456789abcdef.jsonl.xz'), readFileSync(file(kept)));
  const other = readdirSync(file('raw/13/server-2')).find((entry) => entry.includes('T13-07Z_3_'));
  truncateSync(file(`raw/13/server-2/${other}`), 60);
  writeFileSync(file(kept), await compressXz(Buffer.from(`${payloadLine(1)}\n${payloadLine(2)}\n`), { preset: 6 }));
  const { hour } = await problemsOf(here);
  assert.is(hour.length, 3);
  assert.is(hour[0], `${kept}: its 2 lines are not the 3 that the receipt proves`);
  assert.ok(hour[1]?.startsWith(`raw/13/server-2/${other}: it cannot be read (`), hour[1]);
  assert.match(hour[2] ?? '', /^raw\/13\/server-2\/2026-03-10T13-07Z_9_.*: the receipt names no such minute file$/);
});

test('a kept minute file of as many lines, and other ones, is named', async () => {
  const { here, kept, file } = await twoKeptHours();
  const lines = [1, 2, 4].map((id) => `${payloadLine(id)}\n`).join('');
  writeFileSync(file(kept), await compressXz(Buffer.from(lines), { preset: 6 }));
  assert.equal((await problemsOf(here)).hour, [`${kept}: its 3 lines are others than those that the receipt proves`]);
});

test('an ID that the first hour of the next day stores as well is found where only this day is asked for', async () => {
  const here = place({ now: '2026-03-11T02:00:00Z' });
  const last = minuteAt('2026-03-10T23:00Z');
  for (const tree of [here.own, here.partner]) {
    writeHour(tree, last, { 59: [payloadLine(9)] });
    writeHour(tree, last + 60, { 0: [payloadLine(10)] });
  }
  await watchOnce(here.config(), here.world());
  const ids = join(here.vault, '2026-03-11', '2026-03-11_00_IDs.txt.xz');
  writeFileSync(ids, await compressXz(Buffer.from('9\n'), { preset: 6 }));
  const [hour] = await verdicts(here, '2026-03-10');
  assert.equal([hour?.is, hour?.problems], ['wrong', ['1 IDs stand in the hour after as well']]);
});

test('kept raw files that SHA256SUMS does not name, or that changed, are found', async () => {
  const { here, file } = await twoHours();
  mkdirSync(file('raw/13/server-1'), { recursive: true });
  writeFileSync(file('raw/13/server-1/a.jsonl.xz'), 'content');
  const ofDay = async (): Promise<readonly string[]> => (await problemsOf(here)).day;
  assert.equal(await ofDay(), [wrongHour, 'SHA256SUMS does not name raw/13/server-1/a.jsonl.xz']);
  await watchOnce(here.config(), here.world());
  assert.equal(await ofDay(), [wrongHour], 'its receipt does not name that file');
  writeFileSync(file('raw/13/server-1/a.jsonl.xz'), 'contents');
  assert.equal(await ofDay(), [wrongHour, 'raw/13/server-1/a.jsonl.xz is not what SHA256SUMS says']);
});

test.run();
