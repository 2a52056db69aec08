import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfig } from '../../src/config/read.ts';
import { hourMs, minuteMs } from '../../src/domain/time.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { type ReportingSetting, keepReporting } from '../../src/tell/report-mail.ts';
import { type Outbox, outboxAt } from '../../src/tell/outbox.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type TestWorld, testWorld } from '../support/test-world.ts';
import { until } from '../support/until.ts';
import { allHours, writeDay } from '../support/vault-scene.ts';

const test = suite('report by mail');

function configOf(vault: string): ReportingSetting['config'] {
  const mail = '[mail]\nsmtp = "smtp://127.0.0.1:1"\nfrom = "a@x"\nto = ["b@x"]\n';
  return readConfig(`server = 1\ntimezone = "CET"\n[watch]\nvault = "${vault}"\n${mail}`, 'test', ['watch', 'mail']);
}

interface Scene {
  readonly vault: string;
  readonly outbox: Outbox;
  /** Runs the reporting from that moment for so long. */
  during(startMs: number, durationMs: number, meanwhile?: (world: TestWorld) => Promise<void>): Promise<void>;
  reports(): Promise<string[]>;
}

/** `disk` holds the outbox; `onRing` is told when a report has been put in. */
function scene({
  disk = systemDisk,
  onRing = () => {},
}: { disk?: Disk; onRing?: (outbox: Outbox) => void } = {}): Scene {
  const vault = join(temporaryFolder(), 'vault');
  const outbox = outboxAt(disk, join(vault, '.tell'));
  return {
    vault,
    outbox,
    async during(startMs, durationMs, meanwhile = async () => {}) {
      const world = testWorld(startMs);
      const ended = keepReporting({ config: configOf(vault), outbox, ring: () => onRing(outbox) }, world);
      // The vault is read from the disk in real time; each look is over before the next minute begins.
      for (let passed = 0; passed <= durationMs; passed += minuteMs) {
        await until('the look is over', () => world.clock.sleeping > 0);
        if (passed === 0) await meanwhile(world);
        await world.clock.pass(passed === durationMs ? 0 : minuteMs);
      }
      await until('the look is over', () => world.clock.sleeping > 0);
      world.stop();
      await ended;
    },
    reports: async () => (await outbox.names()).filter((name) => name.endsWith('_report')).sort(),
  };
}

const at = (text: string): number => Date.parse(text);
const day = '2026-03-10';

test('a start by a clock that is years ahead, and is set back, keeps no report of a day with missing hours waiting until then', async () => {
  const { vault, during, reports } = scene();
  const { 23: _last, ...others } = allHours(day, 10, 'CET');
  writeDay(vault, { day, zone: 'CET' }, others);
  await during(at('2031-03-11T01:00:00Z'), hourMs + 2 * minuteMs, async ({ clock }) => {
    clock.step(at('2026-03-11T01:00:00Z') - at('2031-03-11T01:00:00Z'));
  });
  assert.equal(await reports(), ['2026-03-10_report']);
});

test('the report goes out at its time, not before, and not again after restarts', async () => {
  const { vault, during, reports } = scene();
  writeDay(vault, { day, zone: 'CET' }, allHours(day, 10, 'CET'));
  await during(at('2026-03-11T00:50:00Z'), 9 * minuteMs);
  assert.equal(await reports(), []);
  await during(at('2026-03-11T00:59:00Z'), 2 * minuteMs);
  assert.equal(await reports(), ['2026-03-10_report']);
  await during(at('2026-03-11T01:05:00Z'), 2 * minuteMs);
  assert.equal(await reports(), ['2026-03-10_report']);
});

test('with an archive of the wire the mail says what it covers, and names the files beside the report', async () => {
  const { vault, during, outbox } = scene();
  writeDay(vault, { day, zone: 'CET' }, allHours(day, 10, 'CET'));
  const header = 'hour\twarc file\tfrom\tuntil\tbytes\tsha256\n';
  const covering = `${header}13\tone.warc.gz\t2026-03-10T12:00:00.000Z\t2026-03-10T12:59:59.000Z\t10\t${'ab'.repeat(32)}\n`;
  writeFileSync(join(vault, day, `${day}_warc.txt`), covering);
  await during(at('2026-03-11T00:59:00Z'), 2 * minuteMs);
  const [message] = await outbox.told(() => true);
  const sentence = '1 WARC file covers all finished hours but 00, 01';
  assert.match(message?.text ?? '', sentence);
  assert.match(message?.html ?? '', sentence);
  assert.equal(message?.attachments?.[1], { name: `${day}_warc.txt`, text: covering });
});

