// Options that take one value and were given two. Takes the words of a command line as they were typed, and the command; leaves the name
// and the values, or nothing. Read here, since yargs tells no more of it: it makes a list of two values, and a 2 of two ones.
import type { Command } from './command.ts';

export interface Repeated {
  readonly name: string;
  /** In the order in which they were given. */
  readonly values: readonly string[];
}

/** The first option that has one value too many; which of them was meant, nobody can know. */
export function repeatedOption(
  words: readonly string[],
  { options, positionals = {} }: Pick<Command, 'options' | 'positionals'>,
): Repeated | undefined {
  const takesOne = new Map<string, string>([['clock', 'clock']]);
  for (const [name, { type, array, alias }] of Object.entries(options)) {
    if (type === 'boolean' || type === 'count' || type === 'array' || array === true) continue;
    for (const known of [name, alias ?? []].flat()) takesOne.set(known, name);
  }
  // A word of a command may be given as an option, too.
  for (const [name, { array }] of Object.entries(positionals)) if (array !== true) takesOne.set(name, name);
  const given = new Map<string, string[]>();
  for (let at = 0; at < words.length && words[at] !== '--'; at++) {
    const option = optionIn(words[at] ?? '');
    const name = option && takesOne.get(option.name);
    if (name === undefined) continue;
    const value = option?.value ?? words[++at] ?? '';
    given.set(name, [...(given.get(name) ?? []), value]);
  }
  for (const [name, values] of given) if (values.length > 1) return { name, values };
  return undefined;
}

/** `--name`, `--name=value`; with one dash or two. */
function optionIn(word: string): { readonly name: string; readonly value: string | undefined } | undefined {
  const [, name, value] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  return name === undefined ? undefined : { name, value };
}
