import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { emptyDigest } from '../../src/domain/minute-file.ts';
import { minuteName, minuteOf } from '../../src/domain/time.ts';
import { Coverage, type Gap } from '../../src/ingest/coverage.ts';
import { MinuteRecorder } from '../../src/ingest/minute-recorder.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import { silentLog } from '../support/silent-log.ts';

const test = suite('minute recorder');

interface Bench {
  readonly clock: ManualClock;
  readonly recorder: MinuteRecorder;
  /** "13:00 60" for each minute closed. */
  readonly closed: string[];
  readonly gaps: string[];
  readonly alerts: Set<string>;
  /** Lets seconds pass while a byte comes each second (or none, while not connected). */
  pass(seconds: number): Promise<void>;
}

/** `aheadMinutes`: the first minute, taken up from a process before, is so much later than the clock. */
function bench(startIso = '2026-03-10T13:00:00Z', lateWindowMs = 8 * 86_400_000, aheadMinutes = 0): Bench {
  const clock = manualClock(Date.parse(startIso));
  const closed: string[] = [];
  const gaps: string[] = [];
  const alerts = new Set<string>();
  const coverage = new Coverage({ certainMs: clock.now(), broken: [] });
  const clockText = (epochMs: number): string => new Date(epochMs).toISOString().slice(11, 23).replace('.000', '');
  const recorder = new MinuteRecorder(
    {
      world: {
        clock,
        log: silentLog,
        alerts: { raise: (cause) => void alerts.add(cause), end: (cause) => void alerts.delete(cause) },
      },
      coverage,
      writer: {
        begin: () => {},
        close(minute, connectedSeconds, done) {
          closed.push(`${minuteName(minute).slice(11, 16)} ${connectedSeconds}`);
          done({ minute, lines: 0, connectedSeconds, digest: emptyDigest });
        },
      },
      record: ({ fromMs, toMs, cause }: Gap) => gaps.push(`${clockText(fromMs)}-${clockText(toMs)} ${cause}`),
      lateWindowMs,
    },
    minuteOf(clock.now()) + aheadMinutes,
  );
  return {
    clock,
    recorder,
    closed,
    gaps,
    alerts,
    async pass(seconds) {
      for (let second = 0; second < seconds; second++) {
        await clock.pass(1000);
        if (coverage.isConnected) recorder.heard();
        else recorder.observe();
      }
    },
  };
}

test('each minute closes with its end, and says that it was heard throughout', async () => {
  const { pass, closed } = bench();
  await pass(180);
  assert.equal(closed, ['13:00 60', '13:01 60', '13:02 60']);
});

test('a second counts only if it was connected throughout: both ends of a gap are rounded against us', async () => {
  const { clock, recorder, pass, closed, gaps } = bench();
  await pass(10);
  await clock.pass(400);
  recorder.lost('closed', true);
  await clock.pass(1_700);
  recorder.regained();
  await clock.pass(900);
  await pass(47);
  assert.equal(closed, ['13:00 57']);
  assert.equal(gaps, ['13:00:10.400-13:00:12.100 closed']);
});

test('silence is not known to be heard: a stall counts from the last byte, also in the minute before', async () => {
  const { clock, recorder, pass, closed, gaps } = bench();
  await pass(50);
  for (let second = 0; second < 21; second++) {
    await clock.pass(1000);
    recorder.observe();
  }
  assert.equal(closed, [], 'a minute whose end nobody heard stays open for the verdict');
  recorder.lost('stalled', false);
  assert.equal(closed, ['13:00 50']);
  recorder.regained();
  await pass(49);
  assert.equal(closed, ['13:00 50', '13:01 49']);
  assert.equal(gaps, ['13:00:50-13:01:11 stalled']);
});

