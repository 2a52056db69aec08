// may take 400 s
// `streamvault publish` and the publishing of `streamvault watch`, as processes: what they print, how they end, what they must not hinder.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type OsfStandIn, startOsf } from '../../src/emulate/osf.ts';
import { startChild } from '../support/child.ts';
import { streamvault } from '../support/streamvault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { writeDay } from '../support/vault-scene.ts';
import { minuteAt, writeHour } from '../support/watching.ts';

const test = suite('streamvault publish');
const day = '2026-03-10';

interface Place {
  readonly folder: string;
  readonly vault: string;
  readonly config: string;
}

function place(api: string, more = ''): Place {
  const folder = temporaryFolder();
  const [vault, config] = [join(folder, 'vault'), join(folder, 'config.toml')];
  writeFileSync(join(folder, 'token'), 'x\n', { mode: 0o600 });
  const watch = `[watch]\nown = "${folder}/own"\nvault = "${vault}"\npreset = 0\n`;
  const osf = `[osf]\napi = "${api}"\nproject = "abc12"\ntoken_file = "${folder}/token"\n`;
  writeFileSync(config, `server = 1\n${watch}${osf}${more}`);
  return { folder, vault, config };
}

const start = (): Promise<OsfStandIn> => startOsf({ project: 'abc12', token: 'x', now: Date.now });

test('--dry-run lists what would go and what the limit holds back, asks nobody and changes nothing', async () => {
  await using osf = await start();
  const { vault, config } = place(osf.api, 'monthly_ids = 5\n');
  writeDay(vault, { day }, { '00': { ids: 3, content: Buffer.from('123') }, '01': { ids: 4 } });
  const before = readdirSync(vault, { recursive: true });
  const { status, stdout } = await streamvault(['publish', '--config', config, '--dry-run', '--json']);
  assert.is(status, 0);
  const [first, second, third] = stdout.trimEnd().split('\n');
  assert.equal(JSON.parse(first ?? ''), {
    path: '2026/03/10/2026-03-10_00_IDs.txt.xz',
    bytes: 3,
    ids: 3,
    state: 'new',
  });
  assert.match(second ?? '', '"state":"held back by monthly_ids"');
  assert.match(third ?? '', '2026/03/10/2026-03-10_report.txt');
  const people = await streamvault(['publish', '--config', config, '--dry-run']);
  assert.match(people.stdout, '2026/03/10/2026-03-10_00_IDs.txt.xz\t3 B\t3 IDs\tnew');
  assert.match(people.stdout, '0 IDs were published in the last 30 days (of 5); 3 more would go.');
  assert.equal([osf.requests.length, readdirSync(vault, { recursive: true })], [0, before]);
});

test('it uploads what is lacking and ends with 0, with 1 where something is held back, 77 refused, 69 out of reach', async () => {
  const osf = await start();
  const { folder, vault, config } = place(osf.api, 'monthly_ids = 5\n');
  const publish = () => streamvault(['publish', '--config', config]);
  writeDay(vault, { day }, { '00': { ids: 3 } });
  const first = await publish();
  assert.equal([first.status, first.stdout], [0, '2 uploaded, 0 left.\n']);
  assert.equal([...osf.tree.files().keys()].length, 2);
  writeDay(vault, { day }, { '01': { ids: 4 } });
  const held = await publish();
  assert.is(held.status, 1);
  assert.match(held.stdout, '1 uploaded, 1 left.\nPublishing has stopped before 2026-03-10_01_IDs.txt.xz: 3 tweet IDs');
  writeFileSync(config, `${readFileSync(config, 'utf8')}approval = "X, ticket 1"\n`);
  writeFileSync(join(folder, 'token'), 'y\n', { mode: 0o600 });
  assert.is((await publish()).status, 77);
  await osf[Symbol.asyncDispose]();
  assert.is((await publish()).status, 69);
});

test('while OSF takes connections and says nothing, the watch makes hour after hour, and ends at once when told to', async () => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  let connections = 0;
  server.on('connection', () => connections++);
  const { folder, vault, config } = place(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const has = (name: string) => () => existsSync(join(vault, day, name));
  writeHour(join(folder, 'own'), minuteAt('2026-03-10T13:00Z'));
  const child = startChild(['watch', '--config', config]);
  await until('the first hour', has('2026-03-10_13_receipt.json'), 120_000);
  await until('an upload that hangs', () => connections > 0, 120_000);
  writeHour(join(folder, 'own'), minuteAt('2026-03-10T14:00Z'));
  await until('the second hour', has('2026-03-10_14_receipt.json'), 120_000);
  child.process.kill('SIGTERM');
  // The upload itself would be given up only after a minute of silence.
  assert.is(await child.ended(), 0, child.stderr);
  server.close();
});

test('the watch publishes what it makes', async () => {
  await using osf = await start();
  const { folder, config } = place(osf.api);
  writeHour(join(folder, 'own'), minuteAt('2026-03-10T13:00Z'));
  const child = startChild(['watch', '--config', config, '--clock', `${day}T15:00Z*60`]);
  await until('the hour lies there', () => osf.tree.files().has('2026/03/10/2026-03-10_13_IDs.txt.xz'), 120_000);
  child.process.kill('SIGTERM');
  assert.is(await child.ended(), 0, child.stderr);
});

test.run();
