// The whole journey with an archive, killed at random moments. More kills: STREAMVAULT_WARC_KILLS=30.
// may take 600 s
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CommandWorld } from '../../src/commands/command.ts';
import { importWarc } from '../../src/commands/import-warc.ts';
import { minuteName } from '../../src/domain/time.ts';
import { payloadsOf, readMinutes } from '../ingest/journey.ts';
import { seed } from '../support/seed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { streamvault } from '../support/streamvault.ts';
import { testWorld } from '../support/test-world.ts';
import { archivedJourney } from './journey.ts';

const test = suite('warc journey');
const kills = Number(process.env['STREAMVAULT_WARC_KILLS'] ?? 3);

test(`killed ${kills} times amid faults, the archive and the minute files both hold what was sent, and either gives the other`, async () => {
  const report = await archivedJourney({ kills, seed });
  const { differences, files, isSure: _isSure, ...counts } = report;
  console.log(JSON.stringify({ seed, kills, ...counts, files: files.length }));
  assert.equal(differences, []);
  assert.ok(report.sent > 50 * kills, JSON.stringify(report));
  assert.ok(report.answers > kills);
  assert.ok(report.unread <= report.sent / 200, `${report.unread} of ${report.sent} lines were not read`);
  const printed = await streamvault(['warc', 'tweets', report.warc]);
  assert.equal(
    [printed.status, printed.stdout.split('\n').length - 1],
    [0, report.archived],
    printed.stderr.slice(-500),
  );
  assert.is((await streamvault(['warc', 'verify', report.warc])).status, 0);
  const made = join(temporaryFolder(), 'spool');
  await importWarc({ config: report.configPath, spool: made, files: [report.warc] }, commandWorld());
  // A kill may fall between the two files' writes of what was just received: only what was certainly sent is in both.
  assert.equal(byMinute(made, report.isSure), byMinute(report.spool, report.isSure));
  const names = readMinutes(made).map(({ name }) => name);
  await importWarc({ config: report.configPath, spool: made, files: [report.warc] }, commandWorld());
  assert.equal(
    readMinutes(made).map(({ name }) => name),
    names,
  );
});

/** The payloads of each minute that has any, in order. */
function byMinute(spool: string, isSure: (payload: string) => boolean): Record<string, string[]> {
  const minutes: Record<string, string[]> = {};
  for (const file of readMinutes(spool)) {
    const lines = payloadsOf([file]).filter(isSure);
    if (lines.length > 0)
      minutes[minuteName(file.minute)] = [...(minutes[minuteName(file.minute)] ?? []), ...lines].toSorted();
  }
  return minutes;
}

const commandWorld = (): CommandWorld => ({ ...testWorld(), results: new PassThrough() }) as unknown as CommandWorld;

test.run();
