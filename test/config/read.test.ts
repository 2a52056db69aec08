import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfig } from '../../src/config/read.ts';
import { OperatorError } from '../../src/domain/operator-error.ts';

const test = suite('configuration');

function problemsOf(source: string, ...needed: ('ingest' | 'ship' | 'watch')[]): string {
  try {
    readConfig(source, 'c.toml', needed);
  } catch (error) {
    assert.instance(error, OperatorError);
    assert.is((error as OperatorError).code, 'config-invalid');
    return (error as OperatorError).message;
  }
  throw new Error('the configuration was accepted');
}

test('every problem is listed at once, as path: got, expected', () => {
  const message = problemsOf(
    'server = 3\ntimezone = "Mars/Olympus"\n[ingest]\nbearer_token_file = "token"\n[watch]\npatience = 15\nlate_window = "8"\npreset = 11\n[watsh]\n',
  );
  for (const line of [
    'server: got 3, expected one of 1, 2',
    'timezone: got "Mars/Olympus", expected a time zone whose hours are 60 minutes: no time zone of that name is known',
    'ingest.bearer_token_file: got "token", expected an absolute path',
    'watch.patience: got 15, expected a duration with its unit',
    'watch.late_window: got "8", expected a duration with its unit',
    'watch.preset: got 11, expected a whole number from 0 to 9',
    'watsh: unknown key; the nearest known name is watch',
  ])
    assert.match(message, line);
});

test('an unknown key is refused with the nearest known name', () => {
  assert.match(
    problemsOf('server = 1\n[watch]\npatiense = "15m"'),
    'watch.patiense: unknown key; the nearest known name is patience',
  );
  assert.match(problemsOf('server = 1\ntimezon = "UTC"'), 'timezon: unknown key; the nearest known name is timezone');
});

test('a missing section or key is named', () => {
  const message = problemsOf('server = 2\n[ship]\nhost = "h"', 'ingest', 'ship');
  assert.match(message, '[ingest]: missing');
  assert.match(message, 'ship.identity_file: missing, expected an absolute path');
  assert.match(message, 'ship.known_hosts: missing');
});

test('folders of which one would swallow the other are refused', () => {
  const message = problemsOf(
    'server = 1\n[ingest]\nbearer_token_file = "/t"\nspool = "/s"\nwarc = "/v/"\n[watch]\nown = "/s"\npartner = "/s/"\nvault = "/v"',
  );
  assert.match(message, 'watch.partner: got the folder of watch.own, expected one of its own');
  assert.match(message, 'watch.vault: got the folder of ingest.warc, expected one of its own');
  assert.not.match(message, 'watch.own:');
});

test('mail to nobody is refused', () => {
  assert.match(
    problemsOf('server = 1\n[mail]\nsmtp = "smtp://h"\nfrom = "a"\nto = []'),
    'mail.to: got [], expected at least one address',
  );
});

test('a zone whose clock moves by part of an hour is refused', () => {
  assert.match(problemsOf('server = 1\ntimezone = "Australia/Lord_Howe"'), 'part of an hour');
});

test('an address with credentials in it is refused, and not shown', () => {
  const message = problemsOf('server = 1\n[mail]\nsmtp = "smtp://u:secret@h"\nfrom = "a"\nto = ["b"]');
  assert.match(message, 'without credentials');
  assert.not.match(message, 'secret');
});

test('text that is no TOML is refused with its line', () => {
  assert.match(problemsOf('server = = 1'), 'not valid TOML');
});

test('a minimal file gets the defaults', () => {
  const config = readConfig('server = 1\n[ingest]\nbearer_token_file = "/t"\n[watch]\n', 'c.toml', ['ingest', 'watch']);
  assert.is(config.ingest.api, 'https://api.x.com');
  assert.is(config.watch.late_window, 8 * 86_400_000);
  assert.is(config.watch.partner, undefined);
  assert.is(config.mail, undefined);
});

test.run();
