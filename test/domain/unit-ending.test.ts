import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { deathSentence } from '../../src/domain/unit-ending.ts';

const test = suite('unit ending');
const nowMs = Date.parse('2026-03-10T13:05:30Z');
const sentence = (environment: Record<string, string>): string =>
  deathSentence('streamvault-watch', environment, nowMs) ?? '';

test('a unit that was stopped in order is no news', () => {
  assert.is(sentence({ SERVICE_RESULT: 'success', EXIT_CODE: 'exited', EXIT_STATUS: '0' }), '');
});

test('a signal, a status and a silent one are told apart', () => {
  assert.match(sentence({ SERVICE_RESULT: 'signal', EXIT_CODE: 'killed', EXIT_STATUS: 'KILL' }), '(signal KILL)');
  assert.match(sentence({ SERVICE_RESULT: 'core-dump', EXIT_CODE: 'dumped', EXIT_STATUS: 'SEGV' }), '(signal SEGV)');
  assert.match(
    sentence({ SERVICE_RESULT: 'exit-code', EXIT_CODE: 'exited', EXIT_STATUS: '78' }),
    '(status 78: the configuration)',
  );
  assert.match(sentence({ SERVICE_RESULT: 'protocol' }), '(protocol)');
});

test('what systemd ended says why, not with which status it obeyed', () => {
  const obeyed = { EXIT_CODE: 'exited', EXIT_STATUS: '0' };
  assert.match(sentence({ SERVICE_RESULT: 'watchdog', ...obeyed }), 'stopped it (it gave no sign of life for long).');
  assert.match(
    deathSentence('streamvault-ingest', { SERVICE_RESULT: 'watchdog', ...obeyed }, nowMs) ?? '',
    'stopped it (it had heard nothing for minutes).',
  );
  assert.match(
    sentence({ SERVICE_RESULT: 'oom-kill', EXIT_CODE: 'killed', EXIT_STATUS: 'KILL' }),
    '(the machine had no memory left)',
  );
  assert.match(
    sentence({ SERVICE_RESULT: 'timeout', EXIT_CODE: 'killed', EXIT_STATUS: 'KILL' }),
    '(it did not start or stop in time)',
  );
});

test('the unit of OnFailure= is told the same under other names', () => {
  assert.match(
    sentence({ MONITOR_SERVICE_RESULT: 'exit-code', MONITOR_EXIT_CODE: 'exited', MONITOR_EXIT_STATUS: '70' }),
    'streamvault-watch ended at 2026-03-10T13:05Z although nobody stopped it (status 70: damage of its own, see the log)',
  );
});

test.run();
