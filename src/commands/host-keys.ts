// `streamvault ship --show-host-key`: what a person needs to trust a server for the first time. Takes [ship]; leaves text only.
import type { ShipSettings } from '../config/schema.ts';
import { describeHostKey, hostName, knownHostsLine } from '../domain/known-hosts.ts';
import { fetchHostKeys } from '../outside/sftp-host-keys.ts';
import type { CommandWorld } from './command.ts';

/** Prints fingerprints as `ssh-keygen -lf` does, and the lines for known_hosts. Resolves to the exit status. */
export async function printHostKeys({ host, port, known_hosts }: ShipSettings, world: CommandWorld): Promise<number> {
  const name = hostName(host, port);
  const keys = await fetchHostKeys({ host, port }, { signal: world.signal });
  // All but the keys are comments, so that the whole output may become known_hosts once it has been compared.
  const lines = [
    `# ${name} shows these host keys:`,
    ...keys.map((key) => `# ${describeHostKey(key, name)}`),
    '# Compare one of them, on that server itself, with the output of:  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
    `# If it is the same, its line belongs into ${known_hosts}:`,
    ...keys.map((key) => knownHostsLine(host, port, key)),
  ];
  world.results.write(`${lines.join('\n')}\n`);
  return 0;
}
