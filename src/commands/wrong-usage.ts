// What is wrong with a command line, in words for a person. Takes what yargs found and the command that was meant; leaves an error
// that names what was given, what is nearest to it or may stand there, and where to read on.
import { closest, distance } from 'fastest-levenshtein';
import { OperatorError } from '../domain/operator-error.ts';
import { productName } from '../domain/product.ts';
import type { Command } from './command.ts';
import type { Repeated } from './repeated.ts';

/** `command`: the one that the first word names, if it names one. */
export function wrongUsage(message: string, commands: readonly Command[], command?: Command): OperatorError {
  const unknown = /^Unknown (command|argument)s?: (.+)$/.exec(message);
  const sentence =
    unknown?.[1] === 'argument'
      ? unknownOptions(unknown[2] ?? '', command)
      : unknown
        ? unknownWords(unknown[2] ?? '', commands, command)
        : withChoices(message);
  const help = [productName, ...(command ? [command.name] : []), '--help'].join(' ');
  return new OperatorError('wrong-usage', sentence.endsWith('.') ? sentence : `${sentence}.`, `See ${help}.`);
}

export function givenTwice({ name, values }: Repeated): string {
  const times = values.length === 2 ? 'twice' : `${values.length} times`;
  return `--${name} is given ${times}: ${values.slice(0, -1).join(', ')} and ${values.at(-1)}. Give it once`;
}

function unknownWords(words: string, commands: readonly Command[], command: Command | undefined): string {
  if (command) return `${productName} ${command.name} does not take so many words: ${words} is too much`;
  const names = commands.filter(({ isHidden }) => isHidden !== true).map(({ name }) => name);
  return `Unknown command: ${words}${nearestOf(words, [...names, 'completion'])}`;
}

function unknownOptions(names: string, command: Command | undefined): string {
  const known = ['help', 'version', ...Object.keys(command?.options ?? {})];
  const told = names.split(', ').map((name) => {
    const dashes = name.length === 1 ? '-' : '--';
    return `Unknown option: ${dashes}${name}${nearestOf(name, known, '--')}`;
  });
  return told.join('. ');
}

/** Two letters wrong, or two that changed places: what is farther off was hardly meant. */
const nearEnough = 2;

function nearestOf(name: string, known: readonly string[], dashes = ''): string {
  const nearest = closest(name, known);
  return name.length > nearEnough && distance(name, nearest) <= nearEnough
    ? `; the nearest known one is ${dashes}${nearest}`
    : '';
}

/** yargs tells a choice over two lines, and a word that is no number as null. */
function withChoices(message: string): string {
  const found = [...message.matchAll(/Argument: (.+?), Given: (.+?), Choices: (.+)/g)];
  if (found.length === 0) return message;
  return found
    .map(
      ([, name, given, choices]) =>
        `${name}: got ${given === 'null' ? 'no number' : given}, expected one of ${choices}`,
    )
    .join('. ');
}
