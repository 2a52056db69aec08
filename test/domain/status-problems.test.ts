import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { problemsOf, statusOf } from '../../src/domain/status-problems.ts';
import type { StatusFacts } from '../../src/domain/status.ts';
import { statusPage } from '../../src/domain/status-page.ts';
import { afterRaise } from '../../src/domain/telling.ts';

const test = suite('status');
const nowMs = Date.parse('2026-03-10T14:07:00Z');

const healthy: StatusFacts = {
  nowMs,
  server: 1,
  services: [
    { name: 'ingest', running: true, pid: 4711, since: '2026-03-01T08:00:00.000Z' },
    { name: 'watch', running: true, pid: 4712, since: '2026-03-01T08:00:01.000Z' },
  ],
  heard: [
    {
      server: 1,
      minutes: 60,
      tweets: 156_250,
      connected_seconds: 3600,
      newest_minute: '2026-03-10T14:06Z',
      newest_minute_age_seconds: 0,
    },
    {
      server: 2,
      minutes: 59,
      tweets: 153_100,
      connected_seconds: 3540,
      newest_minute: '2026-03-10T14:05Z',
      newest_minute_age_seconds: 60,
    },
  ],
  vault: {
    newest_hour: '2026-03-10T13',
    waiting: [],
    incomplete: ['2026-03-10T09'],
    joint_gap_seconds: 0,
    tweets: 3_750_000,
    damaged: [],
    next_hour: '2026-03-10T14',
    next_hour_ends: '2026-03-10T15:00:00.000Z',
  },
  to_ship: null,
  messages: { waiting: 0, oldest: null },
  next_report: '2026-03-11T02:00:00.000Z',
  publishing: { left: 0, ids_in_30_days: 1_400_000, monthly_ids: 1_500_000, approval: null },
  disks: [{ path: '/var/lib/streamvault/vault', free_bytes: 412e9, total_bytes: 500e9 }],
  troubles: [],
  unseen: [],
  limits: { partnerSilentMs: 900_000 },
};

const codes = (more: Partial<StatusFacts>): string[] => problemsOf({ ...healthy, ...more }).map(({ code }) => code);

test('in health nothing is wrong', () => {
  assert.equal(codes({}), []);
});

test('a service that does not run is wrong; whether ship does not only where files wait', () => {
  const stopped = { running: false, pid: null, since: null } as const;
  assert.equal(codes({ services: [{ name: 'watch', ...stopped }] }), ['not-running']);
  assert.equal(codes({ services: [{ name: 'ship', ...stopped }], to_ship: { files: 0, oldest_minute: null } }), []);
  assert.equal(
    codes({ services: [{ name: 'ship', ...stopped }], to_ship: { files: 20, oldest_minute: '2026-03-10T13:45Z' } }),
    ['not-shipped'],
  );
  assert.equal(
    codes({ services: [{ name: 'watch', running: null, pid: null, since: null }] }),
    ['cannot-see'],
    'who cannot see must not call it healthy',
  );
});

test('silence of a server is wrong: ours while ingest runs, the other one’s after [alerts] partner_silent', () => {
  const [own, other] = healthy.heard;
  if (!own || !other) throw new Error('no servers');
  assert.equal(codes({ heard: [{ ...own, newest_minute_age_seconds: 300 }, other] }), ['no-minute-files']);
  assert.equal(codes({ heard: [{ ...own, newest_minute_age_seconds: 300 }, other], services: [] }), []);
  const startedAgo = (ms: number) => [
    { name: 'ingest', running: true, pid: 4711, since: new Date(nowMs - ms).toISOString() } as const,
  ];
  const later = { heard: [{ ...own, newest_minute_age_seconds: 300 }, other] };
  assert.equal(codes({ ...later, services: startedAgo(179_000) }), [], 'what has just been started owes nothing yet');
  assert.equal(codes({ ...later, services: startedAgo(180_000) }), ['no-minute-files']);
  assert.equal(codes({ heard: [own, { ...other, newest_minute_age_seconds: 901 }] }), ['partner-silent']);
  assert.equal(codes({ heard: [own, { ...other, newest_minute: null, newest_minute_age_seconds: null }] }), [
    'partner-silent',
  ]);
});

test('an hour is overdue ten minutes after it should have been made', () => {
  const waiting = (due: string) => ({
    vault: { ...healthy.vault!, waiting: [{ hour: '2026-03-10T13', missing_1: 0, missing_2: 3, due }] },
  });
  assert.equal(codes(waiting('2026-03-10T14:15:00Z')), []);
  assert.equal(codes(waiting('2026-03-10T13:56:00Z')), ['hour-overdue']);
});

