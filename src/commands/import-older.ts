// `streamvault import older`: takes over from the older system. Prints what it verified and what waits, writes the configuration
// where there is none, and says what is left to a person. Ends with 1 where something in the older vault is wrong.
import { dirname, resolve } from 'node:path';
import { readConfig } from '../config/read.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { zoneProblem } from '../domain/time.ts';
import { configFromOlder, type Credentials, type NewConfig } from '../older/config-text.ts';
import { type ImportSetting, verifyForImport, waitingLines } from '../older/import.ts';
import { type OlderSettings, readOlderSettings, readPairs } from '../older/settings.ts';
import { leftToDo, type TodoSetting } from '../older/todo.ts';
import { writeSecret } from '../outside/config-file.ts';
import type { Disk } from '../outside/disk.ts';
import type { CommandWorld } from './command.ts';

export interface OlderOptions {
  readonly settings: string | undefined;
  readonly config: string;
  readonly timezone: string;
  readonly 'dry-run': boolean;
}

export async function importOlder(given: OlderOptions, world: CommandWorld): Promise<number> {
  // Secrets are named by absolute paths, wherever the configuration was asked for.
  const options = { ...given, config: resolve(given.config) };
  const say = (line: string): void => void world.results.write(`${line}\n`);
  const problem = zoneProblem(options.timezone);
  if (problem !== undefined) throw wrongUsage(`--timezone ${options.timezone}: ${problem}.`);
  const settings = await settingsOf(world.disk, options.settings);
  if (settings.server === 1) await refuseMissingVault(settings.vault, world);
  const made = configFromOlder({
    settings,
    credentials: await credentialsOf(world.disk, settings),
    zone: options.timezone,
    folder: dirname(options.config),
  });
  readConfig(made.text, 'the configuration made of the older settings');
  const kept = await placeConfig(made, options, world);
  if (settings.ignored.length > 0) say(`Of no use here, and left out: ${settings.ignored.join(', ')}`);
  if (settings.unknown.length > 0) say(`Not known, please look: ${settings.unknown.join(', ')}`);
  const setting: ImportSetting = {
    zone: options.timezone,
    isDry: options['dry-run'],
    vault: settings.server === 1 ? settings.vault : undefined,
    temporary: settings.server === 1 ? settings.temporary : [undefined, settings.temporary[1]],
  };
  const verdict = await verifyForImport(setting, world, say);
  say(
    `Vault: ${verdict.hours} hours, ${verdict.tweets} tweets${verdict.last ? `, ${verdict.first} to ${verdict.last}` : ''}`,
  );
  if (verdict.missing.length > 0)
    say(`Not in the vault: ${verdict.missing.length} hours, the last ${verdict.missing[0]}`);
  for (const line of await waitingLines(setting, verdict.last, world)) say(line);
  say('\nLeft to do:');
  leftToDo({ settings, leftOut: made.leftOut, ...(kept && { kept }) }).forEach((sentence, index) =>
    say(`${index + 1}. ${sentence}`),
  );
  return verdict.problems.length === 0 ? 0 : 1;
}

async function settingsOf(disk: Disk, path: string | undefined): Promise<OlderSettings> {
  if (path === undefined) throw wrongUsage('The older system’s settings are needed: --settings server_settings.txt.');
  const settings = readOlderSettings(await textOf(disk, path, 'Name the older system’s file with --settings.'));
  if (typeof settings !== 'string') return settings;
  throw new OperatorError(
    'config-invalid',
    `${path}: ${settings}. Nothing was changed.`,
    'Mend that line, or name the right file.',
  );
}

/** Before anything is written: a vault that is named and not there is a slip, not an empty one. */
async function refuseMissingVault(vault: string | undefined, { disk }: CommandWorld): Promise<void> {
  if (vault === undefined || (await disk.facts(vault))) return;
  throw new OperatorError(
    'config-invalid',
    `The older vault ${vault} (DATA_VAULT_DST) is not there; nothing was changed.`,
    'Name it in the settings where it lies now, or take that line out to begin with an empty vault.',
  );
}

async function credentialsOf(
  disk: Disk,
  { bearerToken, mailCredentials, osfCredentials }: OlderSettings,
): Promise<Credentials> {
  const pairsOf = async (path: string | undefined) =>
    path === undefined ? undefined : readPairs(await textOf(disk, path));
  const [token, mail, osf] = [
    await pairsOf(bearerToken),
    await pairsOf(mailCredentials),
    await pairsOf(osfCredentials),
  ];
  return { ...(token && { bearerToken: token }), ...(mail && { mail }), ...(osf && { osf }) };
}

async function textOf(
  disk: Disk,
  path: string,
  remedy = 'Name the file where it lies now in the settings.',
): Promise<string> {
  try {
    return (await disk.read(path)).toString('utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? cause.code : cause;
    throw new OperatorError('config-invalid', `${path} cannot be read (${why}); nothing was changed.`, remedy, {
      cause,
    });
  }
}

/**
 * Never overwrites: a configuration or secret that stands there is a person's. Resolves to where the new one was written instead,
 * where another one stands.
 */
async function placeConfig(
  made: NewConfig,
  { config: path, 'dry-run': isDry }: OlderOptions,
  { disk, results }: CommandWorld,
): Promise<TodoSetting['kept']> {
  if (isDry) {
    results.write(`${made.text}\n`);
    return undefined;
  }
  const folder = dirname(path);
  await disk.makeFolder(folder);
  for (const [name, secret] of made.secrets) {
    const isMade = await writeSecret(`${folder}/${name}`, secret);
    results.write(`${isMade ? 'made' : 'was there'}\t${folder}/${name}\n`);
  }
  const isThere = (await disk.facts(path)) !== undefined;
  const beside = `${path}.from-older`;
  const isOther = isThere && (await disk.read(path)).toString('utf8') !== made.text;
  if (!isThere || isOther) await disk.write(isOther ? beside : path, made.text);
  results.write(`${isThere ? 'was there' : 'made'}\t${path}\n`);
  if (!isOther) return undefined;
  results.write(`made\t${beside}\n`);
  return { path, beside };
}

const wrongUsage = (message: string): OperatorError =>
  new OperatorError('wrong-usage', message, 'See streamvault import --help.');
