// Which WARC files cover which hour, and whether they are what the manifest names.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemDisk } from '../../src/outside/disk.ts';
import { coverageText } from '../../src/warc/coverage.ts';
import { type ManifestLine, readManifest } from '../../src/warc/manifest.ts';
import { verifyArchive } from '../../src/warc/verify-archive.ts';
import { streamLines, wireBytes } from './answers.ts';
import { archiving, sealed } from './archiving.ts';

const test = suite('warc coverage');

const line = (file: string, from: string, until: string): ManifestLine => ({
  file,
  from,
  until,
  bytes: 10,
  sha256: 'ab',
  record: '<urn:x>',
  origin: '<urn:x>',
  segment: 1,
  isLast: true,
  received: 5,
});

test('a file stands in every hour in which something was received into it, by the hours of the zone', () => {
  const lines = [
    line('b', '2026-03-10T13:59:59Z', '2026-03-10T15:00:00Z'),
    line('a', '2026-03-10T13:00:00Z', '2026-03-10T13:59:58Z'),
    line('other day', '2026-03-11T23:00:00Z', '2026-03-11T23:30:00Z'),
  ];
  const rows = (zone: string): string[] =>
    coverageText(lines, '2026-03-10', zone)
      .split('\n')
      .slice(1, -1)
      .map((row) => row.split('\t').slice(0, 2).join(' '));
  assert.equal(rows('UTC'), ['13 a', '13 b', '14 b', '15 b']);
  assert.equal(rows('CET'), ['14 a', '14 b', '15 b', '16 b']);
  assert.is(coverageText(lines, '2026-03-09', 'UTC'), '');
});

test('a file that is damaged or gone is told; a whole one is sound', async () => {
  const open = await archiving({ segmentBytes: 3000 });
  const sink = open.begin();
  sink.bytes(await wireBytes(streamLines(120)));
  sink.end(true);
  await sealed(open, 4);
  await open.archive.close();
  const [one = '', two = ''] = open.finished();
  const bytes = readFileSync(join(open.folder, one));
  bytes.writeUInt8(bytes.readUInt8(Math.floor(bytes.length / 2)) ^ 1, Math.floor(bytes.length / 2));
  writeFileSync(join(open.folder, one), bytes);
  rmSync(join(open.folder, two));
  const verdicts = new Map<string, readonly string[]>();
  const lines = await readManifest(systemDisk, open.folder);
  for await (const { file, problems } of verifyArchive(open.folder, lines, open.world)) verdicts.set(file, problems);
  assert.match(verdicts.get(one)?.join() ?? '', 'its size or SHA-256 differs');
  assert.equal(verdicts.get(two), ['is named in the manifest and not there']);
  assert.equal([...verdicts.values()].filter((problems) => problems.length === 0).length, 2);
});

test.run();
