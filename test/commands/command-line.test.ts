import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readCommandLine } from '../../src/commands/command-line.ts';
import type { Reading } from '../../src/commands/command-line.ts';
import { command, configOption } from '../../src/commands/command.ts';
import { OperatorError } from '../../src/domain/operator-error.ts';

const test = suite('command line');

const run = async (): Promise<number> => 0;
const commands = [
  command({
    name: 'report',
    summary: 'Print a report',
    options: {
      ...configOption,
      mail: { type: 'boolean', default: false },
      rate: { type: 'number' },
      out: { type: 'string', alias: 'o' },
      server: { type: 'number', choices: [1, 2] },
    },
    positionals: { day: { type: 'string', describe: 'The day' } },
    run,
  }),
  command({
    name: 'many',
    summary: 'Takes files',
    options: {},
    positionals: { verb: { choices: ['one', 'two'] }, files: { type: 'string', array: true } },
    run,
  }),
  command({ name: 'inner', summary: 'Not for everyone', isHidden: true, options: {}, run }),
];

const read = (...words: string[]): Promise<Reading> => readCommandLine(words, commands);

async function given(...words: string[]): Promise<Readonly<Record<string, unknown>>> {
  const reading = await read(...words);
  if ('print' in reading) throw new Error(reading.print);
  return reading.given;
}

async function printed(...words: string[]): Promise<string> {
  const reading = await read(...words);
  return 'print' in reading ? reading.print : '';
}

async function refusal(...words: string[]): Promise<OperatorError> {
  const error = await read(...words).catch((reason: unknown) => reason);
  assert.instance(error, OperatorError);
  return error as OperatorError;
}

test('options and words reach the command, defaults included', async () => {
  const { config, mail, rate, day } = await given('report', '2026-03-10', '--rate', '2.5');
  assert.equal([config, mail, rate, day], ['/etc/streamvault/config.toml', false, 2.5, '2026-03-10']);
});

for (const [words, message] of [
  [['report', '--config', 'a', '--config', 'b'], '--config is given twice: a and b. Give it once.'],
  [['report', '--day', 'a', '--day', 'b'], '--day is given twice: a and b. Give it once.'],
  [['report', '--server', '1', '--server=2'], '--server is given twice: 1 and 2. Give it once.'],
  [['report', '--rate', '1', '--rate', '1'], '--rate is given twice: 1 and 1. Give it once.'],
  [['report', '--rate', '1', '--rate', '2', '--rate', '3'], '--rate is given 3 times: 1, 2 and 3. Give it once.'],
  [['report', '-o', 'a', '--out=b'], '--out is given twice: a and b. Give it once.'],
  [['inner', '--clock', '2026*1', '--clock', '2027*1'], '--clock is given twice: 2026*1 and 2027*1. Give it once.'],
] as const) {
  test(`which of two values was meant nobody knows: streamvault ${words.join(' ')}`, async () => {
    const error = await refusal(...words);
    assert.is(error.code, 'wrong-usage');
    assert.is(error.message, message);
    assert.is(error.remedy, `See streamvault ${words[0]} --help.`);
  });
}

test('a switch that is set twice is set, and what follows two dashes is no option', async () => {
  assert.is((await given('report', '--mail', '--mail'))['mail'], true);
  assert.is((await given('report', '--out', 'a', '--', '--out', 'b'))['out'], 'a');
});

test('words that are declared an array are all given, in order', async () => {
  const { verb, files } = await given('many', 'two', 'a', '7', 'c');
  assert.equal([verb, files], ['two', ['a', '7', 'c']]);
  assert.match(await printed('many', '--help'), '[files..]');
});

test('--clock is known to every command and shown by none', async () => {
  const reading = await read('inner', '--clock', '2026-03-10T13:00Z*120');
  assert.is('clock' in reading && reading.clock, '2026-03-10T13:00Z*120');
  assert.not.match(await printed('report', '--help'), 'clock');
});

test('--version prints the version alone', async () => {
  assert.match(await printed('--version'), /^\d+\.\d+\.\d+$/);
});

test('--help lists the commands that are for everyone', async () => {
  const help = await printed('--help');
  assert.match(help, 'streamvault report [day]');
  assert.not.match(help, 'inner');
});

test('--help of a command shows its options', async () => {
  assert.match(await printed('report', '--help'), '--rate');
});

for (const words of [
  [],
  ['reprot'],
  ['report', '--rat', '1'],
  ['report', '2026-03-10', '2026-03-11'],
  ['report', '--config'],
  ['report', '--rate', 'fast'],
]) {
  test(`wrong usage is refused: streamvault ${words.join(' ')}`, async () => {
    assert.is((await refusal(...words)).code, 'wrong-usage');
  });
}

for (const [words, message, remedy] of [
  [['frobnicate'], 'Unknown command: frobnicate.', 'See streamvault --help.'],
  [['reprot'], 'Unknown command: reprot; the nearest known one is report.', 'See streamvault --help.'],
  [
    ['report', '--mial', '-x'],
    'Unknown option: --mial; the nearest known one is --mail. Unknown option: -x.',
    'See streamvault report --help.',
  ],
  [['report', '--no-config'], 'Unknown option: --no-config', 'See streamvault report --help.'],
  [
    ['report', 'a', 'b'],
    'streamvault report does not take so many words: b is too much.',
    'See streamvault report --help.',
  ],
  [['report', '--server', 'x'], 'server: got no number, expected one of 1, 2.', 'See streamvault report --help.'],
  [['report', '--server', '3'], 'server: got 3, expected one of 1, 2.', 'See streamvault report --help.'],
  [['many', 'three'], 'verb: got "three", expected one of "one", "two".', 'See streamvault many --help.'],
] as const) {
  test(`what was given, and what may stand there, is told: streamvault ${words.join(' ')}`, async () => {
    const error = await refusal(...words);
    assert.ok(error.message.startsWith(message), error.message);
    assert.is(error.remedy, remedy);
  });
}

test.run();
