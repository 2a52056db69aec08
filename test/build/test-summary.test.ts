import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { closingLine, outcomeOf } from '../../build/test-summary.ts';

const test = suite('test summary');

function printed(total: number, passed: number, skipped: number): string {
  return `words\n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  1.00ms\n\n`;
}
const clean = { exitCode: 0, timedOut: false };

test('a file whose tests all pass has no failure', () => {
  assert.equal(outcomeOf(printed(3, 3, 1), clean), { passed: 3, failed: 0, skipped: 1 });
});

test('tests that did not pass are failures, even where the exit code is 0', () => {
  assert.is(outcomeOf(printed(3, 1, 0), clean).failed, 2);
});

test('colours around the counts are looked through', () => {
  const coloured = printed(2, 2, 0)
    .replace('  Passed:    2', '\u001B[32m  Passed:    2\u001B[39m')
    .replace('words\n', 'words');
  assert.is(outcomeOf(`words${coloured.replace('words', '\n')}`, clean).passed, 2);
});

test('a file that ends without a summary counts as one failure', () => {
  assert.is(outcomeOf('words', clean).failed, 1);
  assert.is(outcomeOf('words', { exitCode: null, timedOut: true }).failed, 1);
});

test('a file without tests counts as one failure', () => {
  assert.is(outcomeOf(printed(0, 0, 0), clean).failed, 1);
});

test('a file that crashes after its summary counts as one failure', () => {
  const outcome = outcomeOf(printed(2, 2, 0), { exitCode: 7, timedOut: false });
  assert.is(outcome.passed, 2);
  assert.is(outcome.failed, 1);
});

test('a file that stays open after its summary counts as one failure', () => {
  assert.is(outcomeOf(printed(2, 2, 0), { exitCode: null, timedOut: true }).failed, 1);
});

test('the closing line names skipped tests only where there are any', () => {
  const one = { passed: 1, failed: 0, skipped: 0 };
  assert.is(closingLine([one, one]), '2 passed, 0 failed');
  assert.is(closingLine([one, { passed: 0, failed: 1, skipped: 2 }]), '1 passed, 1 failed, 2 skipped');
});

test.run();