test('a full disk and messages that wait for an hour are wrong', () => {
  assert.equal(codes({ disks: [{ path: '/x', free_bytes: 1e8, total_bytes: 1e9 }] }), ['disk-filling']);
  assert.equal(codes({ messages: { waiting: 2, oldest: '2026-03-10T13:30:00Z' } }), []);
  assert.equal(codes({ messages: { waiting: 2, oldest: '2026-03-10T13:00:00Z' } }), ['messages-waiting']);
});

test('alerts that last are wrong, in their own words; what happened once stands in the report', () => {
  const raise = (cause: 'stream-ended' | 'file-late' | 'disk-filling') =>
    afterRaise(undefined, { cause, sentence: `It is ${cause}.`, facts: {}, nowMs });
  assert.equal(problemsOf({ ...healthy, troubles: [raise('stream-ended'), raise('file-late')] }), [
    { code: 'stream-ended', sentence: 'It is stream-ended.' },
  ]);
  const full = { disks: [{ path: '/x', free_bytes: 1e8, total_bytes: 1e9 }], troubles: [raise('disk-filling')] };
  assert.equal(codes(full), ['disk-filling'], 'said once');
});

test('the keys of the JSON stay', () => {
  const keysOf = (value: unknown, at = ''): string[] => {
    if (Array.isArray(value)) return value.slice(0, 1).flatMap((one) => keysOf(one, `${at}[]`));
    if (typeof value !== 'object' || value === null) return [at];
    return Object.entries(value).flatMap(([key, inner]) => keysOf(inner, at === '' ? key : `${at}.${key}`));
  };
  const full = { ...healthy, to_ship: { files: 1, oldest_minute: '2026-03-10T14:06Z' } };
  const waiting = [{ hour: '2026-03-10T13', missing_1: 0, missing_2: 3, due: '2026-03-10T13:00:00Z' }];
  const status = statusOf({ ...full, vault: { ...healthy.vault!, waiting } }, '1.0.0');
  assert.equal(
    keysOf(status).sort(),
    `at disks[].free_bytes disks[].path disks[].total_bytes healthy heard[].connected_seconds heard[].minutes heard[].newest_minute
heard[].newest_minute_age_seconds heard[].server heard[].tweets messages.oldest messages.waiting next_report problems[].code problems[].sentence
publishing.approval publishing.ids_in_30_days publishing.left publishing.monthly_ids server services[].name services[].pid services[].running
services[].since status to_ship.files to_ship.oldest_minute vault.incomplete[] vault.joint_gap_seconds vault.newest_hour vault.next_hour
vault.next_hour_ends vault.tweets vault.waiting[].due vault.waiting[].hour vault.waiting[].missing_1 vault.waiting[].missing_2 version`
      .split(/\s+/)
      .sort(),
  );
});

test('the page answers at a glance, without colours where none are wanted', () => {
  const page = statusPage(statusOf(healthy, '1.0.0'), { isColoured: false, zone: 'CET' });
  assert.is(
    page,
    `streamvault 1.0.0, server 1, 2026-03-10 14:07 UTC

All is well.

running    ingest: runs since 2026-03-01 08:00, process 4711
           watch: runs since 2026-03-01 08:00, process 4712
last hour  this server: 156,250 tweets in 60 minute files, connected 100 %, newest 0 s ago
           server 2: 153,100 tweets in 59 minute files, connected 100 %, newest 1 min ago
vault      newest hour 2026-03-10T13 (CET)
           last 24 hours: 3,750,000 tweets; heard by nobody: none
missing    made without all minute files: 2026-03-10T09
next       2026-03-10T14 ends in 53 min
           report by mail in 11 h 53 min
OSF        everything is uploaded; 1,400,000 IDs in 30 days (of 1,500,000)
disk       /var/lib/streamvault/vault: 412 GB of 500 GB free
`,
  );
});

test('what is wrong comes first, in colours on a terminal', () => {
  const services = [{ name: 'watch' as const, running: false, pid: null, since: null }];
  const page = statusPage(statusOf({ ...healthy, services }, '1.0.0'), { isColoured: true, zone: 'UTC' });
  assert.match(
    page,
    '\u001B[31mSomething is wrong:\u001B[0m\n  \u001B[31m1.\u001B[0m streamvault watch does not run. Start it:',
  );
});

test.run();
