import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clockAheadMs } from '../../src/domain/clock-offset.ts';

const test = suite('clock offset');
const date = 'Tue, 10 Mar 2026 13:05:07 GMT';
const at = (text: string): number => Date.parse(`2026-03-10T${text}Z`);

test('a clock within the second of the answer and the time it took is right', () => {
  assert.is(clockAheadMs({ askedMs: at('13:05:07.000'), answeredMs: at('13:05:07.100'), date }), 0);
  assert.is(clockAheadMs({ askedMs: at('13:05:07.999'), answeredMs: at('13:05:08.500'), date }), 0);
  assert.is(clockAheadMs({ askedMs: at('13:05:05.000'), answeredMs: at('13:05:09.000'), date }), 0);
});

test('a clock that is ahead or behind is so by what is certain', () => {
  assert.is(clockAheadMs({ askedMs: at('13:05:20.000'), answeredMs: at('13:05:21.000'), date }), 12_001);
  assert.is(clockAheadMs({ askedMs: at('13:04:00.000'), answeredMs: at('13:04:01.000'), date }), -66_000);
});

test('a header that is no date says nothing', () => {
  assert.is(clockAheadMs({ askedMs: 0, answeredMs: 0, date: 'soon' }), undefined);
});

test.run();
