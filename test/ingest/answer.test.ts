import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { endingOf, isStream, remedyOf } from '../../src/ingest/answer.ts';

const test = suite('answer');
const kindOf = (status: number, body: unknown = '', askedBackfill = false) =>
  endingOf({ status, headers: {}, text: typeof body === 'string' ? body : JSON.stringify(body) }, askedBackfill).is;

test('status 200 is the stream, unless something between answers with a page', () => {
  assert.ok(isStream({ status: 200, headers: {} }));
  assert.ok(isStream({ status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } }));
  assert.not(isStream({ status: 200, headers: { 'content-type': 'Text/HTML' } }));
  assert.not(isStream({ status: 204, headers: {} }));
  assert.not(isStream({ status: 301, headers: {} }));
});

test('the three kinds of 429 are told apart', () => {
  assert.is(
    kindOf(429, {
      title: 'ConnectionException',
      detail: 'This stream is currently at the maximum allowed connection limit.',
      connection_issue: 'TooManyConnections',
      type: 'https://api.x.com/2/problems/streaming-connection',
    }),
    'too-many-connections',
  );
  assert.is(
    kindOf(429, {
      title: 'UsageCapExceeded',
      detail: 'Usage cap exceeded: Monthly product cap',
      type: 'https://api.twitter.com/2/problems/usage-capped',
    }),
    'usage-capped',
  );
  assert.is(
    kindOf(429, { title: 'Too Many Requests', detail: 'Too Many Requests', type: 'about:blank', status: 429 }),
    'rate-limited',
  );
  assert.is(kindOf(429, 'Rate limit exceeded'), 'rate-limited');
  assert.is(kindOf(429, { errors: [{ title: 'ConnectionException' }] }), 'too-many-connections');
});

test('x-rate-limit-reset is read as epoch seconds', () => {
  const ending = (reset: string) =>
    endingOf({ status: 429, headers: { 'x-rate-limit-reset': reset }, text: '' }, false);
  assert.equal(ending('1773147660'), { is: 'rate-limited', detail: 'HTTP 429', resetAtMs: 1_773_147_660_000 });
  assert.equal(ending('soon'), { is: 'rate-limited', detail: 'HTTP 429' });
});

test('5xx, and pages under a good status, come from the server; 3xx and 4xx are ours to mend', () => {
  for (const status of [500, 502, 503, 504, 200, 204]) assert.is(kindOf(status), 'server-error', `${status}`);
  for (const status of [301, 302, 400, 401, 403, 404, 407, 409]) assert.is(kindOf(status), 'refused', `${status}`);
});

test('a refusal while backfill was asked for is tried without it, and remembered only where the parameter is named', () => {
  const body = {
    errors: [{ parameters: { backfill_minutes: ['5'] }, message: 'backfill_minutes is not allowed for your tier' }],
    title: 'Invalid Request',
  };
  assert.is(kindOf(400, body, true), 'backfill-refused');
  assert.is(kindOf(403, body, true), 'backfill-refused');
  assert.is(kindOf(400, body, false), 'refused');
  assert.is(kindOf(403, { reason: 'client-not-enrolled' }, true), 'refused');
  const unnamed = endingOf({ status: 403, headers: {}, text: '{"title":"Forbidden"}' }, true);
  assert.equal(unnamed, { is: 'backfill-refused', detail: 'HTTP 403 (Forbidden)', isNamed: false });
});

test('the detail says what the server said, without markup and at bearable length', () => {
  const detail = (text: string): string => endingOf({ status: 503, headers: {}, text }, false).detail;
  assert.is(detail('<html><body><h1>Bad  Gateway</h1></body></html>'), 'HTTP 503 (Bad Gateway)');
  assert.is(
    detail('{"title":"Service Unavailable","detail":"try later"}'),
    'HTTP 503 (Service Unavailable: try later)',
  );
  assert.ok(detail('x'.repeat(10_000)).length < 250);
});

test('each refusal has a remedy of its own', () => {
  const details = ['HTTP 401', 'HTTP 403', 'HTTP 403 (client-not-enrolled)', 'HTTP 404', 'HTTP 407', 'HTTP 409'];
  assert.is(new Set(details.map((detail) => remedyOf(detail, false))).size, details.length);
});

test.run();
