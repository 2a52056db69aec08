import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  connectWindowMs,
  type Ending,
  firstAttempt,
  freshPatience,
  nextAttempt,
  noteConnect,
  type Patience,
} from '../../src/ingest/reconnect.ts';

const test = suite('reconnect');
const nowMs = Date.parse('2026-03-10T13:00:00Z');
const ended = (livedMs: number, lines: number, how: Extract<Ending, { is: 'ended' }>['how'] = 'closed'): Ending => ({
  is: 'ended',
  how,
  detail: '',
  livedMs,
  lines,
});

/** The waits after the same ending again and again, without jitter; in seconds. */
function waits(ending: Ending, times: number): number[] {
  let patience: Patience = freshPatience;
  return Array.from({ length: times }, () => {
    const next = nextAttempt(patience, ending, { nowMs, jitter: 0 });
    ({ patience } = next);
    return next.waitMs / 1000;
  });
}

test('an established connection that drops is made again at once, however it ended', () => {
  for (const how of [
    'closed',
    'reset',
    'stalled',
    'endless-line',
    'operational-disconnect',
    'broken-encoding',
  ] as const) {
    assert.equal(waits(ended(5, 1, how), 3), [0, 0, 0], how);
    assert.equal(waits(ended(60_000, 0, how), 2), [0, 0], how);
  }
});

test('a connection that neither lived a minute nor brought a line waits as a network error does', () => {
  assert.equal(waits(ended(59_999, 0), 4), [0.25, 0.5, 0.75, 1]);
});

test('network errors: 250 ms, growing linearly, at most 16 s', () => {
  const seen = waits({ is: 'network', detail: 'ENOTFOUND' }, 70);
  assert.equal(seen.slice(0, 4), [0.25, 0.5, 0.75, 1]);
  assert.is(seen[63], 16);
  assert.is(seen[69], 16);
});

test('HTTP 5xx: 5 s, doubling, at most 320 s', () => {
  assert.equal(waits({ is: 'server-error', detail: 'HTTP 503' }, 9), [5, 10, 20, 40, 80, 160, 320, 320, 320]);
});

test('HTTP 429, the limit of connects: from 60 s, doubling, up to the window; the reset that the server names wins', () => {
  assert.equal(waits({ is: 'rate-limited', detail: '' }, 6), [60, 120, 240, 480, 900, 900]);
  assert.equal(waits({ is: 'rate-limited', detail: '', resetAtMs: nowMs + 7_000 }, 3), [7, 7, 7]);
  assert.equal(waits({ is: 'rate-limited', detail: '', resetAtMs: nowMs + 840_000 }, 2), [840, 840]);
  assert.equal(
    waits({ is: 'rate-limited', detail: '', resetAtMs: nowMs - 5_000 }, 1),
    [60],
    'a reset in the past is of another clock',
  );
  assert.equal(
    waits({ is: 'rate-limited', detail: '', resetAtMs: nowMs + 40 * 86_400_000 }, 1),
    [60],
    'a reset that cannot be meant',
  );
});

test('HTTP 429, too many connections: the old socket may be let go before the named reset', () => {
  assert.equal(waits({ is: 'too-many-connections', detail: '' }, 3), [60, 120, 240]);
  assert.equal(waits({ is: 'too-many-connections', detail: '', resetAtMs: nowMs + 800_000 }, 2), [60, 120]);
  assert.equal(waits({ is: 'too-many-connections', detail: '', resetAtMs: nowMs + 20_000 }, 1), [20]);
});

test('HTTP 429, the usage cap: a pause of an hour, or up to the reset', () => {
  assert.equal(waits({ is: 'usage-capped', detail: '' }, 3), [3600, 3600, 3600]);
  assert.equal(waits({ is: 'usage-capped', detail: '', resetAtMs: nowMs + 7_200_000 }, 1), [7200]);
});

