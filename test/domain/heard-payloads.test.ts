// Lines recognised as heard before, and those that must not be.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeardPayloads, printOf } from '../../src/domain/heard-payloads.ts';
import { receiptNote } from '../../src/domain/payload.ts';

const test = suite('payloads heard before');
const note = (retrievedAtMs: number, url = 'https://api.x.com/2/tweets/sample/stream'): string =>
  receiptNote({ url, version: 'streamvault 1.0.0', retrievedAtMs }).toString().trimEnd();
const line = (id: number, ending = note(1)): Buffer => Buffer.from(`{"data":{"id":"${id}","text":"日本語"}${ending}`);

/** The row under which the second line is found after the first was added as row 7; undefined where it is not compared at all. */
function found(first: Buffer, second: Buffer): number | undefined {
  const heard = new HeardPayloads();
  const [firstPrint, secondPrint] = [printOf(first), printOf(second)];
  if (firstPrint) heard.add(first, firstPrint, 7);
  return secondPrint && heard.find(second, secondPrint);
}

test('a payload with another note of receipt is the same', () => {
  assert.is(found(line(1), line(1, note(2))), 7);
});

test('a note with a time of another length is one, too', () => {
  const short = note(1).replace('.001Z', 'Z');
  assert.is(found(line(1), line(1, short)), 7);
  assert.is(found(line(1, short), line(1)), 7);
  // As long before the quote as the usual note is before its time.
  const shorter = note(1).replace(/.{22}Z"}}$/, '"}}');
  assert.is(found(line(1, shorter), line(1, note(2))), 7);
  assert.is(found(line(1, shorter), line(1, shorter.replace('":"', '"1234"'))), undefined);
});

test('another payload is not', () => {
  assert.is(found(line(1), line(2)), -1);
});

test('another payload of the same sample is not', () => {
  const long = (text: string): Buffer => Buffer.from(`{"data":{"id":"1","text":"${'-'.repeat(400)}${text}"}${note(1)}`);
  assert.is(printOf(long('a'))?.sample, printOf(long('b'))?.sample);
  assert.is(found(long('a'), long('b')), -1);
});

test('a line whose note is not as this tool writes it is not compared', () => {
  const endings = [
    '}',
    note(1).slice(0, -1),
    `${note(1)}}`,
    `${note(1)} `,
    `${note(1).slice(0, -1)},"data":{}}`,
    note(1, 'a"quote'),
    note(1, 'é'),
    note(1, '\\'),
    note(1).replace('}}', ',"more":1}}'),
    note(1).replace('.001Z', '."01Z'),
    note(1).replace('.001Z', '.\\u0Z'),
    note(1).replace('.001Z', '.é1Z'),
    note(1).replace('"retrieved_at":"', '"retrieved_at"'),
  ];
  for (const ending of endings) assert.is(found(line(1), line(1, ending)), undefined, ending);
});

test('of two notes the last one counts', () => {
  const twice = line(1, `${note(1).slice(0, -1)}${note(2)}`);
  assert.is(found(line(1), twice), -1);
  assert.is(found(twice, line(1, `${note(1).slice(0, -1)}${note(3)}`)), 7);
});

test('no more is remembered than the limit allows', () => {
  const heard = new HeardPayloads();
  const bulk = (id: number): Buffer =>
    Buffer.from(`{"data":{"id":"${id}","text":"${'x'.repeat(7 * 2 ** 20 + id)}"}${note(1)}`);
  const rows = [1, 2, 3, 4, 5].map((id) => {
    const one = bulk(id);
    const print = printOf(one);
    if (print) heard.add(one, print, id);
    return print && heard.find(one, print);
  });
  assert.equal(rows, [1, 2, 3, 4, -1]);
  heard.clear();
  const print = printOf(bulk(1));
  assert.is(print && heard.find(bulk(1), print), -1);
});

test.run();