test('a day with hours that are still being made is waited for, at most an hour', async () => {
  const { vault, during, outbox, reports } = scene();
  const { 23: last, ...others } = allHours(day, 10, 'CET');
  writeDay(vault, { day, zone: 'CET' }, others);
  await during(at('2026-03-11T01:00:00Z'), 5 * minuteMs);
  assert.equal(await reports(), []);
  writeDay(vault, { day, zone: 'CET' }, { 23: last ?? { ids: 1 } });
  await during(at('2026-03-11T01:06:00Z'), minuteMs);
  const [message] = await outbox.told(() => true);
  assert.match(
    message?.subject ?? '',
    '[streamvault 1] 2026-03-10: 240 tweets. Every second was heard by at least one server.',
  );
});

test('what never comes is told after an hour', async () => {
  const { vault, during, outbox } = scene();
  const { 23: _last, ...others } = allHours(day, 10, 'CET');
  writeDay(vault, { day, zone: 'CET' }, others);
  await during(at('2026-03-11T01:00:00Z'), hourMs + minuteMs);
  const [message] = await outbox.told(() => true);
  assert.match(message?.text ?? '', 'The hour 23 is not finished yet.');
});

test('the mail has the sentences, the report as design has it, the HTML, the attachment, the days before and the alerts', async () => {
  const { vault, during, outbox } = scene();
  writeDay(vault, { day: '2026-03-09', zone: 'CET' }, allHours('2026-03-09', 5, 'CET'));
  writeDay(
    vault,
    { day: '2026-03-09', zone: 'CET' },
    { '07': { ids: 6, generation: 2, madeAtMs: at('2026-03-10T20:00:00Z') } },
  );
  writeDay(vault, { day, zone: 'CET' }, allHours(day, 10, 'CET'));
  const alert = { atMs: 0, ways: ['mail' as const], text: '', subject: '[streamvault 1] stream ended' };
  await outbox.add({ ...alert, name: `${day}_ingest_stream-ended_1_began` });
  await during(at('2026-03-11T01:00:00Z'), 0);
  const message = (await outbox.told((name) => name.endsWith('_report')))[0];
  assert.match(
    message?.text ?? '',
    'Every second was heard by at least one server.\n240 tweets, 98.3 % more than the day before.',
  );
  assert.match(message?.text ?? '', 'Made, or made again, since the last report: 2026-03-09T07.');
  assert.match(message?.text ?? '', 'Alerts of the day:\n  [streamvault 1] stream ended');
  assert.match(message?.text ?? '', 'hour\tserv 1\tserv 2\ttotal\tdiff\tdiff %');
  assert.match(message?.html ?? '', 'The course of the day');
  assert.is(message?.attachments?.[0]?.name, '2026-03-10_report.txt');
  assert.ok(message?.text.endsWith(message.attachments?.[0]?.text ?? 'none'));
});

const writtenAt = async (outbox: Outbox): Promise<Record<string, string>> =>
  Object.fromEntries((await outbox.told(() => true)).map(({ name, atMs }) => [name, new Date(atMs).toISOString()]));

test('a time that the clock skips is the first moment after it, once, across restarts', async () => {
  const { vault, during, outbox } = scene();
  for (const each of ['2026-03-27', '2026-03-28', '2026-03-29'])
    writeDay(vault, { day: each, zone: 'CET' }, allHours(each, 1, 'CET'));
  await during(at('2026-03-28T01:00:00Z'), 0);
  // On the 29th the clock goes from 01:59 to 03:00, which is 01:00 UTC.
  for (const start of ['00:58', '01:00', '01:01', '01:02']) await during(at(`2026-03-29T${start}:00Z`), minuteMs);
  await during(at('2026-03-30T00:00:00Z'), 2 * minuteMs);
  assert.equal(await writtenAt(outbox), {
    '2026-03-27_report': '2026-03-28T01:00:00.000Z',
    '2026-03-28_report': '2026-03-29T01:00:00.000Z',
    '2026-03-29_report': '2026-03-30T00:00:00.000Z',
  });
});

