import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AlertCause } from '../../src/domain/alert.ts';
import {
  type Telling,
  type Trouble,
  afterEnd,
  afterRaise,
  afterTelling,
  comebackMs,
  isForgotten,
  quietMs,
  tellingDue,
} from '../../src/domain/telling.ts';
import { dayMs, hourMs, minuteMs } from '../../src/domain/time.ts';

const test = suite('telling');
const startMs = Date.parse('2026-03-10T08:00:00Z');
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** One cause, lived through by hand: what was told, in order. */
function life(cause: AlertCause) {
  let trouble: Trouble | undefined;
  const told: string[] = [];
  let nowMs = startMs;
  const tell = (): void => {
    for (;;) {
      const telling: Telling | undefined = trouble && tellingDue(trouble, { nowMs, today: dayOf(nowMs) });
      if (trouble === undefined || telling === undefined) break;
      const name = `${telling.day} ${telling.kind} ${telling.episode}`;
      assert.not.ok(told.includes(name), `${name} was told twice`);
      told.push(name);
      trouble = afterTelling(trouble, telling, { name, seen: trouble });
    }
    if (trouble && isForgotten(trouble, dayOf(nowMs))) trouble = undefined;
  };
  return {
    told,
    raise(sentence = 'It broke.') {
      trouble = afterRaise(trouble, { cause, sentence, facts: {}, nowMs });
      tell();
    },
    end() {
      if (trouble) trouble = afterEnd(trouble, 'It is well.', nowMs);
      tell();
    },
    pass(ms: number) {
      for (const endMs = nowMs + ms; nowMs < endMs; nowMs = Math.min(nowMs + minuteMs, endMs)) tell();
      tell();
    },
    get trouble() {
      return trouble;
    },
  };
}

test('a cause raised a thousand times on a day is told once, and once more when it is over', () => {
  const stream = life('stream-ended');
  for (let count = 0; count < 1000; count++) stream.raise(`It broke, try ${count}.`);
  assert.equal(stream.told, ['2026-03-10 began 1']);
  stream.end();
  stream.pass(quietMs);
  assert.equal(stream.told, ['2026-03-10 began 1', '2026-03-10 over 1']);
});

test('an end that a clock ahead of time saw is told once the clock is set back', () => {
  const aheadMs = startMs + 365 * dayMs;
  const raised = afterRaise(undefined, { cause: 'no-data', sentence: 'Nothing comes.', facts: {}, nowMs: aheadMs });
  const telling = { kind: 'began', day: dayOf(aheadMs), episode: 1 } as const;
  const told = afterTelling(raised, telling, { name: 'one', seen: raised });
  const ended = afterEnd(told, 'It comes again.', aheadMs);
  assert.is(tellingDue(ended, { nowMs: startMs, today: dayOf(startMs) })?.kind, 'over');
});

test('a stream that breaks every few minutes is not over until it has been quiet for a while', () => {
  const stream = life('stream-ended');
  for (let count = 0; count < 10; count++) {
    stream.raise();
    stream.pass(2 * minuteMs);
    stream.end();
    stream.pass(3 * minuteMs);
  }
  assert.equal(stream.told, ['2026-03-10 began 1']);
  assert.is(stream.trouble?.times, 10);
  assert.is(stream.trouble?.sinceMs, startMs);
  stream.pass(quietMs);
  assert.equal(stream.told, ['2026-03-10 began 1', '2026-03-10 over 1']);
});

test('what lasts over midnight is told once on each day', () => {
  const partner = life('partner-silent');
  partner.raise();
  partner.pass(2 * dayMs + 12 * hourMs);
  partner.end();
  partner.pass(hourMs);
  assert.equal(partner.told, ['2026-03-10 began 1', '2026-03-11 lasts 1', '2026-03-12 lasts 1', '2026-03-12 over 1']);
});

test('short returns on a day that had its message are counted in silence', () => {
  const stream = life('stream-ended');
  for (let count = 0; count < 8; count++) {
    stream.raise();
    stream.pass(minuteMs);
    stream.end();
    stream.pass(hourMs);
  }
  assert.equal(stream.told, ['2026-03-10 began 1', '2026-03-10 over 1']);
});

test('after an all-clear, what comes back and stays for an hour is told once more', () => {
  const stream = life('stream-ended');
  stream.raise();
  stream.end();
  stream.pass(hourMs);
  stream.raise();
  stream.pass(comebackMs - minuteMs);
  assert.is(stream.told.length, 2);
  stream.pass(minuteMs);
  stream.end();
  stream.pass(quietMs);
  assert.equal(stream.told.slice(2), ['2026-03-10 began 2', '2026-03-10 over 2']);
  stream.raise();
  stream.pass(3 * hourMs);
  assert.is(stream.told.length, 4, 'a third time on a day is counted only');
});

test('what is still there when the next day begins is told then, even if yesterday had its fill', () => {
  const stream = life('stream-ended');
  stream.raise();
  stream.end();
  stream.pass(15 * hourMs + 30 * minuteMs);
  stream.raise();
  stream.pass(hourMs);
  assert.equal(stream.told, ['2026-03-10 began 1', '2026-03-10 over 1', '2026-03-11 began 1']);
});

test('what came and went before anybody was told is told all the same', () => {
  const raised = afterRaise(undefined, { cause: 'stream-ended', sentence: 'It broke.', facts: {}, nowMs: startMs });
  const ended = afterEnd(raised, 'It is well.', startMs + 10);
  assert.equal(tellingDue(ended, { nowMs: startMs + 10, today: '2026-03-10' }), {
    kind: 'began',
    day: '2026-03-10',
    episode: 1,
  });
});

test('of many late files on a day the first is told at once and the rest when the day is over', () => {
  const late = life('file-late');
  for (let count = 0; count < 30; count++) late.raise(`File ${count} came late.`);
  assert.equal(late.told, ['2026-03-10 began 1']);
  assert.is(late.trouble?.untold.length, 20);
  assert.is(late.trouble?.untoldMore, 9);
  late.pass(dayMs);
  assert.equal(late.told, ['2026-03-10 began 1', '2026-03-10 more 1']);
  assert.is(late.trouble, undefined);
});

test('a single late file needs no second message', () => {
  const late = life('file-late');
  late.raise('File 1 came late.');
  late.raise('File 1 came late.');
  late.pass(3 * dayMs);
  assert.equal(late.told, ['2026-03-10 began 1']);
  late.raise('File 2 came late.');
  assert.equal(late.told, ['2026-03-10 began 1', '2026-03-13 began 1']);
});

test('what is raised while a message is being written is told by the next one', () => {
  const first = afterRaise(undefined, { cause: 'file-late', sentence: 'One.', facts: {}, nowMs: startMs });
  const both = afterRaise(first, { cause: 'file-late', sentence: 'Two.', facts: {}, nowMs: startMs + 1 });
  const after = afterTelling(both, { kind: 'began', day: '2026-03-10', episode: 1 }, { name: 'x', seen: first });
  assert.equal(after.untold, ['Two.']);
});

test.run();
