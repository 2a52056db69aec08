// Minute files of a partner that means harm: whatever lies in the inbox, the watch goes on, within bounds of memory and time,
// reads nothing outside its trees, and writes nothing but the vault's own names.
// may take 300 s
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { minuteFileName } from '../../src/domain/minute-file.ts';
import { watchOnce } from '../../src/watch/watch.ts';
import { bytesBelow, minuteAt, payloadLine, place, unpacked, writeHour, writeMinute } from '../support/watching.ts';

const test = suite('hostile minute files');
const start = minuteAt('2026-03-10T13:00Z');
const folderOf = (tree: string): string => join(tree, '2026-03-10/13');

/** A payload whose `text` is this JSON, written out as it stands. */
const withText = (id: number, json: string): string => `{"data":{"id":"${id}","text":${json}}}`;
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const keys = (count: number): string => `{${Array.from({ length: count }, (_, index) => `"k${index}":0`).join(',')}}`;

async function vaultOf(lines: readonly string[]) {
  const here = place();
  writeHour(here.own, start, { 0: [payloadLine(9_000_000)] });
  writeHour(here.partner, start, { 0: lines });
  const done = await watchOnce(here.config(), here.world());
  const day = join(here.vault, '2026-03-10');
  const receipt = JSON.parse(readFileSync(join(day, '2026-03-10_13_receipt.json'), 'utf8')) as {
    counts: { total: number; unreadable: Record<string, number> };
  };
  return { here, done, day, counts: receipt.counts };
}

test('nesting a million deep costs no more than its line: the row is kept, or the line is unreadable', async () => {
  const { counts } = await vaultOf([
    withText(1, deep(1_000_000)),
    withText(2, `{"a":${deep(500_000)}}`),
    withText(3, '['.repeat(1_000_000)),
    `{"data":{"id":"4","referenced_tweets":${deep(1_000_000)}}}`,
    `{"data":{"id":"5","author_id":"7"},"includes":{"users":${deep(1_000_000)}}}`,
    `{"data":{"id":"6","author_id":"7"},"includes":{"users":[{"id":"7","location":${deep(1_000_000)}}]}}`,
    payloadLine(7),
  ]);
  const unreadable = Object.values(counts.unreadable).reduce((sum, lines) => sum + lines, 0);
  assert.is(counts.total - 1 + unreadable, 7);
  assert.ok(counts.total >= 2);
});

test('a line with half a million keys is a line like any other', async () => {
  const { counts } = await vaultOf([
    `{"data":{"id":"1","text":"x"},"more":${keys(500_000)}}`,
    `{"data":${keys(500_000).replace('{', '{"id":"2",')}}`,
  ]);
  assert.is(counts.total, 3);
});

test('lines beyond the longest are kept verbatim without being held in memory', async () => {
  const { counts } = await vaultOf([withText(1, `"${'x'.repeat(100 * 2 ** 20)}"`), payloadLine(2)]);
  assert.equal(counts.unreadable, { 'too-long': 1 });
  assert.is(counts.total, 2);
});

test('a million lines of nothing are counted', async () => {
  const { counts } = await vaultOf(Array.from({ length: 1_000_000 }, () => ''));
  assert.equal(counts.unreadable, { 'not-json': 1_000_000 });
});

test('names that mean something to JavaScript mean nothing here', async () => {
  const { counts, day } = await vaultOf([
    '{"__proto__":{"id":"1"},"data":{"id":"2","__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}}',
    '{"data":{"id":"3","toString":1,"hasOwnProperty":2,"author":{"__proto__":null}},"includes":{"users":{"length":1e9}}}',
    '{"data":{"id":"4","text":"\\u0000 \\ud800 =cmd|\' /C calc\'!A0","author_id":{"toString":"x"}}}',
  ]);
  assert.is(counts.total, 4);
  assert.is(({} as Record<string, unknown>)['polluted'], undefined);
  assert.match(await unpacked(join(day, '2026-03-10_13_tweets.csv.xz')), '=cmd');
});

test('IDs that are none are unreadable, not a row and not a path', async () => {
  const ids = ['"../../x"', '-1', '1e3', '[1]', '{}', 'null', 'true', '"1.5"', `"${'9'.repeat(21)}"`, '" 1"', '"１"'];
  const { counts } = await vaultOf(ids.map((id) => `{"data":{"id":${id}}}`));
  assert.equal(counts.unreadable, { 'bad-id': ids.length });
});

