// What `streamvault verify` finds: nothing in a sound vault, and each kind of damage by its name.
import { mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
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

test('one flipped byte is found', async () => {
  const { here, file } = await twoHours();
  const bytes = readFileSync(file('2026-03-10_13_users.csv.xz'));
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  writeFileSync(file('2026-03-10_13_users.csv.xz'), bytes);
  const [first] = await verdicts(here);
  assert.is(first?.is, 'wrong');
  assert.match(first?.problems.join('; ') ?? '', /2026-03-10_13_users\.csv\.xz: .*not the \d+ that the receipt proves/);
});

test('IDs that are not the rows’, and IDs that the hour before has, are found', async () => {
  const { here, file } = await twoHours();
  writeFileSync(file('2026-03-10_14_IDs.txt.xz'), await compressXz(Buffer.from('9\n'), 6));
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

test('kept raw files that SHA256SUMS does not name, or that changed, are found', async () => {
  const { here, file } = await twoHours();
  mkdirSync(file('raw/13/server-1'), { recursive: true });
  writeFileSync(file('raw/13/server-1/a.jsonl.xz'), 'content');
  assert.equal((await verdicts(here)).at(-1)?.problems, ['SHA256SUMS does not name raw/13/server-1/a.jsonl.xz']);
  await watchOnce(here.config(), here.world());
  assert.is((await verdicts(here)).at(-1)?.is, 'sound');
  writeFileSync(file('raw/13/server-1/a.jsonl.xz'), 'contents');
  assert.equal((await verdicts(here)).at(-1)?.problems, ['raw/13/server-1/a.jsonl.xz is not what SHA256SUMS says']);
});

test.run();