test('a reset counts from the last byte, an orderly end from its own moment', async () => {
  for (const [isOrderly, from] of [
    [true, '13:00:15'],
    [false, '13:00:10'],
  ] as const) {
    const { clock, recorder, pass, gaps } = bench();
    await pass(10);
    for (let second = 0; second < 5; second++) {
      await clock.pass(1_000);
      recorder.observe();
    }
    recorder.lost(isOrderly ? 'closed' : 'reset', isOrderly);
    await clock.pass(5_000);
    recorder.regained();
    assert.is(gaps[0]?.slice(0, 8), from);
  }
});

test('a process that waited for its turn learns of an orderly end late: then it counts from the last byte', async () => {
  const { clock, recorder, pass, gaps } = bench();
  await pass(10);
  await clock.pass(3_000);
  recorder.observe();
  await clock.pass(20);
  recorder.lost('closed', true);
  await clock.pass(1_000);
  recorder.regained();
  assert.equal(gaps, ['13:00:10-13:00:14.020 closed']);
});

test('minutes go on while not connected, with 0 seconds', async () => {
  const { recorder, pass, closed } = bench();
  await pass(30);
  recorder.lost('network', true);
  await pass(150);
  assert.equal(closed, ['13:00 30', '13:01 0', '13:02 0']);
});

test('back by up to 5 minutes: lines stay in the newest minute until the clock has caught up', async () => {
  const { clock, recorder, pass, closed, alerts } = bench();
  await pass(90);
  const open = recorder.minute;
  clock.step(-280_000);
  await pass(1);
  assert.is(recorder.minute, open);
  await pass(279 + 30);
  assert.equal(closed, ['13:00 60', '13:01 60']);
  assert.equal([...alerts], []);
});

test('what is not heard while the clock catches up counts in the newest minute', async () => {
  const { clock, recorder, pass, closed, gaps } = bench();
  await pass(60);
  clock.step(-120_000);
  await pass(10);
  recorder.lost('closed', true);
  await pass(7);
  recorder.regained();
  await pass(103 + 60);
  assert.equal(closed, ['13:00 60', '13:01 53']);
  assert.equal(gaps, ['12:59:10-12:59:17 closed']);
});

test('a process that is held while the clock catches up loses the seconds from the newest minute', async () => {
  const { clock, pass, closed } = bench();
  await pass(60);
  clock.step(-120_000);
  await pass(10);
  await clock.pass(40_000);
  await pass(70 + 60);
  assert.equal(closed, ['13:00 60', '13:01 19']);
});

test('a hold that lasts from the repeated time into the minute itself costs both', async () => {
  const { clock, pass, closed, gaps } = bench();
  await pass(60);
  clock.step(-120_000);
  await pass(100);
  await clock.pass(30_000);
  await pass(51);
  assert.equal(
    closed,
    ['13:00 60', `13:01 ${60 - 20 - 11}`],
    'twenty seconds before the minute came again, and ten in it',
  );
  assert.equal(gaps, ['13:00:40-13:01:11 process-held']);
});

test('a loss in the repeated time and another in the minute are not taken for one', async () => {
  const { clock, recorder, pass, closed } = bench();
  await pass(60);
  clock.step(-60_000);
  await pass(20);
  recorder.lost('reset', true);
  await pass(5);
  recorder.regained();
  await pass(35);
  recorder.lost('reset', true);
  await pass(5);
  recorder.regained();
  await pass(56);
  assert.equal(closed, ['13:00 60', '13:01 50']);
});

test('a stall while the clock catches up counts from the last line that ended', async () => {
  const { clock, recorder, pass, closed, gaps } = bench();
  await pass(60);
  clock.step(-120_000);
  await pass(30);
  for (let second = 0; second < 21; second++) {
    await clock.pass(1_000);
    recorder.observe();
  }
  recorder.lost('stalled', false);
  await pass(4);
  recorder.regained();
  await pass(65 + 60);
  assert.equal(closed, ['13:00 60', '13:01 35']);
  assert.equal(gaps, ['12:59:30-12:59:55 stalled']);
});

