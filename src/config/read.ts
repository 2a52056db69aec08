// Reading the configuration. Takes the TOML text and the sections that a command needs;
// leaves the settings, or every problem at once as `path: got, expected`.
import { resolve } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { OperatorError } from '../domain/operator-error.ts';
import { type Config, type ConfigWith, document, objectShape, type Section } from './schema.ts';

/**
 * Reads a configuration. Throws OperatorError `config-invalid` that lists every problem: mistyped and unknown keys, missing
 * sections and keys, values of the wrong kind. `origin` is the file's name, for the message.
 */
export function readConfig<S extends Section = never>(
  source: string,
  origin: string,
  needed: readonly S[] = [],
): ConfigWith<S> {
  const table = parseToml(source, origin);
  const missing = needed
    .filter((section) => table[section] === undefined)
    .map((section) => `[${section}]: missing, expected this section`);
  const result = document.safeParse(table);
  const problems = [...missing, ...(result.error?.issues ?? []).flatMap((issue) => describe(issue, table))];
  if (result.data) problems.push(...sharedFolders(result.data));
  if (!result.success || problems.length > 0) {
    const list = problems.map((problem) => `  ${problem}`).join('\n');
    throw new OperatorError(
      'config-invalid',
      `${origin} cannot be used:\n${list}\nNothing was started.`,
      'Mend these lines; config.example.toml explains every key.',
    );
  }
  return result.data as Config as ConfigWith<S>;
}

/** Folders that must differ: what one stage leaves there another would take for its own. */
function sharedFolders({ ingest, watch }: Config): string[] {
  const named: [key: string, folder: string | undefined][] = [
    ['ingest.spool', ingest?.spool === watch?.own ? undefined : ingest?.spool],
    ['ingest.warc', ingest?.warc],
    ['watch.own', watch?.own],
    ['watch.partner', watch?.partner],
    ['watch.vault', watch?.vault],
  ];
  const seen = new Map<string, string>();
  return named.flatMap(([key, folder]) => {
    if (folder === undefined) return [];
    const place = resolve(folder);
    const other = seen.get(place);
    seen.set(place, other ?? key);
    return other === undefined ? [] : [`${key}: got the folder of ${other}, expected one of its own`];
  });
}

function parseToml(source: string, origin: string): Record<string, unknown> {
  try {
    return parse(source);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw new OperatorError(
      'config-invalid',
      `${origin} is not valid TOML: ${cause.message.trim()}\nNothing was started.`,
      'Mend that line.',
      { cause },
    );
  }
}

function describe(issue: z.core.$ZodIssue, table: unknown): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key));
  const got = valueAt(table, issue.path);
  return [`${issue.path.join('.')}: ${got === undefined ? 'missing' : `got ${shown(got)}`}, expected ${issue.message}`];
}

/** A value as it stands in the file; what may hold a password (an address with an @) is not repeated. */
const shown = (value: unknown): string =>
  typeof value === 'string' && /:\/\/.*@/.test(value) ? 'an address' : JSON.stringify(value);

function unknownKey(path: readonly PropertyKey[], key: string): string {
  const names = knownNames(path);
  const nearest = names.length > 0 ? `; the nearest known name is ${closest(key, names)}` : '';
  return `${[...path, key].join('.')}: unknown key${nearest}`;
}

function knownNames(path: readonly PropertyKey[]): string[] {
  let shape = objectShape(document);
  for (const step of path) shape = objectShape(shape?.[String(step)]);
  return Object.keys(shape ?? {});
}

function valueAt(table: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined,
    table,
  );
}
