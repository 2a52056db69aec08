// The whole journey with an archive, killed at random moments. More kills: STREAMVAULT_WARC_KILLS=30.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seed } from '../support/seed.ts';
import { archivedJourney } from './journey.ts';

const test = suite('warc journey');
const kills = Number(process.env['STREAMVAULT_WARC_KILLS'] ?? 3);

test(`killed ${kills} times amid faults, the archive and the minute files both hold what was sent`, async () => {
  const report = await archivedJourney({ kills, seed });
  const { differences, files, ...counts } = report;
  console.log(JSON.stringify({ seed, kills, ...counts, files: files.length }));
  assert.equal(differences, []);
  assert.ok(report.sent > 50 * kills, JSON.stringify(report));
  assert.ok(report.answers > kills);
});

test.run();
