// `report` and `verify` where an archive of the wire is configured: which WARC files cover which hour, and whether they are sound.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import schema from '../../src/domain/report-schema.json' with { type: 'json' };
import { streamvault } from '../support/streamvault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { allHours, writeDay } from '../support/vault-scene.ts';
import { streamLines, wireBytes } from '../warc/answers.ts';
import { archiving, sealed } from '../warc/archiving.ts';

const test = suite('streamvault with an archive of the wire');
const day = '2026-03-10';
const isValid = new Ajv({ allErrors: true, strictTypes: false }).compile(schema);

interface Scene {
  readonly config: string;
  /** Paths of the two WARC files: of 13 h, and of 13 and 14 h. */
  readonly files: string[];
}

/** An archive of two answers, the second one over the end of an hour, and the configuration that names it. */
async function scene({ hasVault }: { hasVault: boolean }): Promise<Scene> {
  const folder = temporaryFolder();
  const open = await archiving({ folder: join(folder, 'warc'), segmentMs: 24 * 3_600_000 });
  const answer = await wireBytes(streamLines(40));
  const first = open.begin();
  first.bytes(answer);
  first.end(true);
  await sealed(open, 1);
  const second = open.begin();
  second.bytes(answer.subarray(0, 1000));
  for (let minutes = 0; minutes < 62; minutes++) await open.world.clock.pass(60_000);
  second.bytes(answer.subarray(1000));
  second.end(true);
  await sealed(open, 2);
  await open.archive.close();
  const vault = join(folder, 'vault');
  if (hasVault) writeDay(vault, { day }, allHours(day, 20));
  const config = join(folder, 'config.toml');
  writeFileSync(join(folder, 'token'), 'none', { mode: 0o600 });
  writeFileSync(
    config,
    `server = 1\n[ingest]\nbearer_token_file = "${folder}/token"\nspool = "${folder}/spool"\nwarc = "${open.folder}"\n[watch]\nown = "${folder}/spool"\nvault = "${vault}"\n`,
  );
  return { config, files: open.finished().map((name) => join(open.folder, name)) };
}

test('report says below the hours which WARC files cover which of them, with digests', async () => {
  const { config, files } = await scene({ hasVault: true });
  const { status, stdout, stderr } = await streamvault(['report', day, '--config', config]);
  assert.is(status, 0, stderr);
  const [hours = '', covering = ''] = stdout.split('\n\n');
  assert.is(hours.split('\n').length, 25);
  const rows = covering
    .trimEnd()
    .split('\n')
    .map((row) => row.split('\t'));
  const [one = '', two = ''] = files.map((path) => path.slice(path.lastIndexOf('/') + 1));
  assert.equal(rows[0], ['hour', 'warc file', 'from', 'until', 'bytes', 'sha256']);
  assert.equal(
    rows.slice(1).map(([hour, file]) => `${hour} ${file}`),
    [`13 ${one}`, `13 ${two}`, `14 ${two}`],
  );
  const json = await streamvault(['report', day, '--json', '--config', config]);
  const { warc_files } = JSON.parse(json.stdout) as { warc_files: { hour: string; file: string }[] };
  assert.ok(isValid(JSON.parse(json.stdout)), JSON.stringify(isValid.errors));
  assert.equal(
    warc_files.map(({ hour, file }) => `${hour} ${file}`),
    [`13 ${one}`, `13 ${two}`, `14 ${two}`],
  );
  const again = await streamvault(['report', day, '--config', config]);
  assert.is(again.stdout, stdout);
});

test('verify reads the archive too: 0 where all is sound, 1 and the name of a file in which a bit flipped, 64 for a day without either', async () => {
  const { config, files } = await scene({ hasVault: false });
  const sound = await streamvault(['verify', '--config', config]);
  assert.equal([sound.status, sound.stdout.match(/\.warc\.gz\tsound\n/g)?.length], [0, 2], sound.stdout + sound.stderr);
  const [damaged = ''] = files;
  const bytes = readFileSync(damaged);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 4, bytes.length >> 1);
  writeFileSync(damaged, bytes);
  const wrong = await streamvault(['verify', day, '--config', config]);
  assert.is(wrong.status, 1);
  assert.match(wrong.stdout, `${damaged.slice(damaged.lastIndexOf('/') + 1)}\twrong\n`);
  assert.match(wrong.stdout, 'its size or SHA-256 differs');
  const otherDay = await streamvault(['verify', '2026-03-12', '--config', config]);
  assert.is(otherDay.status, 64);
  assert.match(otherDay.stderr, 'has no finished hour of 2026-03-12');
});

test.run();