test('400, 401, 403, 404: a mistake of ours is tried again slowly', () => {
  assert.equal(waits({ is: 'refused', detail: 'HTTP 401' }, 5), [60, 120, 240, 300, 300]);
});

test('a refused backfill is tried without it at once', () => {
  assert.equal(waits({ is: 'backfill-refused', detail: '', isNamed: true }, 2), [0.25, 0.25]);
});

test('a line heard makes every wait begin anew; a connection that died young does not', () => {
  const after = (...endings: Ending[]): Patience =>
    endings.reduce<Patience>(
      (patience, ending) => nextAttempt(patience, ending, { nowMs, jitter: 0 }).patience,
      freshPatience,
    );
  const failed: Ending[] = [
    { is: 'server-error', detail: '' },
    { is: 'rate-limited', detail: '' },
    { is: 'network', detail: '' },
    { is: 'refused', detail: '' },
  ];
  assert.equal(after(...failed, ended(1, 1)), freshPatience);
  assert.equal(after(...failed, ended(1, 0)), {
    ...freshPatience,
    serverFailures: 1,
    rateFailures: 1,
    refusals: 1,
    networkFailures: 2,
  });
});

test('jitter lengthens a wait by a quarter of a second or a tenth, and never shortens it', () => {
  const wait = (ending: Ending, jitter: number): number => nextAttempt(freshPatience, ending, { nowMs, jitter }).waitMs;
  assert.is(wait(ended(1, 1), 0.999), 250);
  assert.is(wait({ is: 'server-error', detail: '' }, 0.5), 5_250);
  assert.is(wait({ is: 'rate-limited', detail: '', resetAtMs: nowMs + 10_000 }, 0.5), 10_500);
});

test('a server that accepts and closes at once never costs more than 46 connects in any 15 minutes', () => {
  let at = nowMs;
  let patience: Patience = freshPatience;
  const connects: number[] = [];
  while (at < nowMs + 10 * connectWindowMs) {
    connects.push(at);
    patience = noteConnect(patience, at);
    // Each connection brings a line before it ends, so that every rule but the budget says: at once.
    const next = nextAttempt(patience, ended(1, 1), { nowMs: at, jitter: 0 });
    ({ patience } = next);
    at += Math.max(next.waitMs, 1);
  }
  for (const first of connects)
    assert.ok(connects.filter((connect) => connect >= first && connect < first + connectWindowMs).length <= 46);
  assert.ok(patience.connectsAt.length <= 46, 'what is remembered stays small');
});

test('whatever endings follow each other, a window of 15 minutes holds less than 50 connects, also over restarts', () => {
  const ending = fc.oneof(
    fc.record({ livedMs: fc.nat(200_000), lines: fc.nat(2) }).map(({ livedMs, lines }) => ended(livedMs, lines)),
    fc.constantFrom<Ending>(
      { is: 'network', detail: '' },
      { is: 'server-error', detail: '' },
      { is: 'backfill-refused', detail: '', isNamed: true },
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(ending, fc.boolean()), { maxLength: 300 }), (steps) => {
      let at = nowMs;
      let patience: Patience = freshPatience;
      const connects: number[] = [];
      for (const [how, isRestart] of steps) {
        const next = isRestart ? firstAttempt(patience, at) : nextAttempt(patience, how, { nowMs: at, jitter: 0 });
        at += next.waitMs;
        patience = noteConnect(next.patience, at);
        connects.push(at);
      }
      return connects.every(
        (first) => connects.filter((connect) => connect >= first && connect < first + connectWindowMs).length < 50,
      );
    }),
    { numRuns: 200 },
  );
});

test('connects that lie in the future, before a clock was put back, do not hold the next one up', () => {
  const patience = {
    ...freshPatience,
    connectsAt: Array.from({ length: 40 }, (_, index) => nowMs + 86_400_000 + index),
  };
  assert.is(firstAttempt(patience, nowMs).waitMs, 0);
});

test.run();
