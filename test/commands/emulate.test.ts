// `streamvault emulate` as a process of its own.
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf, type LedgerRecord } from '../../src/emulate/ledger.ts';
import { type Child, startChild } from '../support/child.ts';
import { readLedger } from '../support/ledger-reader.ts';
import { ask } from '../support/stream-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const test = suite('emulate');
const addressOf = (child: Child): Promise<string> => until('the address', () => /http:\S+/.exec(child.stdout)?.[0]);

test('it prints its address, sends what it was asked for, and at its end the ledger is whole', async () => {
  const ledger = join(temporaryFolder(), 'ledger.tsv');
  const child = startChild([
    'emulate',
    '--rate',
    '1000',
    '--lines',
    '500',
    '--wait',
    '1',
    '--ledger',
    ledger,
    '--token',
    'x',
  ]);
  const client = await ask(await addressOf(child), { token: 'x', path: '/2/tweets/sample/stream?tweet.fields=lang' });
  await until('all lines', () => client.lines.length === 500);
  child.process.kill('SIGTERM');
  assert.is(await child.ended(), 0);
  const records: LedgerRecord[] = [];
  for await (const record of readLedger(ledger)) records.push(record);
  assert.equal([records[0]?.what, records.at(-1)?.what], ['opened', 'ended']);
  const sent = records.filter((record) => 'sha256' in record);
  assert.equal(
    sent.map(({ what, sha256 }) => `${what} ${sha256}`),
    client.lines.map((line) => `sure ${digestOf(Buffer.from(line))}`),
  );
});

test('with --osf it stands in for OSF too, with the faults that were ordered at the start or by request', async () => {
  const child = startChild([
    'emulate',
    '--token',
    'x',
    '--osf',
    '0',
    '--osf-project',
    'demo1',
    '--osf-fault',
    'slow-down',
  ]);
  const osf = await until('both addresses', () => /http:\S+\n(http:\S+)\n/.exec(child.stdout)?.[1]);
  const askOsf = (path: string) => fetch(`${osf}${path}`, { headers: { authorization: 'Bearer x' } });
  const root = '/v2/nodes/demo1/files/';
  const slowed = await askOsf(root);
  assert.is(slowed.status, 429);
  assert.ok(Number(slowed.headers.get('retry-after')) > Date.now() / 1000, 'an epoch');
  assert.is((await askOsf(root)).status, 200);
  const order = (body: string) => fetch(`${osf}/emulator/fault`, { method: 'POST', body });
  assert.is((await order('unavailable times=2')).status, 200);
  assert.equal(
    [(await askOsf(root)).status, (await askOsf(root)).status, (await askOsf(root)).status],
    [503, 503, 200],
  );
  assert.is((await order('sunshine')).status, 400);
  assert.equal(await (await askOsf('/emulator')).json(), { files: [], requests: 5 });
  child.process.kill('SIGTERM');
  assert.is(await child.ended(), 0);
});

test('a ledger that can stand nowhere is wrong usage, and nothing that stands there is touched', async () => {
  const folder = temporaryFolder();
  for (const [ledger, words] of [
    [join(folder, 'nowhere', 'ledger.tsv'), `There is no folder ${join(folder, 'nowhere')}`],
    [folder, `${folder} is a folder`],
  ] as const) {
    const child = startChild(['emulate', '--ledger', ledger]);
    assert.is(await child.ended(), 64);
    assert.match(child.stderr, words);
    assert.not.match(child.stderr, '    at ');
  }
});

test('it replays a compressed file', async () => {
  const file = join(temporaryFolder(), 'lines.gz');
  await writeFile(file, gzipSync('{"data":{"id":"1"}}\n{"data":{"id":"2"}}\n'));
  const child = startChild(['emulate', '--replay', file, '--wait', '1']);
  const client = await ask(await addressOf(child));
  await until('both lines', () => client.lines.length === 2);
  assert.equal(client.lines, ['{"data":{"id":"1"}}', '{"data":{"id":"2"}}']);
  child.process.kill('SIGTERM');
  assert.is(await child.ended(), 0);
});

test('a fault, a rate, a size, a file that cannot be meant is wrong usage', async () => {
  for (const words of [
    ['--fault', 'drip-drop'],
    ['--rate', '0'],
    ['--flood', 'much'],
    ['--osf', '0', '--osf-fault', 'quota times=often'],
    ['--replay', '/no/such/file'],
  ]) {
    const child = startChild(['emulate', ...words]);
    assert.is(await child.ended(), 64, child.stderr);
  }
});

test.run();
