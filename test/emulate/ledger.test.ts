import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fileLedger, type LedgerRecord, writeRecord } from '../../src/emulate/ledger.ts';
import { Sending } from '../../src/emulate/sending.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { parseRecord, readLedger } from '../support/ledger-reader.ts';
import { manualClock } from '../support/manual-clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('ledger');
const line = (id: string, what: 'sure' | 'unsure' = 'sure'): LedgerRecord => ({
  what,
  at: 1_773_147_600_123,
  connection: 7,
  label: 'server1',
  id,
  bytes: 740,
  sha256: '0123456789abcdef',
});
const sent = (id: string) => {
  const { what: _what, ...rest } = line(id) as LedgerRecord & { sha256: string; id: string; bytes: number };
  return rest;
};

test('each record is one line, and read back as it was', () => {
  const records: LedgerRecord[] = [
    line('12'),
    line('', 'unsure'),
    { what: 'reset', at: 5, connection: 1, label: '', cause: 'drop' },
    { what: 'opened', at: 5, connection: 1, label: 'a', cause: '' },
  ];
  assert.equal(
    records.map((record) => parseRecord(writeRecord(record).trimEnd())),
    records,
  );
  assert.is(writeRecord(line('12')), '1773147600123\t7\tserver1\tsure\t12\t740\t0123456789abcdef\n');
  assert.is(parseRecord('1773147600123\t7\tserver1\tsu'), undefined);
});

test('a file holds all records, made anew each time', async () => {
  const path = join(temporaryFolder(), 'ledger.tsv');
  for (const count of [5_000, 3_000]) {
    const ledger = await fileLedger(systemDisk, path);
    for (let id = 0; id < count; id++) ledger.record(line(String(id)));
    await ledger.ready?.();
    await ledger.close?.();
    const ids: string[] = [];
    for await (const record of readLedger(path)) ids.push('id' in record ? record.id : '');
    assert.equal(
      ids,
      Array.from({ length: count }, (_, id) => String(id)),
    );
  }
  assert.match(readFileSync(path, 'utf8'), /^# at\tconnection/);
});

test('a slow disk holds the stream up instead of filling the memory, and a broken one is told', async () => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const opened = {
    ...(await systemDisk.open(join(temporaryFolder(), 'unused'))),
    append: () => held,
    sync: async () => {},
  };
  const disk: Disk = { ...systemDisk, open: async () => opened };
  const ledger = await fileLedger(disk, join(temporaryFolder(), 'ledger.tsv'));
  for (let id = 0; id < 120_000; id++) ledger.record(line(String(id)));
  let isReady = false;
  const ready = ledger.ready?.().then(() => (isReady = true));
  await Promise.resolve();
  assert.is(isReady, false);
  release();
  await ready;
  opened.append = () => Promise.reject(new Error('no room'));
  for (let id = 0; id < 3_000; id++) ledger.record(line(String(id)));
  const told = await ledger.close?.().then(
    () => '',
    (error: Error) => error.message,
  );
  assert.is(told, 'no room');
});

test('a line is sure only when a second has passed on both clocks since the kernel took it', async () => {
  const [clock, realClock] = [manualClock(), manualClock()];
  const records: LedgerRecord[] = [];
  const sending = new Sending({ record: (record) => void records.push(record) }, { clock, realClock });
  const taken = sending.handOver([sent('1')] as never);
  await clock.pass(5_000);
  await realClock.pass(5_000);
  sending.settle();
  assert.equal(records, [], 'the kernel has not taken it');
  taken();
  await clock.pass(60_000);
  sending.settle();
  assert.equal(records, [], 'no real second has passed');
  await realClock.pass(1_000);
  sending.settle();
  assert.equal(records, [line('1')]);
});

test('what was not taken when the connection broke is unsure however old it is; a clean end makes all sure', async () => {
  const clock = manualClock();
  const records: LedgerRecord[] = [];
  const sink = { record: (record: LedgerRecord): void => void records.push(record) };
  const broken = new Sending(sink, { clock, realClock: clock });
  broken.handOver([sent('1')] as never)();
  broken.handOver([sent('2')] as never);
  await clock.pass(90_000);
  broken.handOver([sent('3')] as never)();
  broken.end(false);
  const clean = new Sending(sink, { clock, realClock: clock });
  clean.handOver([sent('4')] as never)();
  clean.end(true);
  assert.equal(records, [line('1'), line('2', 'unsure'), line('3', 'unsure'), line('4')]);
});

test.run();
