import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DiskSample, diskOutlook, lastsMs, withSample } from '../../src/domain/disk-forecast.ts';
import { dayMs, hourMs, minuteMs } from '../../src/domain/time.ts';

const test = suite('disk forecast');
const GB = 1e9;

/** Samples of a disk over some hours, one a minute. */
function watched(hours: number, freeAt: (hour: number) => number): readonly DiskSample[] {
  let samples: readonly DiskSample[] = [];
  for (let minute = 0; minute <= hours * 60; minute++)
    samples = withSample(samples, { atMs: minute * minuteMs, freeBytes: freeAt(minute / 60) });
  return samples;
}

test('a disk that loses 1 GB an hour and has 30 GB lasts 30 hours', () => {
  const samples = watched(10, (hour) => 40 * GB - hour * GB);
  assert.ok(Math.abs((lastsMs(samples) ?? 0) - 30 * hourMs) < minuteMs);
  assert.equal(diskOutlook(samples, 2 * dayMs).is, 'filling');
  assert.equal(diskOutlook(samples, 25 * hourMs).is, 'between');
  assert.equal(diskOutlook(samples, 15 * hourMs).is, 'roomy');
});

test('the saw of an hour, whose raw files go when it is made, is no filling up', () => {
  const samples = watched(24, (hour) => 20 * GB - (hour % 1) * 0.3 * GB);
  assert.is(diskOutlook(samples, 2 * dayMs).is, 'roomy');
});

test('a disk that gains room lasts for ever', () => {
  const samples = watched(5, (hour) => 10 * GB + hour * GB);
  assert.is(lastsMs(samples), undefined);
  assert.is(diskOutlook(samples, 2 * dayMs).is, 'roomy');
});

test('in the first three hours nothing is said, unless nearly nothing is free', () => {
  assert.is(lastsMs(watched(2.9, (hour) => 40 * GB - hour * GB)), undefined);
  assert.equal(diskOutlook([{ atMs: 0, freeBytes: 100_000_000 }], dayMs), {
    is: 'nearly-full',
    freeBytes: 100_000_000,
  });
  assert.is(diskOutlook([], dayMs).is, 'between');
});

test('samples are kept for a day, one in five minutes, and begun anew when the clock was set back', () => {
  const samples = watched(30, () => GB);
  assert.is(samples.length, 24 * 12 + 1);
  assert.equal(withSample(samples, { atMs: 0, freeBytes: 1 }), [{ atMs: 0, freeBytes: 1 }]);
});

test.run();
