// The command line as text: which command was meant, with which options. Takes words and the list of commands;
// leaves a choice, a text to print (help, version), or OperatorError `wrong-usage`.
import yargs from 'yargs';
import type { Argv, Options } from 'yargs';
import type { OperatorError } from '../domain/operator-error.ts';
import { productName, productVersion } from '../domain/product.ts';
import type { Command } from './command.ts';
import { repeatedOption } from './repeated.ts';
import { givenTwice, wrongUsage } from './wrong-usage.ts';

export interface Choice {
  readonly command: Command;
  /** Options by name, as the command's `run` takes them. */
  readonly given: Readonly<Record<string, unknown>>;
  /** What `--clock` says, if it was given. */
  readonly clock?: string;
}

export type Reading = Choice | { readonly print: string };

/** Reads the words after the program's name. Throws OperatorError `wrong-usage`. */
export async function readCommandLine(words: readonly string[], commands: readonly Command[]): Promise<Reading> {
  let choice: Choice | undefined;
  let printed = '';
  const choose = (command: Command, given: Readonly<Record<string, unknown>>): void => {
    choice = { command, given, ...(typeof given['clock'] === 'string' && { clock: given['clock'] }) };
  };
  const refuse = (message: string): OperatorError =>
    wrongUsage(
      message,
      commands,
      commands.find(({ name }) => name === words[0]),
    );
  const parser = frontDoor(words[0] === completionWord, refuse);
  for (const command of commands) addCommand(parser, command, { words, choose, refuse });
  await parser.parseAsync([...words], {}, (_error, _given, output) => {
    printed = output;
  });
  if (choice && printed === '') return choice;
  if (printed === '') throw refuse('No command was named.');
  return { print: printed };
}

const completionWord = 'completion';

type Refuse = (message: string) => OperatorError;

function frontDoor(isCompletionAsked: boolean, refuse: Refuse): Argv {
  return yargs()
    .scriptName(productName)
    .locale('en')
    .usage('$0 COMMAND [OPTIONS]')
    .version(productVersion)
    .help()
    .completion(completionWord, 'Print a script that completes commands and options in bash or zsh')
    .option('clock', { type: 'string', hidden: true, global: true, requiresArg: true })
    .parserConfiguration({ 'camel-case-expansion': false, 'boolean-negation': false })
    .strictCommands()
    .strict()
    .exitProcess(false)
    .wrap(100)
    .fail((message, error) => {
      // The script is printed by then; yargs, which usually ends the process here, goes on and does not know the word.
      if (isCompletionAsked && !error) return;
      // yargs calls its own findings YError; anything else is ours and goes on as it is.
      throw error && error.name !== 'YError' ? error : refuse(message || error?.message);
    });
}

interface Ends {
  /** As they were typed. */
  readonly words: readonly string[];
  readonly choose: (command: Command, given: Readonly<Record<string, unknown>>) => void;
  readonly refuse: Refuse;
}

function addCommand(parser: Argv, command: Command, { words, choose, refuse }: Ends): void {
  const positionals = Object.entries(command.positionals ?? {});
  const places = positionals.map(([name, { array }]) => (array === true ? `[${name}..]` : `[${name}]`));
  const shape = [command.name, ...places].join(' ');
  const build = (builder: Argv): Argv => {
    for (const [name, positional] of positionals) builder.positional(name, positional);
    for (const [name, option] of Object.entries(command.options)) builder.option(name, withArgument(option));
    return builder;
  };
  const handle = (given: Readonly<Record<string, unknown>>): void => {
    const repeated = repeatedOption(words, command);
    if (repeated) throw refuse(givenTwice(repeated));
    refuseNonNumbers(given, refuse);
    choose(command, given);
  };
  // `false` keeps a command out of the list; yargs' types know it only in their own overload.
  if (command.isHidden) parser.command(shape, false, build, handle);
  else parser.command(shape, command.summary, build, handle);
}

/** A number or a text that lacks its value is wrong usage, not an empty text. */
function withArgument(option: Options): Options {
  return option.type === 'boolean' || option.type === 'count' ? option : { nargs: 1, ...option };
}

function refuseNonNumbers(given: Readonly<Record<string, unknown>>, refuse: Refuse): void {
  for (const [name, value] of Object.entries(given)) {
    if (Number.isNaN(value)) throw refuse(`--${name} takes a number.`);
  }
}
