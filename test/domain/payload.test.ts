import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isDisconnect, isEmptyObject, readSystemMessage, receiptNote, shapeOf } from '../../src/domain/payload.ts';

const test = suite('payload');
const span = (text: string | Buffer, around = ''): [bytes: Buffer, start: number, end: number] => {
  const bytes = Buffer.concat([Buffer.from(around), Buffer.from(text), Buffer.from(around)]);
  return [bytes, around.length, bytes.length - around.length];
};

test('a line begins with { and ends with }, wherever it lies in a buffer', () => {
  for (const line of [
    '{}',
    '{"data":{}}',
    '{"includes":{},"data":{"id":"1"}}',
    '{"data":1}{"data":2}',
    '{\0}',
    '{"errors":1,"data":{}}',
  ])
    for (const around of ['', '}{', 'xx']) assert.is(shapeOf(...span(line, around)), 'payload', line);
  for (const line of ['{', '}', '[]', ' {"data":1}', '{"data":1} ', '<html>', '\0\0\0', '"data"'])
    assert.is(shapeOf(...span(line, '{}')), 'not-an-object', line);
  assert.is(shapeOf(...span('', '{}')), 'keep-alive');
});

test('bytes that are no UTF-8 are a payload like any other: nothing is decoded', () => {
  assert.is(shapeOf(...span(Buffer.from([0x7b, 0xff, 0xfe, 0xc3, 0x7d]))), 'payload');
});

test('errors without data are a system message; errors beside data, or of another shape, are a tweet', () => {
  const disconnect =
    '{"errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect"}]}';
  assert.is(shapeOf(...span(disconnect)), 'system-message');
  assert.is(shapeOf(...span('{"errors":[{"title":"Not Found"}],"data":{"id":"1"}}')), 'payload');
  assert.is(shapeOf(...span('{"data":{"id":"1"},"errors":[{"title":"Not Found"}]}')), 'payload');
  assert.is(shapeOf(...span('{"errors":[broken}')), 'payload', 'what cannot be parsed is kept, for the hour to count');
  assert.is(shapeOf(...span('{"info":{}}')), 'payload', 'unknown messages are tolerated');
});

test('a disconnect is known by its title or the end of its type, whatever host stands before it', () => {
  const problems = (text: string) => readSystemMessage(Buffer.from(text)) ?? [];
  for (const error of [
    '{"title":"operational-disconnect"}',
    '{"type":"https://api.twitter.com/2/problems/operational-disconnect"}',
    '{"type":"https://api.x.com/2/problems/operational-disconnect"}',
    '{"disconnect_type":"OperationalDisconnect"}',
    '{"disconnect_type":"UpstreamOperationalDisconnect"}',
  ])
    assert.equal(problems(`{"errors":[${error}]}`).map(isDisconnect), [true], error);
  assert.equal(problems('{"errors":[{"title":"Not Found Error"},null,7]}').map(isDisconnect), [false]);
  assert.equal(problems('{"errors":{"title":"operational-disconnect"}}').map(isDisconnect), [true]);
});

test('the note takes the place of the last brace, with a comma unless the object is empty', () => {
  const note = receiptNote({
    url: 'https://api.x.com/2/tweets/sample/stream',
    version: 'streamvault 1.0.0',
    retrievedAtMs: Date.UTC(2026, 2, 10, 13, 5, 7, 123),
  });
  const splice = (line: string): string =>
    line.slice(0, -1) + note.subarray(isEmptyObject(Buffer.from(line)) ? 1 : 0).toString();
  const tail =
    '"__twarc":{"url":"https://api.x.com/2/tweets/sample/stream","version":"streamvault 1.0.0","retrieved_at":"2026-03-10T13:05:07.123Z"}}\n';
  assert.is(splice('{"data":{}}'), `{"data":{},${tail}`);
  assert.is(splice('{}'), `{${tail}`);
  assert.is(splice('{ \t }'), `{ \t ${tail}`);
  assert.equal(JSON.parse(splice('{ }')).__twarc.version, 'streamvault 1.0.0');
});

test.run();
