import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fastClock, parseClockOption, systemClock } from '../../src/outside/clock.ts';
import { manualClock } from '../support/manual-clock.ts';

const test = suite('clock');

test('--clock is START*SPEED, or START@REAL*SPEED for several processes', () => {
  const startMs = Date.parse('2026-03-10T13:00Z');
  assert.equal(parseClockOption('2026-03-10T13:00Z*120'), { startMs, speed: 120 });
  assert.equal(parseClockOption('2026-03-10T13:00Z@1773147600000*0.5'), {
    startMs,
    speed: 0.5,
    anchorMs: 1_773_147_600_000,
  });
  for (const text of ['120', '2026-03-10T13:00Z', 'now*2', '2026-03-10T13:00Z*0', '2026-03-10T13:00Z*-1'])
    assert.is(parseClockOption(text), undefined, text);
});

test('a fast clock passes ten minutes in seconds, in order', async () => {
  const clock = fastClock({ startMs: 0, speed: 1_000_000 });
  const woken: string[] = [];
  await Promise.all([
    clock.sleep(600_000).then(() => woken.push('ten minutes')),
    clock.sleep(60_000).then(() => woken.push('minute')),
    clock.sleep(1000).then(() => woken.push('second')),
  ]);
  assert.equal(woken, ['second', 'minute', 'ten minutes']);
  assert.ok(clock.now() >= 600_000);
});

test('a fast clock stands still while the process does, and advances a second a turn at most', async () => {
  const clock = fastClock({ startMs: 0, speed: 1_000_000 });
  await clock.sleep(1);
  const before = clock.now();
  const until = performance.now() + 50;
  while (performance.now() < until);
  assert.is(clock.now(), before);
  await clock.sleep(1);
  assert.ok(clock.now() - before <= 2000, `${clock.now() - before} ms`);
});

test('a sleep ends with the reason of its signal, on every clock', async () => {
  for (const clock of [systemClock(), fastClock({ startMs: 0, speed: 1 }), manualClock()]) {
    const stop = new AbortController();
    const asleep = clock.sleep(1e9, stop.signal);
    stop.abort(new Error('stopped'));
    await asleep.then(
      () => assert.unreachable(),
      (error: Error) => assert.is(error.message, 'stopped'),
    );
    await clock.sleep(1, stop.signal).then(
      () => assert.unreachable(),
      (error: Error) => assert.is(error.message, 'stopped'),
    );
  }
});

test.run();
