import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dayAfter, dayBefore, momentOf, reportMoment, reportsDue } from '../../src/domain/report-due.ts';
import { dayMs, hourMs, minuteMs } from '../../src/domain/time.ts';

const test = suite('report due');
const at = (text: string): number => Date.parse(text);
const berlin = { zone: 'Europe/Berlin', reportAt: '02:30' };

test('days follow each other by the calendar', () => {
  assert.is(dayAfter('2026-03-29'), '2026-03-30');
  assert.is(dayBefore('2026-10-25'), '2026-10-24');
  assert.is(dayAfter('2026-12-31'), '2027-01-01');
});

test('a time that the clock skips is the first moment after it, one that it shows twice the first time', () => {
  assert.is(momentOf('2026-03-29', '02:30', 'Europe/Berlin'), at('2026-03-29T01:00:00Z'));
  assert.is(momentOf('2026-10-25', '02:30', 'Europe/Berlin'), at('2026-10-25T00:30:00Z'));
  assert.is(momentOf('2026-06-01', '02:30', 'Europe/Berlin'), at('2026-06-01T00:30:00Z'));
  assert.is(momentOf('2026-06-01', '23:59', 'UTC'), at('2026-06-01T23:59:00Z'));
});

test('the report of a day goes out on the day after', () => {
  assert.is(reportMoment('2026-03-28', berlin), at('2026-03-29T01:00:00Z'));
  assert.is(reportMoment('2026-10-24', berlin), at('2026-10-25T00:30:00Z'));
});

test('each day of two years is due exactly once, in each zone, whatever its clocks do, across restarts at any hour', () => {
  for (const zone of ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'America/Santiago']) {
    const told = new Set(['2026-01-01']);
    const sent: string[] = [];
    for (
      let nowMs = at('2026-01-02T12:00:00Z');
      nowMs < at('2028-01-05T00:00:00Z');
      nowMs += 7 * hourMs + 13 * minuteMs
    ) {
      const [day] = reportsDue(nowMs, { firstDay: '2025-12-01', told }, { zone, reportAt: '02:00' });
      if (day === undefined) continue;
      told.add(day);
      sent.push(day);
    }
    const expected: string[] = [];
    for (let day = '2026-01-02'; day < '2028-01-01'; day = dayAfter(day)) expected.push(day);
    assert.equal(sent.slice(0, expected.length), expected, zone);
    assert.is(expected.length, 2 * 365 - 1);
  }
});

test('a service that was down sends what was missed, oldest first, but not more than a week', () => {
  const vault = { firstDay: '2026-01-01', told: new Set(['2026-03-05']) };
  const clock = { zone: 'UTC', reportAt: '02:00' };
  assert.equal(reportsDue(at('2026-03-09T03:00:00Z'), vault, clock), ['2026-03-06', '2026-03-07', '2026-03-08']);
  assert.equal(reportsDue(at('2026-03-09T01:00:00Z'), vault, clock), ['2026-03-06', '2026-03-07']);
  assert.is(reportsDue(at('2026-06-09T03:00:00Z'), vault, clock).length, 7);
});

test('where none was ever sent only yesterday is due, and nothing before the vault’s first day', () => {
  const clock = { zone: 'UTC', reportAt: '02:00' };
  const none = new Set<string>();
  const nowMs = at('2026-03-09T12:00:00Z');
  assert.equal(reportsDue(nowMs, { firstDay: '2022-01-01', told: none }, clock), ['2026-03-08']);
  assert.equal(reportsDue(nowMs, { firstDay: '2026-03-09', told: none }, clock), []);
  assert.equal(reportsDue(nowMs, { firstDay: undefined, told: none }, clock), []);
});

test('a clock that is set back sends nothing again', () => {
  const told = new Set(['2026-03-07', '2026-03-08']);
  const clock = { zone: 'UTC', reportAt: '02:00' };
  for (const back of [0, hourMs, dayMs, 3 * dayMs])
    assert.equal(reportsDue(at('2026-03-09T12:00:00Z') - back, { firstDay: '2026-03-07', told }, clock), []);
});

test.run();
