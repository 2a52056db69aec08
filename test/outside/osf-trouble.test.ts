import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { retryAfterMs, troubleOfAnswer } from '../../src/outside/osf-trouble.ts';

const test = suite('osf trouble');
const nowMs = Date.parse('2026-03-10T13:00:00Z');
const answer = (status: number, body: string, headers = {}) => ({ status, headers, body: Buffer.from(body) });

test('Retry-After is read as an epoch, as seconds from now, as a date', () => {
  assert.is(retryAfterMs('1773147605', nowMs), 1_773_147_605_000);
  assert.is(retryAfterMs('90', nowMs), nowMs + 90_000);
  assert.is(retryAfterMs('Tue, 10 Mar 2026 13:05:00 GMT', nowMs), nowMs + 300_000);
  assert.is(retryAfterMs('soon', nowMs), undefined);
  assert.is(retryAfterMs(undefined, nowMs), undefined);
});

test('each refusal has its kind and the words of the answer, in whichever form they come', () => {
  const kinds = [400, 401, 403, 404, 410, 411, 413, 429, 500, 503, 507].map(
    (status) => troubleOfAnswer(answer(status, '{}'), nowMs).kind,
  );
  assert.equal(kinds, [
    'misunderstood',
    'refused',
    'refused',
    'gone',
    'gone',
    'misunderstood',
    'blocked',
    'slow-down',
    'unavailable',
    'unavailable',
    'full',
  ]);
  assert.is(troubleOfAnswer(answer(403, '{"message":"File is checked out"}'), nowMs).kind, 'blocked');
  assert.match(
    troubleOfAnswer(answer(401, '{"errors":[{"detail":"Token expired"}]}'), nowMs).message,
    'status 401: Token expired',
  );
  assert.match(
    troubleOfAnswer(answer(502, '<html><h1>Bad</h1> gateway</html>'), nowMs).message,
    'status 502: Bad gateway',
  );
  assert.match(troubleOfAnswer(answer(503, 'null'), nowMs).message, 'status 503');
});

test.run();
