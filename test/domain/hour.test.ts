import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { coverageOf, hourState, jointGap } from '../../src/domain/hour.ts';
import type { HeardMinute } from '../../src/domain/hour.ts';
import { hourOf } from '../../src/domain/time.ts';
import { minuteAt } from '../support/watching.ts';

const test = suite('hour');
const hour = hourOf(minuteAt('2026-03-10T13:00Z'), 'UTC');
const at = (utc: string): number => Date.parse(utc);

const heard = (server: 1 | 2, minutes: number, seconds: number | null = 60): HeardMinute[] =>
  Array.from({ length: minutes }, (_, index) => ({ server, minute: hour.start + index, seconds }));

function state(files: readonly HeardMinute[], now: string): unknown {
  return hourState(files, hour, { nowMs: at(now), patienceMs: 15 * 60_000, servers: [1, 2] });
}

test('no hour is ready before its end, however complete', () => {
  assert.equal(state([...heard(1, 60), ...heard(2, 60)], '2026-03-10T13:59:59.999Z'), { is: 'open' });
});

test('a complete hour is ready at its end', () => {
  assert.equal(state([...heard(1, 60), ...heard(2, 60)], '2026-03-10T14:00Z'), { is: 'ready', isComplete: true });
});

test('an hour that lacks one minute of one server waits until its patience is over', () => {
  const files = [...heard(1, 60), ...heard(2, 59)];
  assert.equal(state(files, '2026-03-10T14:14:59.999Z'), { is: 'waiting', deadlineMs: at('2026-03-10T14:15Z') });
  assert.equal(state(files, '2026-03-10T14:15Z'), { is: 'ready', isComplete: false });
});

test('a missing minute counts 60 s, and the joint gap is the smaller one, minute by minute', () => {
  const files = [...heard(1, 60, 50), ...heard(2, 58, 45)];
  assert.equal(coverageOf(files, hour, 1), { missing: 0, gap: 600 });
  assert.equal(coverageOf(files, hour, 2), { missing: 2, gap: 58 * 15 + 120 });
  assert.is(jointGap(files, hour, [1, 2]), 600);
  assert.is(jointGap(files, hour, [1]), 600);
});

test('an older file’s seconds are unknown, and so is the gap; but where the other heard all there is no joint one', () => {
  assert.equal(coverageOf(heard(1, 60, null), hour, 1), { missing: 0, gap: null });
  assert.is(jointGap([...heard(1, 60, null), ...heard(2, 60)], hour, [1, 2]), 0);
  assert.is(jointGap([...heard(1, 60, null), ...heard(2, 60, 59)], hour, [1, 2]), null);
});

test.run();
