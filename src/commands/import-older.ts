// `streamvault import older`: takes over from the older system. Prints what it verified and what waits, writes the configuration
// where there is none, and says what is left to a person. Ends with 1 where something in the older vault is wrong.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readConfig } from '../config/read.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { zoneProblem } from '../domain/time.ts';
import { configFromOlder, type Credentials, type NewConfig } from '../older/config-text.ts';
import { type ImportSetting, verifyForImport, waitingLines } from '../older/import.ts';
import { type OlderSettings, readOlderSettings, readPairs } from '../older/settings.ts';
import { writeSecret } from '../outside/config-file.ts';
import type { CommandWorld } from './command.ts';

export interface OlderOptions {
  readonly settings: string | undefined;
  readonly config: string;
  readonly timezone: string;
  readonly 'dry-run': boolean;
}

export async function importOlder(options: OlderOptions, world: CommandWorld): Promise<number> {
  const say = (line: string): void => void world.results.write(`${line}\n`);
  const problem = zoneProblem(options.timezone);
  if (problem !== undefined) throw wrongUsage(`--timezone ${options.timezone}: ${problem}.`);
  const settings = await settingsOf(options.settings);
  const made = configFromOlder({
    settings,
    credentials: await credentialsOf(settings),
    zone: options.timezone,
    folder: dirname(options.config),
  });
  readConfig(made.text, 'the configuration made of the older settings');
  await placeConfig(made, options, world);
  if (settings.ignored.length > 0) say(`Of no use here, and left out: ${settings.ignored.join(', ')}`);
  if (settings.unknown.length > 0) say(`Not known, please look: ${settings.unknown.join(', ')}`);
  const { zone, vault, temporary }: ImportSetting = {
    zone: options.timezone,
    vault: settings.server === 1 ? settings.vault : undefined,
    temporary: settings.server === 1 ? settings.temporary : [undefined, settings.temporary[1]],
  };
  const verdict = await verifyForImport({ zone, vault, temporary }, world, say);
  say(
    `Vault: ${verdict.hours} hours, ${verdict.tweets} tweets${verdict.last ? `, ${verdict.first} to ${verdict.last}` : ''}`,
  );
  if (verdict.missing.length > 0)
    say(`Not in the vault: ${verdict.missing.length} hours, the last ${verdict.missing[0]}`);
  for (const line of await waitingLines({ zone, vault, temporary }, verdict.last, world)) say(line);
  say('\nLeft to do:');
  leftToDo(settings, made).forEach((sentence, index) => say(`${index + 1}. ${sentence}`));
  return verdict.problems.length === 0 ? 0 : 1;
}

async function settingsOf(path: string | undefined): Promise<OlderSettings> {
  if (path === undefined) throw wrongUsage('The older system’s settings are needed: --settings server_settings.txt.');
  const settings = readOlderSettings(await textOf(path));
  if (typeof settings !== 'string') return settings;
  throw new OperatorError(
    'config-invalid',
    `${path}: ${settings}. Nothing was changed.`,
    'Mend that line, or name the right file.',
  );
}

async function credentialsOf({ bearerToken, mailCredentials, osfCredentials }: OlderSettings): Promise<Credentials> {
  const pairsOf = async (path: string | undefined) => (path === undefined ? undefined : readPairs(await textOf(path)));
  const [token, mail, osf] = [
    await pairsOf(bearerToken),
    await pairsOf(mailCredentials),
    await pairsOf(osfCredentials),
  ];
  return { ...(token && { bearerToken: token }), ...(mail && { mail }), ...(osf && { osf }) };
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? cause.code : cause;
    throw new OperatorError(
      'config-invalid',
      `${path} cannot be read (${why}); nothing was changed.`,
      'Name the file where it lies now in the settings.',
      { cause },
    );
  }
}

/** Never overwrites: a configuration or secret that stands there is a person's. */
async function placeConfig(
  made: NewConfig,
  { config: path, 'dry-run': isDry }: OlderOptions,
  { disk, results }: CommandWorld,
): Promise<void> {
  if (isDry) return void results.write(`${made.text}\n`);
  const folder = dirname(path);
  await disk.makeFolder(folder);
  for (const [name, secret] of made.secrets) {
    const isMade = await writeSecret(`${folder}/${name}`, secret);
    results.write(`${isMade ? 'made' : 'was there'}\t${folder}/${name}\n`);
  }
  const isThere = existsSync(path);
  if (!isThere) await disk.write(path, made.text);
  results.write(`${isThere ? 'was there' : 'made'}\t${path}\n`);
}

function leftToDo({ temporary, vault, user }: OlderSettings, { leftOut }: NewConfig): string[] {
  const folders = [...temporary, vault].filter((folder) => folder !== undefined);
  return [
    ...leftOut,
    'Stop the older system for good: its cron jobs and its service.',
    ...(folders.length === 0
      ? []
      : [
          `Give the folders to the services’ user${user ? ` (they were ${user}’s)` : ''}:\n  sudo chown -R streamvault:streamvault ${folders.join(' ')}`,
          `Let the services write there, with the line ReadWritePaths=${folders.join(' ')}:\n  sudo systemctl edit streamvault-ingest.service streamvault-watch.service`,
        ]),
    'See that the configuration is sound:\n  sudo streamvault check',
  ];
}

const wrongUsage = (message: string): OperatorError =>
  new OperatorError('wrong-usage', message, 'See streamvault import --help.');
