// What a command is: its name and options as the command line knows them, and what it does with them.
// A command is one file here that exports one of these; all.ts lists them, main.ts runs them.
import type { InferredOptionTypes, Options, PositionalOptions } from 'yargs';
import type { World } from '../outside/world.ts';

/** What a command is given: a stage's world, and the stream for its results. The log goes elsewhere (stderr). */
export interface CommandWorld extends World {
  /** stdout. `isTTY` says whether a person looks on. */
  readonly results: NodeJS.WriteStream;
}

type OptionTable = Readonly<Record<string, Options>>;
type PositionalTable = Readonly<Record<string, PositionalOptions>>;
type Given<O extends OptionTable, P extends PositionalTable> = InferredOptionTypes<O> & InferredOptionTypes<P>;

export interface CommandSetting<O extends OptionTable, P extends PositionalTable> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly isHidden?: boolean;
  readonly options: O;
  /** Words without a dash, in their order; each may be left out. */
  readonly positionals?: P;
  /** Resolves to the exit status; throws OperatorError for what an operator must read. */
  run(given: Given<O, P>, world: CommandWorld): Promise<number>;
}

/** A command of any options, as the front door handles it. */
export type Command = CommandSetting<OptionTable, PositionalTable>;

/** Checks a command's options against what its `run` expects, then forgets their types. */
export function command<O extends OptionTable, P extends PositionalTable = Record<never, never>>(
  setting: CommandSetting<O, P>,
): Command {
  return setting as unknown as Command;
}

/** `--config`, the same for every command that reads the configuration. */
export const configOption = {
  config: {
    type: 'string',
    default: '/etc/streamvault/config.toml',
    describe: 'The configuration file',
  },
} as const;