test('back by more than 5 minutes: the new clock is obeyed, minutes get a second file, somebody is told', async () => {
  const { clock, recorder, pass, closed, alerts } = bench();
  await pass(610);
  clock.step(-400_000);
  await pass(1);
  assert.is(minuteName(recorder.minute), '2026-03-10T13:03Z');
  assert.equal(closed.slice(-1), ['13:10 10']);
  assert.ok(alerts.has('clock-off'));
  await pass(149);
  assert.equal(closed.slice(-4), ['13:10 10', '13:03 29', '13:04 60', '13:05 60']);
  assert.not(alerts.has('clock-off'), 'a minute of even running ends the alert');
});

test('a clock that was put back before a start and once more after it: both count against the 5 minutes', async () => {
  const { clock, recorder, pass, closed, alerts } = bench('2026-03-10T13:00:00Z', 8 * 86_400_000, 4);
  await pass(50);
  assert.is(minuteName(recorder.minute), '2026-03-10T13:04Z');
  clock.step(-4 * 60_000);
  await pass(1);
  assert.is(minuteName(recorder.minute), '2026-03-10T12:56Z');
  assert.equal(closed, ['13:04 0']);
  assert.ok(alerts.has('clock-off'));
});

test('what the lookout says of a clock that is off is not over because it runs evenly', async () => {
  const { pass, alerts } = bench();
  alerts.add('clock-off');
  await pass(190);
  assert.ok(alerts.has('clock-off'));
});

test('no closed minute is opened again, and none is missing, whatever small steps the clock makes', async () => {
  const { clock, recorder, pass, closed } = bench();
  for (const stepMs of [-1_000, 900, -30_000, 1_000, -4 * 60_000, -59_000, 12_000]) {
    await pass(47);
    clock.step(stepMs);
    recorder.observe();
  }
  await pass(400);
  const minutes = closed.map((text) => text.slice(0, 5));
  assert.equal(minutes, [...minutes].sort());
  assert.is(new Set(minutes).size, minutes.length);
  const first = Number(minutes[0]?.slice(3));
  assert.equal(
    minutes,
    minutes.map((_, index) => `13:${String(first + index).padStart(2, '0')}`),
  );
});

test('a leap smear is no step: a clock that runs a little slow or fast loses no second', async () => {
  const { clock, recorder, pass, closed, gaps } = bench();
  for (let second = 0; second < 300; second++) {
    await clock.pass(1000);
    clock.step(second % 2 === 0 ? 1 : -1);
    recorder.heard();
  }
  await pass(0);
  assert.equal(closed, ['13:00 60', '13:01 60', '13:02 60', '13:03 60', '13:04 60']);
  assert.equal(gaps, []);
});

test('forward: the minutes between are written as not connected, and the skipped time is a gap', async () => {
  const { clock, pass, closed, gaps, alerts } = bench();
  await pass(30);
  clock.step(200_000);
  await pass(90);
  assert.equal(closed, ['13:00 30', '13:01 0', '13:02 0', '13:03 9', '13:04 60'].slice(0, closed.length));
  assert.ok(closed.length >= 4);
  assert.equal(gaps, ['13:00:30-13:03:51 clock-step']);
  assert.equal([...alerts], [], 'less than five minutes are only logged');
});

test('forward beyond the late window: an alert only, no files for the time between', async () => {
  const { clock, pass, closed, alerts } = bench('2026-03-10T13:00:00Z', 3_600_000);
  await pass(30);
  clock.step(86_400_000);
  await pass(1);
  assert.equal(closed, ['13:00 30']);
  assert.ok(alerts.has('clock-off'));
});

test('a process that was held for long cannot say that it heard meanwhile', async () => {
  const { clock, pass, closed, gaps } = bench();
  await pass(10);
  await clock.pass(20_000);
  await pass(30);
  assert.equal(closed, ['13:00 39']);
  assert.equal(gaps, ['13:00:10-13:00:31 process-held']);
});

test.run();
