// Configuration and secrets as they lie on disk. Takes paths; leaves settings and secrets, or a sentence that says what to do.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type ConfigWith, type Section } from '../config/schema.ts';
import { readConfig } from '../config/read.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { hasCode } from './disk-error.ts';

/** Reads and checks a configuration file. Throws OperatorError `config-invalid`. */
export async function readConfigFile<S extends Section = never>(
  path: string,
  needed: readonly S[] = [],
): Promise<ConfigWith<S>> {
  let source: string;
  try {
    // Whoever writes it decides which command an alert runs.
    source = await readTrusted(path, 'the configuration');
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    throw new OperatorError(
      'config-invalid',
      `The configuration ${path} cannot be read (${codeOf(cause)}); nothing was started.`,
      'Name another with --config FILE, or copy config.example.toml there.',
      { cause },
    );
  }
  return readConfig(source, path, needed);
}

/**
 * Reads a file that holds no secret and yet decides whom or what to trust (known_hosts, authorities). Throws OperatorError
 * `config-invalid` where every user can change it; the disk's own error where it cannot be read.
 */
export async function readTrusted(path: string, key: string): Promise<string> {
  const { mode } = await stat(path);
  if ((mode & 0o002) === 0) return readFile(path, 'utf8');
  throw new OperatorError(
    'config-invalid',
    `${path} (${key}) can be changed by every user of this machine; nothing was started.`,
    `Look through it, then run: chmod o-w ${path}`,
  );
}

/**
 * Reads a secret: the file's text without white space around it. Refuses a file that others may read, and an empty one.
 * systemd shows a service its secrets in a folder of its own (LoadCredential), so one of the same name there comes first;
 * an empty one stands for a file that was not there when the service started.
 */
export async function readSecret(path: string, key: string, credentials = credentialsFolder()): Promise<string> {
  const shown = credentials === undefined ? undefined : await textOf(join(credentials, basename(path)));
  if (shown !== undefined && shown !== '') return shown;
  try {
    const { mode } = await stat(path);
    if ((mode & 0o007) !== 0) {
      throw new OperatorError(
        'config-invalid',
        `${path} (${key}) can be read by every user of this machine (mode ${(mode & 0o777).toString(8)}).`,
        `Run: chmod o-rwx ${path}`,
      );
    }
    const secret = (await readFile(path, 'utf8')).trim();
    if (secret === '')
      throw new OperatorError('config-invalid', `${path} (${key}) is empty.`, 'Write the secret into it, on one line.');
    return secret;
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    throw new OperatorError(
      'config-invalid',
      `${path} (${key}) cannot be read (${codeOf(cause)}).`,
      codeOf(cause) === 'EACCES'
        ? `Ask as root (sudo); a service is shown it by its unit. From cron it must belong to the user who runs it: sudo chown streamvault: ${path}`
        : 'Make the file, readable by the user that streamvault runs as.',
      { cause },
    );
  }
}

/** Is what `readSecret` gives a copy that systemd made when the service started? Then a change of the file needs a restart. */
export async function isSecretCopied(path: string, credentials = credentialsFolder()): Promise<boolean> {
  const shown = credentials === undefined ? undefined : await textOf(join(credentials, basename(path)));
  return shown !== undefined && shown !== '';
}

/** Writes a secret that only its owner can read; false, and nothing changed, where the file is there. The folder must be. */
export async function writeSecret(path: string, secret: string): Promise<boolean> {
  try {
    await writeFile(path, `${secret}\n`, { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

const credentialsFolder = (): string | undefined => process.env['CREDENTIALS_DIRECTORY'];

async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return undefined;
  }
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
