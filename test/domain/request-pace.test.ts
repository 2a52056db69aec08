import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Pace, type RequestKind, afterRequest, freshPace, paceWaitMs } from '../../src/domain/request-pace.ts';
import { dayMs, hourMs, minuteMs } from '../../src/domain/time.ts';

const test = suite('request pace');

/** Asks as fast as the pace allows; leaves when each request was made. */
function askFor(kind: RequestKind, durationMs: number, startMs = 0): number[] {
  let pace: Pace = freshPace;
  const made: number[] = [];
  for (let nowMs = startMs; ;) {
    nowMs += paceWaitMs(pace, kind, nowMs);
    if (nowMs >= startMs + durationMs) return made;
    made.push(nowMs);
    pace = afterRequest(pace, kind, nowMs);
  }
}

const mostWithin = (made: readonly number[], spanMs: number): number =>
  Math.max(...made.map((from) => made.filter((at) => at >= from && at < from + spanMs).length));

test('at most five requests a second', () => {
  assert.is(mostWithin(askFor('other', minuteMs), 1000), 5);
});

test('at most forty listings a minute', () => {
  assert.is(mostWithin(askFor('listing', 10 * minuteMs), minuteMs), 40);
});

test('at most 9,000 requests in any 24 hours, and going on afterwards', () => {
  const made = askFor('other', 3 * dayMs, 17 * minuteMs);
  const starts = made.filter((_, index) => index % 500 === 0);
  for (const from of starts) assert.ok(made.filter((at) => at >= from && at < from + dayMs).length <= 9000);
  assert.ok(made.length > 18_000, `${made.length} in three days`);
});

test('a clock that was set back stops nothing', () => {
  const pace = afterRequest(freshPace, 'listing', 10 * hourMs);
  assert.is(paceWaitMs(pace, 'listing', 0), 0);
});

test.run();
