// Which hours are made, in which order, and whose raw files may go: decisions on values alone.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { minuteFileName } from '../../src/domain/minute-file.ts';
import type { Receipt } from '../../src/domain/receipt.ts';
import { hourName, hourOf, minuteName, minutesOfHour } from '../../src/domain/time.ts';
import type { Hour } from '../../src/domain/time.ts';
import type { InputFile } from '../../src/watch/input-file.ts';
import { latenessOf, type MadeHour, mayGo, planMaking, type Rules, type UnmadeHour } from '../../src/watch/plan.ts';
import { minuteAt } from '../support/watching.ts';

const test = suite('plan');
const hourAt = (utc: string): Hour => hourOf(minuteAt(utc), 'UTC');
const rules = (now: string): Rules => ({
  nowMs: Date.parse(now),
  patienceMs: 15 * 60_000,
  lateWindowMs: 8 * 86_400_000,
  servers: [1],
  zone: 'UTC',
  isOnce: false,
});

function files(hour: Hour, count: number): InputFile[] {
  return minutesOfHour(hour)
    .slice(0, count)
    .map((minute) => {
      const claim = { minute, lines: 0, connectedSeconds: 60, digest: '0'.repeat(16) };
      return { server: 1, name: minuteFileName(claim), minute, path: '/own/x', tree: '/own', claim };
    });
}

function unmade(utc: string, count = 60, around: Partial<UnmadeHour> = {}): UnmadeHour {
  const hour = hourAt(utc);
  return {
    hour,
    files: files(hour, count),
    madeBefore: undefined,
    madeAfter: undefined,
    isAfterForeign: false,
    ...around,
  };
}

const named = (hours: readonly UnmadeHour[], now: string): string[] =>
  planMaking(hours, rules(now)).map(
    ({ hour, state, files: given }) => `${hourName(hour).slice(11)} ${state.is} ${given.length}`,
  );

test('a backlog is made oldest first, the running hour merged last', () => {
  const hours = [unmade('2026-03-10T15:00Z', 20), unmade('2026-03-10T13:00Z'), unmade('2026-03-10T14:00Z')];
  assert.equal(named(hours, '2026-03-10T15:20Z'), ['13 ready 60', '14 ready 60', '15 open 20']);
});

test('nothing is touched after an hour that waits', () => {
  const hours = [unmade('2026-03-10T13:00Z', 59), unmade('2026-03-10T14:00Z', 5)];
  assert.equal(named(hours, '2026-03-10T14:14Z'), ['13 waiting 59']);
  assert.equal(named(hours, '2026-03-10T14:15Z'), ['13 ready 59', '14 open 5']);
});

test('the first hour of all waits until the patience of the one before it is over', () => {
  assert.equal(named([unmade('2026-03-10T13:00Z', 10)], '2026-03-10T13:14Z'), []);
  assert.equal(named([unmade('2026-03-10T13:00Z', 15)], '2026-03-10T13:15Z'), ['13 open 15']);
});

test('hours without files between made ones are made empty, before the later one', () => {
  const hours = [unmade('2026-03-10T16:00Z', 60, { madeBefore: minuteAt('2026-03-10T13:00Z') })];
  assert.equal(named(hours, '2026-03-10T17:00Z'), ['14 ready 0', '15 ready 0', '16 ready 60']);
});

test('and after it, where a later one was made before', () => {
  const hours = [unmade('2026-03-10T13:00Z', 60, { madeAfter: minuteAt('2026-03-10T15:00Z') })];
  assert.equal(named(hours, '2026-03-10T17:00Z'), ['13 ready 60', '14 ready 0']);
});

test('an hour after another tool’s is not waited for, nor is anything between filled', () => {
  const hours = [unmade('2026-03-10T13:00Z', 5, { isAfterForeign: true })];
  assert.equal(named(hours, '2026-03-10T13:05Z'), ['13 open 5']);
});

test('a vault is not filled with empty hours over more than a hundred days, whatever one file says of the time', () => {
  const after = (madeBefore: string) =>
    named([unmade('2026-03-10T13:00Z', 60, { madeBefore: minuteAt(madeBefore) })], '2026-03-10T14:00Z');
  assert.is(after('2025-11-30T13:00Z').length, 100 * 24);
  assert.equal(after('2025-11-30T12:00Z'), ['13 ready 60']);
});

/** The hour of 13:00, made from its first minutes; `late` minutes came after them, the last at 14:20. */
function made(known: number, late: number, more: Partial<MadeHour> = {}): MadeHour {
  const hour = hourAt('2026-03-10T13:00Z');
  const all = files(hour, known + late);
  const inputs = all.slice(0, known).map(({ server, name, minute }) => ({
    server,
    file: name,
    minute: minuteName(minute),
    seconds: 60,
  }));
  return {
    hour,
    receipt: { inputs, complete: known === 60 } as unknown as Receipt,
    files: all,
    canBeRemade: true,
    lastSeenMs: Date.parse('2026-03-10T14:20Z'),
    ...more,
  };
}

const lateness = (hour: MadeHour, now: string, more: Partial<Rules> = {}): string => {
  const found = latenessOf(hour, { ...rules(now), ...more });
  return found.is === 'none' ? found.is : `${found.is} ${found.files.length}`;
};

test('a late file is waited on for five minutes, in case more come; not by one pass, nor where none is missing any more', () => {
  assert.is(lateness(made(40, 0), '2026-03-10T14:30Z'), 'none');
  assert.is(lateness(made(40, 1), '2026-03-10T14:24:59Z'), 'waiting 1');
  assert.is(lateness(made(40, 1), '2026-03-10T14:25Z'), 'due 1');
  assert.is(lateness(made(40, 1), '2026-03-10T14:21Z', { isOnce: true }), 'due 1');
  assert.is(lateness(made(40, 20), '2026-03-10T14:21Z'), 'due 20');
});

test('a late file that a clock ahead of time saw does not wait until then', () => {
  assert.is(lateness(made(40, 1, { lastSeenMs: Date.parse('2031-01-01T00:00Z') }), '2026-03-10T14:30Z'), 'due 1');
});

test('a late file is too late once its window is over, or where what the hour was made from is gone', () => {
  assert.is(lateness(made(40, 1), '2026-03-18T13:59:59Z'), 'due 1');
  assert.is(lateness(made(40, 1), '2026-03-18T14:00Z'), 'too-late 1');
  assert.is(lateness(made(40, 1, { canBeRemade: false }), '2026-03-10T14:30Z'), 'too-late 1');
});

test('raw files go when their hour and both neighbours are complete and nothing waits to be added, or the window is over', () => {
  const [whole, part] = [made(60, 0), made(40, 0)];
  const neighbours = [whole.receipt, whole.receipt];
  const now = rules('2026-03-10T16:00Z');
  assert.is(mayGo(whole, { neighbours, isQuiet: true }, now), true);
  assert.is(mayGo(whole, { neighbours, isQuiet: false }, now), false);
  assert.is(mayGo(part, { neighbours, isQuiet: true }, now), false);
  assert.is(mayGo(whole, { neighbours: [whole.receipt, part.receipt], isQuiet: true }, now), false);
  assert.is(mayGo(whole, { neighbours: [undefined, whole.receipt], isQuiet: true }, now), false);
  assert.is(mayGo(part, { neighbours: [undefined, undefined], isQuiet: false }, rules('2026-03-18T14:00Z')), true);
});

test.run();
