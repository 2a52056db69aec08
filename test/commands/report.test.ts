// `streamvault report` as a process: what it prints, and what it sends.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { summarizeDay } from '../../src/domain/day-summary.ts';
import { reportJson } from '../../src/domain/report-json.ts';
import schema from '../../src/domain/report-schema.json' with { type: 'json' };
import { freePort, startMailServer } from '../support/mail-server.ts';
import { streamvault } from '../support/streamvault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { allHours, sceneReceipts, writeDay } from '../support/vault-scene.ts';

const test = suite('streamvault report');
const isValid = new Ajv({ allErrors: true, strictTypes: false }).compile(schema);

/** A vault of two days in Berlin's time, the second one with 25 hours, and its configuration. */
function scene(more = ''): string {
  const folder = temporaryFolder();
  const vault = join(folder, 'vault');
  const zone = 'Europe/Berlin';
  writeDay(vault, { day: '2026-10-24', zone }, allHours('2026-10-24', 20, zone));
  const gaps = { missing_2: 7, gap_2: 420, gap_1: 31, joint_gap: 31 };
  const odd = { 11: { ids: 30, complete: false, generation: 3, gaps } };
  writeDay(vault, { day: '2026-10-25', zone }, { ...allHours('2026-10-25', 10, zone), ...odd });
  const config = join(folder, 'config.toml');
  writeFileSync(config, `server = 1\ntimezone = "${zone}"\n[watch]\nvault = "${vault}"\n${more}`);
  return config;
}

const mailSection = (port: number): string =>
  `[mail]\nsmtp = "smtp://127.0.0.1:${port}"\nfrom = "archive@example.org"\nto = ["a@example.org", "b@example.org"]\n`;

test('without a day the newest is printed, tab-separated, hours in order of time', async () => {
  const { status, stdout } = await streamvault(['report', '--config', scene()]);
  assert.is(status, 0);
  const rows = stdout.split('\n').map((row) => row.split('\t')[0]);
  assert.equal(rows.slice(0, 6), ['hour', '00', '01', '02+0200', '02+0100', '03']);
  assert.is(rows.length, 1 + 25 + 1);
});

test('--json is one line that fits its schema, with sums, coverage, and the days before', async () => {
  const { status, stdout } = await streamvault(['report', '2026-10-25', '--json', '--config', scene()]);
  assert.is(status, 0);
  assert.is(stdout.split('\n').length, 2);
  const report = JSON.parse(stdout) as Record<string, unknown>;
  assert.ok(isValid(report), JSON.stringify(isValid.errors));
  const { day, total, joint_gap, coverage_2, incomplete, remade, unfinished, times_mean_before } = report;
  assert.equal(
    { day, total, joint_gap, incomplete, remade, unfinished, times_mean_before },
    {
      day: '2026-10-25',
      total: 270,
      joint_gap: 31,
      incomplete: ['11'],
      remade: ['11'],
      unfinished: [],
      times_mean_before: 270 / 480,
    },
  );
  assert.is(coverage_2, 1 - 420 / (25 * 3600));
});

test('with one server alone the JSON fits its schema as well', () => {
  const day = '2026-10-25';
  const receipts = sceneReceipts({ day }, allHours(day, 10)).map((receipt) => ({
    ...receipt,
    servers: [1 as const],
    gaps: { ...receipt.gaps, missing_2: null, gap_2: null },
    counts: { ...receipt.counts, server_2: null, both: null, only_1: null, only_2: null },
  }));
  const summary = summarizeDay(day, { receipts, zone: 'UTC', expected: [] });
  assert.ok(isValid(reportJson({ receipts, summary, covering: [], before: [] })), JSON.stringify(isValid.errors));
});

test('a day without a finished hour is told as such, exit 64', async () => {
  const { status, stderr } = await streamvault(['report', '2026-10-26', '--config', scene()]);
  assert.is(status, 64);
  assert.match(stderr, 'has no finished hour of 2026-10-26');
});

test('--mail sends text, HTML and the report itself, to each receiver, at once', async () => {
  await using server = await startMailServer();
  const config = scene(mailSection(server.port));
  const { status, stdout } = await streamvault(['report', '2026-10-25', '--mail', '--config', config]);
  assert.is(status, 0);
  assert.is(
    stdout,
    'The report of 2026-10-25 went to a@example.org.\nThe report of 2026-10-25 went to b@example.org.\n',
  );
  assert.is(server.taken.length, 2);
  const { source = '' } = server.taken[0] ?? {};
  assert.match(source, 'Subject: [streamvault 1] 2026-10-25: 270 tweets. At most 31 s');
  for (const part of ['Content-Type: text/plain', 'Content-Type: text/html', 'filename=2026-10-25_report.txt'])
    assert.match(source, part);
});

test('a mail server that does not answer is told, exit 69; no [mail] is, exit 78', async () => {
  const silent = await streamvault(['report', '--mail', '--config', scene(mailSection(await freePort()))]);
  assert.is(silent.status, 69);
  assert.match(silent.stdout, 'did not reach b@example.org');
  const without = await streamvault(['report', '--mail', '--config', scene()]);
  assert.is(without.status, 78);
  assert.match(without.stderr, '[mail] is missing');
});

test.run();
