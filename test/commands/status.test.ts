// `streamvault status` as a process: on either server, with nothing running, half broken, and where it may not look.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type MinuteFile, emptyDigest, minuteFileName, minuteFolder } from '../../src/domain/minute-file.ts';
import type { Status } from '../../src/domain/status.ts';
import schema from '../../src/domain/status-schema.json' with { type: 'json' };
import { minuteOf } from '../../src/domain/time.ts';
import type { CommandWorld } from '../../src/commands/command.ts';
import { status } from '../../src/commands/status.ts';
import { type Clock, systemClock } from '../../src/outside/clock.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { takeLock } from '../../src/outside/lock.ts';
import { recentMinutes } from '../../src/status/recent.ts';
import { openGathering } from '../../src/tell/gather.ts';
import { outboxAt } from '../../src/tell/outbox.ts';
import { peerTest } from '../support/peers.ts';
import { silentLog } from '../support/silent-log.ts';
import { type End, streamvault } from '../support/streamvault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testWorld } from '../support/test-world.ts';
import { until } from '../support/until.ts';
import { allHours, writeDay } from '../support/vault-scene.ts';

const test = suite('streamvault status');
const isValid = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);
const now = '2026-03-10T14:07:30Z';
const clock: Clock = { ...systemClock(), now: () => Date.parse(now) };

interface Scene {
  readonly folder: string;
  readonly spool: string;
  readonly inbox: string;
  readonly vault: string;
  readonly config: string;
}

/** Folders and configuration of a server; nothing runs and nothing has come yet. */
function scene(server: 1 | 2, more = ''): Scene {
  const folder = temporaryFolder();
  const [spool, inbox, vault] = ['spool', 'inbox', 'vault'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [spool, inbox, vault]) mkdirSync(path);
  const config = join(folder, 'config.toml');
  const ingest = `server = ${server}\n[ingest]\nspool = "${spool}"\nbearer_token_file = "/nowhere"\n`;
  const watch = `[watch]\nown = "${spool}"\npartner = "${inbox}"\nvault = "${vault}"\n`;
  const ship = '[ship]\nhost = "h"\nidentity_file = "/k"\nknown_hosts = "/k"\n';
  writeFileSync(config, `${ingest}${server === 1 ? watch : ship}${more}`);
  return { folder, spool, inbox, vault, config };
}

const mail = '[mail]\nsmtp = "smtp://127.0.0.1:1"\nfrom = "a@x"\nto = ["b@x"]\n';

/** Closed minute files of so many minutes up to `last`. */
function arrive(tree: string, last: string, count: number): MinuteFile[] {
  return Array.from({ length: count }, (_, back) => {
    const file = { minute: minuteOf(Date.parse(last)) - back, lines: 10, connectedSeconds: 60, digest: emptyDigest };
    mkdirSync(join(tree, minuteFolder(file.minute)), { recursive: true });
    writeFileSync(join(tree, minuteFolder(file.minute), minuteFileName(file)), '');
    return file;
  });
}

/** Receipts of the 24 hours before the present one. */
function makeHours(vault: string): void {
  const made = (day: string, isWanted: (label: string) => boolean): void =>
    writeDay(
      vault,
      { day },
      Object.fromEntries(Object.entries(allHours(day, 100)).filter(([label]) => isWanted(label))),
    );
  made('2026-03-09', (label) => label >= '14');
  made('2026-03-10', (label) => label < '14');
}

/** As a process of its own. */
const started = (config: string, ...words: string[]): Promise<End> =>
  streamvault(['status', '--config', config, '--clock', `${now}*0.001`, ...words]);

/** The command itself, in this process; `more` as a terminal has it. */
async function show(config: string, json = false, more: object = {}): Promise<{ status: number; stdout: string }> {
  let stdout = '';
  const results = { write: (text: string) => (stdout += text), isTTY: false, ...more };
  const world = { ...testWorld(), clock, results } as unknown as CommandWorld;
  return { status: await status.run({ config, json } as never, world), stdout };
}

async function asJson(config: string): Promise<{ status: Status; code: number }> {
  const { status: code, stdout } = await show(config, true);
  assert.is(stdout.split('\n').length, 2, 'one line');
  const found = JSON.parse(stdout) as Status;
  assert.ok(isValid(found), JSON.stringify(isValid.errors));
  return { status: found, code };
}

const codes = ({ problems }: Status): string[] => problems.map(({ code }) => code);

