// Where to ship to, as the configuration says. Takes [ship]; leaves host, account, key and known_hosts, read anew at each
// connection, so that mending a file needs no restart.
import type { ShipSettings } from '../config/schema.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { readSecret, readTrusted } from './config-file.ts';
import type { SftpTarget } from './sftp-trouble.ts';

/** Reads the files that [ship] names. Throws OperatorError `config-invalid`. */
export async function readSftpTarget(settings: ShipSettings): Promise<SftpTarget> {
  const { host, port, user, identity_file, passphrase_file, known_hosts } = settings;
  const privateKey = await readSecret(identity_file, '[ship] identity_file');
  return {
    host,
    port,
    user,
    privateKey: `${privateKey}\n`,
    ...(passphrase_file !== undefined && { passphrase: await readSecret(passphrase_file, '[ship] passphrase_file') }),
    knownHosts: await readKnownHosts(known_hosts),
    knownHostsPath: known_hosts,
  };
}

/** Throws OperatorError `config-invalid`. */
export async function readKnownHosts(path: string): Promise<string> {
  try {
    return await readTrusted(path, '[ship] known_hosts');
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    throw new OperatorError(
      'config-invalid',
      `${path} ([ship] known_hosts) cannot be read; without it no server can be trusted.`,
      'Make it: `streamvault ship --show-host-key` prints the line that belongs into it.',
      { cause },
    );
  }
}