test('at a time that comes twice the report goes out the first time, once, across restarts', async () => {
  const { vault, during, outbox } = scene();
  for (const each of ['2026-10-24', '2026-10-25'])
    writeDay(vault, { day: each, zone: 'CET' }, allHours(each, 1, 'CET'));
  // 02:00 comes twice on the 25th, at 00:00 and 01:00 UTC.
  for (const start of ['2026-10-24T23:59:00Z', '2026-10-25T00:01:00Z', '2026-10-25T01:00:00Z'])
    await during(at(start), 2 * minuteMs);
  await during(at('2026-10-26T01:00:00Z'), minuteMs);
  assert.equal(await writtenAt(outbox), {
    '2026-10-24_report': '2026-10-25T00:00:00.000Z',
    '2026-10-25_report': '2026-10-26T01:00:00.000Z',
  });
});

test('a vault that lags behind is reported when it has caught up; hours that came later are named the day after', async () => {
  const { vault, during, outbox, reports } = scene();
  const { 22: before, 23: last, ...others } = allHours(day, 10, 'CET');
  writeDay(vault, { day, zone: 'CET' }, { ...others, 22: before ?? { ids: 1 } });
  await during(at('2026-03-11T01:00:00Z'), hourMs + minuteMs);
  assert.equal(await reports(), ['2026-03-10_report']);
  writeDay(vault, { day, zone: 'CET' }, { 23: { ...(last ?? { ids: 1 }), madeAtMs: at('2026-03-11T09:00:00Z') } });
  writeDay(vault, { day: '2026-03-11', zone: 'CET' }, allHours('2026-03-11', 10, 'CET'));
  await during(at('2026-03-12T01:00:00Z'), 0);
  const [message] = await outbox.told((name) => name === '2026-03-11_report');
  assert.match(message?.text ?? '', 'Made, or made again, since the last report: 2026-03-10T23.');
});

test('nothing is reported of days before the vault’s first hour, nor of hours before it', async () => {
  const { vault, during, outbox, reports } = scene();
  writeDay(vault, { day: '2026-03-09', zone: 'CET' }, {});
  await during(at('2026-03-10T01:00:00Z'), hourMs + minuteMs);
  assert.equal(await reports(), []);
  const { 22: before, 23: last } = allHours(day, 10, 'CET');
  rmSync(join(vault, '2026-03-09'), { recursive: true });
  writeDay(vault, { day, zone: 'CET' }, { 22: before ?? { ids: 1 }, 23: last ?? { ids: 1 } });
  await during(at('2026-03-11T01:00:00Z'), 0);
  const [message] = await outbox.told(() => true);
  assert.not.match(message?.text ?? '', 'not finished');
});

test('a vault that cannot be read is told in the log and tried again', async () => {
  const { vault, outbox } = scene();
  const world = testWorld(at('2026-03-11T01:00:00Z'));
  const disk = { ...world.disk, list: () => Promise.reject(new Error('the disk is gone')) };
  const ended = keepReporting({ config: configOf(vault), outbox, ring: () => {} }, { ...world, disk });
  await until('it was logged', () => world.said.find(({ event }) => event === 'report.failed'));
  world.stop();
  await ended;
});

test('a report that was sent while the disk was full is not written again each minute', async () => {
  const full: Disk = {
    ...systemDisk,
    write: () => Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })),
  };
  let written = 0;
  const onRing = (outbox: Outbox): void => {
    written++;
    void outbox.finish(`${day}_report`);
  };
  const { vault, during } = scene({ disk: full, onRing });
  writeDay(vault, { day, zone: 'CET' }, allHours(day, 10, 'CET'));
  await during(at('2026-03-11T01:00:00Z'), 5 * minuteMs);
  assert.is(written, 1);
});

test.run();
