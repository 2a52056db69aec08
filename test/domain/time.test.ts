import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  hourBefore,
  hourName,
  hourOf,
  hourOfName,
  hoursOfDay,
  minuteName,
  minuteOf,
  minutesAtWallClock,
  minutesOfHour,
  nextHour,
  zoneOffset,
  zoneProblem,
} from '../../src/domain/time.ts';

const test = suite('time');
const minute = (text: string): number => minuteOf(Date.parse(text));

test('an hour in UTC is the hour of its minutes', () => {
  const hour = hourOf(minute('2026-03-10T13:05Z'), 'UTC');
  assert.equal(hour, { start: minute('2026-03-10T13:00Z'), day: '2026-03-10', label: '13' });
  assert.is(minutesOfHour(hour).length, 60);
  assert.is(minuteName(minutesOfHour(hour)[59] ?? 0), '2026-03-10T13:59Z');
});

test('CET names the hours by the clock on the wall, summer time included', () => {
  assert.is(hourName(hourOf(minute('2026-03-10T23:30Z'), 'CET')), '2026-03-11T00');
  assert.is(hourName(hourOf(minute('2026-07-10T13:05Z'), 'CET')), '2026-07-10T15');
});

test('the day of 25 hours names its two equal hours by their offset', () => {
  const names = hoursOfDay('2026-10-25', 'CET').map((hour) => hour.label);
  assert.is(names.length, 25);
  assert.equal(names.slice(0, 5), ['00', '01', '02+0200', '02+0100', '03']);
});

test('the day of 23 hours leaves one out', () => {
  const names = hoursOfDay('2026-03-29', 'CET').map((hour) => hour.label);
  assert.is(names.length, 23);
  assert.equal(names.slice(0, 4), ['00', '01', '03', '04']);
});

test('the hours of a day follow each other without a break, in every kind of zone', () => {
  for (const zone of [
    'UTC',
    'CET',
    'Asia/Kolkata',
    'Asia/Kathmandu',
    'America/St_Johns',
    'Antarctica/Troll',
    'Pacific/Kiritimati',
    'Pacific/Niue',
    'America/New_York',
  ]) {
    for (const day of ['2026-03-08', '2026-03-29', '2026-10-25', '2026-11-01', '2026-06-15']) {
      const hours = hoursOfDay(day, zone);
      assert.is(new Set(hours.map((hour) => hour.label)).size, hours.length, `${zone} ${day}: names are distinct`);
      for (const [index, hour] of hours.entries()) {
        if (index > 0) assert.is(hour.start, (hours[index - 1]?.start ?? 0) + 60, `${zone} ${day}`);
        assert.equal(hourOfName(hourName(hour), zone), hour);
        assert.equal(nextHour(hourBefore(hour, zone), zone), hour);
      }
    }
  }
});

test('a zone of half and quarter hours has hours that start within a UTC hour', () => {
  assert.is(minuteName(hourOf(minute('2026-03-10T13:05Z'), 'Asia/Kolkata').start), '2026-03-10T12:30Z');
  assert.is(minuteName(hourOf(minute('2026-03-10T13:05Z'), 'Asia/Kathmandu').start), '2026-03-10T12:15Z');
  assert.is(zoneOffset('America/St_Johns', Date.parse('2026-01-01T00:00Z')), -210);
});

test('an hour that the zone skips, or that is no hour, has no name', () => {
  for (const name of ['2026-03-29T02', '2026-03-10T24', '2026-10-25T02', '2026-02-30T05', '2026-03-10', 'yesterday'])
    assert.is(hourOfName(name, 'CET'), undefined, name);
});

test('a wall-clock time is no, one or two minutes', () => {
  assert.equal(minutesAtWallClock('2026-03-29', '02:30:00', 'CET'), []);
  assert.equal(minutesAtWallClock('2026-03-10', '14:05:00', 'CET').map(minuteName), ['2026-03-10T13:05Z']);
  assert.equal(minutesAtWallClock('2026-10-25', '02:05:00', 'CET').map(minuteName), [
    '2026-10-25T00:05Z',
    '2026-10-25T01:05Z',
  ]);
});

test('zones whose clock moves by part of an hour, and unknown ones, are refused', () => {
  assert.is(zoneProblem('CET'), undefined);
  assert.is(zoneProblem('Asia/Kathmandu'), undefined);
  assert.match(zoneProblem('Australia/Lord_Howe') ?? '', 'part of an hour');
  assert.match(zoneProblem('Mars/Olympus') ?? '', 'no time zone');
});

test.run();
