// Can a connection be tried at all? Takes [ship]; leaves nothing, or what a try would say before it asks the network.
import ssh2 from 'ssh2';
import type { ShipSettings } from '../config/schema.ts';
import { judgeHostKey, knownHost, parseKnownHosts } from '../domain/known-hosts.ts';
import { readSftpTarget } from './sftp-target.ts';
import { connectError, hostKeyRefusal } from './sftp-trouble.ts';

/** Throws OperatorError where known_hosts has no key for the host, or identity_file holds none of ours. */
export async function refuseUnready(settings: ShipSettings): Promise<void> {
  const target = await readSftpTarget(settings);
  const known = knownHost(parseKnownHosts(target.knownHosts), target.host, target.port);
  if (known.trusted.length === 0) throw hostKeyRefusal(judgeHostKey(known, new Uint8Array()), target);
  const key = ssh2.utils.parseKey(target.privateKey, target.passphrase);
  const reason = key instanceof Error ? key.message : key.isPrivateKey() ? undefined : 'it is a public key';
  if (reason !== undefined) throw connectError(new Error(`Cannot parse privateKey: ${reason}`), target, known);
}
