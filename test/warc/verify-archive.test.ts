// Whether finished WARC files are what vault and manifest name.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemDisk } from '../../src/outside/disk.ts';
import { readManifest } from '../../src/outside/warc-manifest.ts';
import { verifyArchive } from '../../src/warc/verify-archive.ts';
import { streamLines, wireBytes } from './answers.ts';
import { archiving, sealed } from './archiving.ts';

const test = suite('a verified archive');

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
  const wholeLine = lines.find(({ file }) => file !== one && file !== two);
  if (wholeLine === undefined) throw new Error('no file is whole');
  // The vault wrote down another digest than the manifest has now.
  const written = lines.map((line) => (line === wholeLine ? { ...line, sha256: 'ab'.repeat(32) } : line));
  for (const files of [written, lines])
    for await (const { file, problems } of verifyArchive(open.folder, { files, manifest: lines }, open.world))
      verdicts.set(`${files === written ? 'vault: ' : ''}${file}`, problems);
  assert.equal(verdicts.get(`vault: ${wholeLine.file}`), [
    'the manifest names another size or SHA-256 than the vault',
    'is not the file that was written down: its size or SHA-256 differs',
  ]);
  assert.match(verdicts.get(one)?.join() ?? '', 'its size or SHA-256 differs');
  assert.equal(verdicts.get(two), ['is named in the manifest or the vault, and not there']);
  assert.equal([...verdicts.values()].filter((problems) => problems.length === 0).length, 3);
});

test.run();