test('server 1 in health: exit 0, who heard what, what is next, no colours', async () => {
  const { spool, inbox, vault, config } = scene(1, mail);
  arrive(spool, '2026-03-10T14:06:00Z', 60);
  arrive(inbox, '2026-03-10T14:06:00Z', 59);
  makeHours(vault);
  using _ingest = takeLock(spool, 'ingest', clock);
  using _watch = takeLock(vault, 'watch', clock);
  const { status: found, code } = await asJson(config);
  assert.equal(codes(found), []);
  assert.is(code, 0);
  assert.is(found.vault?.newest_hour, '2026-03-10T13');
  assert.is(found.vault?.tweets, 2400);
  const page = await started(config);
  assert.is(page.status, 0, page.stderr);
  assert.match(page.stdout, /^streamvault \S+, server 1, 2026-03-10 14:07 UTC\n\nAll is well\.\n/);
  assert.match(page.stdout, 'this server: 600 tweets in 60 minute files, connected 100 %');
  assert.match(page.stdout, 'server 2: 590 tweets in 59 minute files');
  assert.match(page.stdout, /report by mail in 11 h 5\d min/);
  assert.not.match(page.stdout, '\u001B');
});

test('with nothing running and nothing there it says what to start, exit 1, and changes nothing', async () => {
  const { folder, config } = scene(1, mail);
  const before = readdirSync(folder, { recursive: true }).sort();
  const { status: found, code } = await asJson(config);
  assert.is(code, 1);
  assert.equal(codes(found), ['not-running', 'not-running', 'partner-silent']);
  assert.match(found.problems[0]?.sentence ?? '', 'systemctl start streamvault-ingest');
  const page = await started(config);
  assert.is(page.status, 1);
  assert.match(page.stdout, '3 things are wrong:\n  1. streamvault ingest does not run.');
  assert.equal(readdirSync(folder, { recursive: true }).sort(), before);
});

