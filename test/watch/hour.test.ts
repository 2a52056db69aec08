// An hour from minute files to the vault: what stands there, byte for byte.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { watchOnce } from '../../src/watch/watch.ts';
import {
  bytesBelow,
  comparable,
  minuteAt,
  payloadLine,
  place,
  unpacked,
  writeHour,
  writeMinute,
} from '../support/watching.ts';

const test = suite('an hour');
const start = minuteAt('2026-03-10T13:00Z');

test('both servers’ minute files become three files, a receipt, a report and sums', async () => {
  const here = place();
  writeHour(here.own, start, { 0: [payloadLine(20), payloadLine(3)], 1: [payloadLine(100)] });
  writeHour(here.partner, start, { 0: [payloadLine(20)], 1: [payloadLine(100), payloadLine(3), 'no json'] });
  const done = await watchOnce(here.config(), here.world());
  assert.equal(done, { committed: [{ hour: '2026-03-10T13', generation: 1, tweets: 3 }], setAside: 0 });
  const day = join(here.vault, '2026-03-10');
  assert.equal(
    [...bytesBelow(day).keys()],
    [
      '2026-03-10_13_IDs.txt.xz',
      '2026-03-10_13_receipt.json',
      '2026-03-10_13_tweets.csv.xz',
      '2026-03-10_13_unreadable.jsonl.xz',
      '2026-03-10_13_users.csv.xz',
      '2026-03-10_report.txt',
      'SHA256SUMS',
    ],
  );
  assert.is(await unpacked(join(day, '2026-03-10_13_IDs.txt.xz')), '3\n20\n100\n');
  assert.is(await unpacked(join(day, '2026-03-10_13_unreadable.jsonl.xz')), 'no json\n');
  const rows = (await unpacked(join(day, '2026-03-10_13_tweets.csv.xz'))).split('\n');
  assert.is(
    rows[0],
    'id,conversation_id,author_id,created_at,retrieved_at,source,lang,text,reference_type,referenced_tweet_id,' +
      'author.created_at,author.location,author.name,author.username,author.verified,author.protected,' +
      'author.public_metrics.followers_count,author.public_metrics.following_count,author.public_metrics.tweet_count,author.public_metrics.listed_count',
  );
  assert.is(rows[1], '3,,77,2026-03-10T13:00:00.000Z,2026-03-10T13:00:01.000Z,,,tweet 3,original,,,,N,n,false,,,,,');
  const report = readFileSync(join(day, '2026-03-10_report.txt'), 'utf8');
  assert.is(
    report,
    'hour\tserv 1\tserv 2\ttotal\tdiff\tdiff %\tmissing 1\tmissing 2\tgap 1\tgap 2\tjoint gap\tunreadable\n' +
      '13\t3\t3\t3\t0\t0.00%\t0\t0\t0\t0\t0\t1\n',
  );
});

test('an hour that is not over is not made', async () => {
  const here = place({ now: '2026-03-10T13:59:59Z' });
  writeHour(here.own, start);
  writeHour(here.partner, start);
  await watchOnce(here.config(), here.world());
  assert.not.ok(existsSync(join(here.vault, '2026-03-10')));
});

test('an hour with a missing file is made when its patience is over, and says so', async () => {
  const here = place({ now: '2026-03-10T14:14:59Z' });
  writeHour(here.own, start);
  writeMinute(here.partner, start, { lines: [payloadLine(1)] });
  const early = await watchOnce(here.config(), here.world());
  assert.is(early.committed.length, 0);
  await here.clock.pass(1_000);
  await watchOnce(here.config(), here.world());
  const receipt = JSON.parse(readFileSync(join(here.vault, '2026-03-10/2026-03-10_13_receipt.json'), 'utf8'));
  assert.is(receipt.complete, false);
  assert.equal(receipt.gaps, { missing_1: 0, missing_2: 59, gap_1: 0, gap_2: 59 * 60, joint_gap: 0 });
  assert.equal(
    here.alerts.map((alert) => alert.cause),
    ['hour-incomplete'],
  );
});

test('one server alone is enough', async () => {
  const here = place({ isAlone: true });
  writeHour(here.own, start, { 5: [payloadLine(1)] });
  await watchOnce(here.config(), here.world());
  const report = readFileSync(join(here.vault, '2026-03-10/2026-03-10_report.txt'), 'utf8');
  assert.is(report.split('\n')[1], '13\t1\t\t1\t\t\t0\t\t0\t\t0\t0');
});

test('a second pass over the same files changes nothing', async () => {
  const here = place();
  writeHour(here.own, start, { 0: [payloadLine(1)] });
  writeHour(here.partner, start);
  await watchOnce(here.config(), here.world());
  const first = comparable(here.vault);
  const again = await watchOnce(here.config(), here.world());
  assert.equal(again.committed, []);
  assert.equal(comparable(here.vault), first);
});

test.run();