test('links, pipes and devices under a minute file’s name are set aside and never read', async () => {
  const here = place();
  writeHour(here.own, start, { 0: [payloadLine(1)] });
  writeHour(here.partner, start);
  const folder = folderOf(here.partner);
  const secret = join(here.root, 'secret');
  writeFileSync(secret, 'a secret of this machine\n');
  const older = (minute: number): string =>
    `sampled_stream_2026-03-10_13:0${minute}:00_to_2026-03-10_13:0${minute + 1}:00.jsonl`;
  symlinkSync(secret, join(folder, older(1)));
  symlinkSync('/dev/zero', join(folder, older(2)));
  symlinkSync('../../../../secret', join(folder, older(3)));
  execFileSync('mkfifo', [join(folder, older(4))]);
  const claimed = minuteFileName({ minute: start + 5, lines: 1, connectedSeconds: 60, digest: '0123456789abcdef' });
  symlinkSync('/etc/passwd', join(folder, claimed));
  mkdirSync(join(folder, older(6)));
  symlinkSync(join(here.root, 'own'), join(here.partner, '2026-03-11'));
  const { setAside } = await watchOnce(here.config(), here.world());
  assert.is(setAside, 5);
  assert.is(readdirSync(join(here.partner, 'aside')).filter((name) => !name.endsWith('.txt')).length, 5);
  for (const [path, bytes] of bytesBelow(here.vault)) {
    const text = path.endsWith('.xz') ? await unpacked(join(here.vault, path)) : bytes.toString('utf8');
    assert.not.match(text, /a secret of this machine|root:/);
  }
  assert.is(readFileSync(secret, 'utf8'), 'a secret of this machine\n');
});

test('a gigantic file is set aside unread, and the hour is made without it', async () => {
  const here = place();
  writeHour(here.own, start, { 0: [payloadLine(1)] });
  writeHour(here.partner, start);
  const name = minuteFileName({ minute: start + 5, lines: 1, connectedSeconds: 60, digest: '0123456789abcdef' });
  const path = join(folderOf(here.partner), name);
  writeFileSync(path, '');
  // Without a gap in it it would not fit on this disk.
  truncateSync(path, 2 ** 40);
  const began = performance.now();
  const { setAside } = await watchOnce(here.config(), here.world());
  assert.is(setAside, 1);
  assert.match(
    readFileSync(join(here.partner, 'aside', `${name}.txt`), 'utf8'),
    /1099511627776 bytes are more than 1073741824/,
  );
  assert.ok(performance.now() - began < 60_000, 'reading it would take hours');
  assert.ok(existsSync(join(here.vault, '2026-03-10/2026-03-10_13_receipt.json')));
});

test('names of no minute are set aside or left alone; nothing leaves the tree', async () => {
  const here = place();
  writeHour(here.own, start);
  writeHour(here.partner, start);
  const folder = folderOf(here.partner);
  for (const name of [
    '..jsonl',
    'a\nb.jsonl',
    '$(touch x).jsonl',
    '-rf.jsonl',
    '`id`.jsonl',
    `${'n'.repeat(240)}.jsonl`,
  ])
    writeFileSync(join(folder, name), 'x\n');
  writeFileSync(join(folder, '2026-03-10T13-00Z_1_60s_0123456789abcdef.jsonl'), 'not what it says\n');
  writeMinute(here.partner, minuteAt('9999-12-31T23:59Z'), { lines: [payloadLine(5)] });
  writeMinute(here.partner, minuteAt('0001-01-01T00:00Z'), { lines: [payloadLine(6)] });
  await watchOnce(here.config(), here.world());
  assert.equal(readdirSync(here.root).sort(), ['own', 'partner', 'vault']);
  assert.ok(existsSync(join(here.vault, '2026-03-10/2026-03-10_13_receipt.json')));
});

test('a minute with a hundred thousand copies of one tweet is one row', async () => {
  const line = payloadLine(1);
  const { counts } = await vaultOf(Array.from({ length: 100_000 }, () => line));
  assert.is(counts.total, 2);
});

test.after(() => {
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`memory at most: ${megabytes} MB`);
  assert.ok(megabytes < 1_500, `${megabytes} MB`);
});

test.run();