test('on a terminal it is coloured, and no line is longer than the window', async () => {
  const { config } = scene(1, mail);
  const window = { isTTY: true, hasColors: () => true, columns: 60 };
  const { stdout } = await show(config, false, window);
  assert.match(stdout, '\u001B[31m3 things are wrong:\u001B[0m');
  // oxlint-disable-next-line no-control-regex -- the escapes that are looked for
  const lines = stdout.replaceAll(/\u001B\[\d+m/g, '').split('\n');
  assert.ok(
    lines.every((line) => line.length <= 60 || !line.trim().includes(' ')),
    stdout,
  );
  assert.not.match((await show(config, false, { ...window, hasColors: () => false })).stdout, '\u001B');
});

test('before anything was ever made, folders that are missing are no riddle', async () => {
  const { config } = scene(2);
  const without = join(temporaryFolder(), 'config.toml');
  writeFileSync(without, 'server = 2\n[ingest]\nspool = "/nowhere/spool"\nbearer_token_file = "/nowhere"\n');
  assert.equal(codes((await asJson(without)).status), ['not-running']);
  assert.equal(codes((await asJson(config)).status), ['not-running']);
});

test('server 2 remembers what it heard although ship has taken it away', async () => {
  const { folder, spool, config } = scene(2);
  using _ingest = takeLock(spool, 'ingest', clock);
  using _ship = takeLock(spool, 'ship', clock);
  const remember = recentMinutes(spool, { disk: systemDisk, log: silentLog });
  for (const file of arrive(join(folder, 'taken'), '2026-03-10T14:06:00Z', 60).reverse()) remember(file);
  await until('all are remembered', async () => {
    const { status: found } = await asJson(config);
    return found.heard[0]?.minutes === 60;
  });
  const { status: found, code } = await asJson(config);
  assert.equal([code, codes(found), found.heard[0]?.tweets], [0, [], 600]);
  assert.equal(found.to_ship, { files: 0, oldest_minute: null });
  arrive(spool, '2026-03-10T13:50:00Z', 3);
  const waiting = await asJson(config);
  assert.equal([waiting.code, codes(waiting.status)], [1, ['not-shipped']]);
  assert.equal(waiting.status.to_ship, { files: 3, oldest_minute: '2026-03-10T13:48Z' });
});

test('an alert that lasts, a message that waits, and an hour that is overdue are told', async () => {
  const { spool, inbox, vault, config } = scene(1, mail);
  arrive(spool, '2026-03-10T14:06:00Z', 120);
  arrive(inbox, '2026-03-10T14:06:00Z', 120);
  using _ingest = takeLock(spool, 'ingest', clock);
  using _watch = takeLock(vault, 'watch', clock);
  const world = testWorld(Date.parse('2026-03-10T12:00:00Z'));
  const folder = join(vault, '.tell');
  const outbox = outboxAt(world.disk, folder);
  const speaker = { server: 1, service: 'ingest' };
  const gathering = await openGathering({ world, folder, outbox, speaker, zone: 'UTC', ring: () => {} });
  gathering.raise('stream-refused', 'The API refuses the stream: 403.');
  gathering.raise('file-late', 'Two files came late.');
  await gathering.turn();
  const { status: found, code } = await asJson(config);
  assert.is(code, 1);
  assert.equal(codes(found), ['hour-overdue', 'messages-waiting', 'stream-refused']);
  assert.equal(found.messages, { waiting: 2, oldest: '2026-03-10T12:00:00.000Z' });
  assert.equal(
    found.vault?.waiting.map(({ hour }) => hour),
    ['2026-03-10T12', '2026-03-10T13'],
  );
});

test('where publishing is switched on it says what is left, and how many IDs were given', async () => {
  const { vault, config } = scene(1, '[osf]\nproject = "abc12"\ntoken_file = "/nowhere"\n');
  makeHours(vault);
  const { status: found } = await asJson(config);
  // Ten hours of the day before, its report, and fourteen hours of today.
  assert.equal(found.publishing, { left: 25, ids_in_30_days: 0, monthly_ids: 1_500_000, approval: null });
  assert.match((await show(config)).stdout, 'OSF        25 files to upload; 0 IDs in 30 days (of 1,500,000)');
});

test('half broken as it may be, the rest is shown, and what is damaged is named', async () => {
  const { spool, inbox, vault, config } = scene(1, mail);
  arrive(spool, '2026-03-10T14:06:00Z', 60);
  arrive(inbox, '2026-03-10T14:06:00Z', 60);
  makeHours(vault);
  mkdirSync(join(vault, '.tell', 'outbox'), { recursive: true });
  writeFileSync(join(vault, '.tell', 'watch.alerts.json'), '[null]');
  writeFileSync(join(vault, '.tell', 'outbox', 'torn.json'), '{"message":');
  writeFileSync(join(spool, '.ingest.recent.json'), '[null, 7, {"minute":');
  writeFileSync(join(spool, '.ingest.running.json'), 'no JSON');
  writeFileSync(join(vault, '2026-03-10', '2026-03-10_09_receipt.json'), '{"receipt":1');
  using _ingest = takeLock(spool, 'ingest', clock);
  using _watch = takeLock(vault, 'watch', clock);
  writeFileSync(join(spool, '.ingest.running.json'), 'no JSON');
  const { status: found, code } = await asJson(config);
  assert.is(code, 1);
  assert.equal(codes(found), ['cannot-see', 'receipt-damaged']);
  assert.equal(found.vault?.damaged, ['2026-03-10T09']);
  assert.match(found.problems[0]?.sentence ?? '', /torn\.json.*watch\.alerts\.json/);
  assert.is(found.services[0]?.running, true);
  assert.is(found.heard[0]?.minutes, 60);
});

peerTest(
  test,
  ['to be root'],
  'alerts that the services may not keep are told, with the command that mends it',
  async () => {
    const { vault, config } = scene(1, mail);
    const told = join(vault, '.tell');
    mkdirSync(told);
    chownSync(vault, 4711, 4711);
    const { status: found } = await asJson(config);
    const problem = found.problems.find(({ code }) => code === 'alerts-not-kept');
    assert.match(problem?.sentence ?? '', `${told} belongs to root and is closed to user 4711`);
    const [, command] = /Give it back: (.*)$/.exec(problem?.sentence ?? '') ?? [];
    execFileSync('sh', ['-c', `${command}`.replaceAll('sudo ', '')]);
    assert.not((await asJson(config)).status.problems.some(({ code }) => code === 'alerts-not-kept'));
  },
);

peerTest(test, ['to be root'], 'who may not look into the folders is told so, and never that all is well', async () => {
  const { folder, spool, inbox, vault, config } = scene(1);
  arrive(spool, '2026-03-10T14:06:00Z', 60);
  arrive(inbox, '2026-03-10T14:06:00Z', 60);
  using _ingest = takeLock(spool, 'ingest', clock);
  using _watch = takeLock(vault, 'watch', clock);
  for (const path of [spool, inbox, vault]) chmodSync(path, 0o700);
  chmodSync(folder, 0o755);
  const nobody = 65_534;
  const { status: code, stdout } = await streamvault(
    ['status', '--json', '--config', config, '--clock', `${now}*0.001`],
    {},
    nobody,
  );
  assert.is(code, 1);
  const found = JSON.parse(stdout) as Status;
  assert.ok(isValid(found), JSON.stringify(isValid.errors));
  assert.equal(codes(found), ['cannot-see']);
  assert.match(found.problems[0]?.sentence ?? '', 'whether ingest runs; whether watch runs;');
  assert.match(found.problems[0]?.sentence ?? '', 'sudo streamvault status');
});

test.run();
