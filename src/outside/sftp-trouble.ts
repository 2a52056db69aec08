// What goes wrong on the way to an SFTP server, as sentences that say what to do. Takes what ssh2 said; leaves OperatorErrors.
import { fingerprint, type HostKeyVerdict, hostName, type KnownHost } from '../domain/known-hosts.ts';
import { OperatorError } from '../domain/operator-error.ts';

export interface SftpTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** A private key in OpenSSH's or PEM form: ed25519, ecdsa or rsa. */
  readonly privateKey: string;
  readonly passphrase?: string;
  /** The text of known_hosts, and where it lies, for messages. */
  readonly knownHosts: string;
  readonly knownHostsPath: string;
}

/** The host's key is not the one that known_hosts has, or none is there. `verdict` says which. */
export class HostKeyRefused extends OperatorError {
  readonly verdict: HostKeyVerdict;
  constructor(verdict: HostKeyVerdict, message: string, remedy: string) {
    super('refused', message, remedy);
    this.verdict = verdict;
  }
}

/** What an error says, in a few words. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The sentence for a host key that is not trusted. */
export function hostKeyRefusal(verdict: HostKeyVerdict, target: SftpTarget, key?: Uint8Array): HostKeyRefused {
  const name = hostName(target.host, target.port);
  const shown = key === undefined ? '' : ` It shows ${fingerprint(key)}.`;
  const look = 'Compare the output of `streamvault ship --show-host-key` with `ssh-keygen -lf` on that server';
  const sentences: Record<Exclude<HostKeyVerdict, 'trusted'>, [string, string]> = {
    unknown: [
      `${target.knownHostsPath} has no key for ${name}, so nothing was sent.${shown}`,
      `${look}, then add the line it prints.`,
    ],
    changed: [
      `${name} shows another host key than ${target.knownHostsPath} has for it, so nothing was sent.${shown} Either the server was set up anew, or somebody stands in between.`,
      `${look}; only if they are the same, replace the line.`,
    ],
    revoked: [
      `${name} shows a host key that ${target.knownHostsPath} marks @revoked, so nothing was sent.${shown}`,
      'Give that server a new host key, and write it down here.',
    ],
    'authority-only': [
      `${target.knownHostsPath} trusts ${name} by @cert-authority only; host certificates are not supported, so nothing was sent.${shown}`,
      `${look}, then add the line it prints: the host's own key.`,
    ],
  };
  const [message, remedy] = sentences[verdict === 'trusted' ? 'unknown' : verdict];
  return new HostKeyRefused(verdict, message, remedy);
}

/** The sentence for a connection that did not come about. */
export function connectError(cause: unknown, target: SftpTarget, known: KnownHost): OperatorError {
  const name = hostName(target.host, target.port);
  const reason = reasonOf(cause).replace(/^\w+: /, '');
  // ssh2-sftp-client makes new errors and drops ssh2's `level`; the words are all that is left to go by.
  if (reason.includes('authentication methods failed')) {
    return new OperatorError(
      'refused',
      `${name} does not accept the key for the account ${target.user}; nothing was sent, the files stay in the spool.`,
      `Put the public half of [ship] identity_file there, into /etc/streamvault/inbox_authorized_keys (or that account's own authorized_keys).`,
      { cause },
    );
  }
  if (reason.includes('privateKey') || reason.includes('passphrase')) {
    return new OperatorError(
      'config-invalid',
      `[ship] identity_file cannot be used: ${reason.replace(/\.?$/, '.')}`,
      'Name a private key of type ed25519, ecdsa or rsa, and its passphrase_file if it has a passphrase.',
      { cause },
    );
  }
  if (reason.includes('no matching host key format')) {
    const types = [...new Set(known.trusted.map((key) => key.type))].join(', ');
    return new HostKeyRefused(
      'changed',
      `${name} has no host key of a type that ${target.knownHostsPath} has for it (${types}); nothing was sent.`,
      'Look with `streamvault ship --show-host-key` which keys it has.',
    );
  }
  if (reason.includes('subsystem')) {
    return new OperatorError(
      'refused',
      `${name} lets ${target.user} in, but offers no SFTP there; nothing was sent.`,
      'Look at "Subsystem sftp" and ForceCommand in its sshd configuration.',
      { cause },
    );
  }
  return new OperatorError(
    'unreachable',
    `${name} cannot be reached (${reason}); the files stay in the spool.`,
    'Look whether it runs, and whether host and port under [ship] are right.',
    { cause },
  );
}
