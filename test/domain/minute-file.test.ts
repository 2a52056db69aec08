import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  contentDigest,
  emptyDigest,
  minuteFileName,
  minuteFolder,
  parseMinuteFileName,
  parseOlderFileName,
  parsePartName,
  partName,
} from '../../src/domain/minute-file.ts';
import { minuteOf } from '../../src/domain/time.ts';

const test = suite('minute file');
const minute = minuteOf(Date.parse('2026-03-10T13:05Z'));

test('the name says minute, lines, connected seconds and digest', () => {
  const file = { minute, lines: 2993, connectedSeconds: 60, digest: '9f86d081884c7d65' };
  assert.is(minuteFileName(file), '2026-03-10T13-05Z_2993_60s_9f86d081884c7d65.jsonl');
  assert.equal(parseMinuteFileName(minuteFileName(file)), file);
  assert.is(contentDigest(Buffer.from('test')), '9f86d081884c7d65');
  assert.is(emptyDigest, 'e3b0c44298fc1c14');
});

test('a minute lies in the folder of its UTC hour, and is `.part` while it is written', () => {
  assert.is(minuteFolder(minute), '2026-03-10/13');
  assert.is(partName(minute), '2026-03-10T13-05Z.part');
  assert.is(parsePartName('2026-03-10T13-05Z.part'), minute);
  assert.is(parsePartName('2026-03-10T13-05Z.jsonl'), undefined);
});

test('names that streamvault would not have written are not read', () => {
  const good = '2026-03-10T13-05Z_2993_60s_9f86d081884c7d65.jsonl';
  for (const name of [
    good.replace('2993', '02993'),
    good.replace('60s', '61s'),
    good.replace('60s', '060s'),
    good.toUpperCase(),
    good.replace('03-10', '02-30'),
    good.replace('13-05', '24-00'),
    `${good}.gz`,
    `../${good}`,
    `.${good}`,
    good.replace('9f86', '9F86'),
    good.replace('_60s', '_-1s'),
    '',
  ])
    assert.is(parseMinuteFileName(name), undefined, name);
});

test('every name reads back as what was written', () => {
  const fields = {
    minute: fc.integer({ min: 0, max: 200_000_000 }),
    lines: fc.nat({ max: 10 ** 9 }),
    connectedSeconds: fc.integer({ min: 0, max: 60 }),
    digest: fc.uint8Array({ maxLength: 8 }).map(contentDigest),
  };
  const files = fc.record(fields, { noNullPrototype: true });
  fc.assert(fc.property(files, (file) => assert.equal(parseMinuteFileName(minuteFileName(file)), file)));
});

test('names of the older system give the wall-clock start of their minute', () => {
  assert.equal(parseOlderFileName('sampled_stream_2022-03-01_13:05:00_to_2022-03-01_13:06:00.jsonl'), {
    day: '2022-03-01',
    clock: '13:05:00',
  });
  assert.is(parseOlderFileName('sampled_stream_2022-03-01_25:05:00_to_2022-03-01_13:06:00.jsonl'), undefined);
  assert.is(parseOlderFileName('sampled_stream_2022-03-01_13:05:00.jsonl'), undefined);
});

test.run();
