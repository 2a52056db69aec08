// What an installation leaves to a person. Takes the configuration as it stands and what is there; leaves sentences with commands.
import type { Config } from '../config/schema.ts';
import { configPath, inboxKeysPath, servicesOf, unitOf, type ServerNumber } from './plan.ts';

export interface Findings {
  /** The configuration; undefined where it cannot be read yet. */
  readonly config: Config | undefined;
  /** Is there such a file? */
  exists(path: string): boolean;
}

/** Sentences in the order in which they are to be done. `paths` are as the services see them. */
export function leftToDo(server: ServerNumber, { config, exists }: Findings): string[] {
  if (config === undefined)
    return [`Mend ${configPath}: streamvault check lists every mistake.`, ...startServices(server)];
  return [
    ...secrets(config, exists),
    ...(server === 2 ? shipping(config, exists) : receiving(config, exists)),
    ...startServices(server),
  ];
}

function secrets({ ingest, mail, osf }: Config, exists: Findings['exists']): string[] {
  const wanted: [string, string | undefined][] = [
    ['the API’s bearer token', ingest?.bearer_token_file],
    ['the proxy’s password', ingest?.proxy_password_file],
    ['the mail account’s password', mail?.password_file],
    ['the OSF token', osf?.token_file],
  ];
  return wanted.flatMap(([what, path]) =>
    path === undefined || exists(path)
      ? []
      : [`Write ${what} into ${path}, which only root can read:\n  sudo install -m 600 /dev/stdin ${path}`],
  );
}

function shipping({ ship }: Config, exists: Findings['exists']): string[] {
  if (ship === undefined) return [`Fill in [ship] in ${configPath}.`];
  const { host, identity_file, known_hosts } = ship;
  return [
    ...(host.endsWith('.example.org') ? [`Name server 1 in ${configPath}: [ship] host.`] : []),
    ...(exists(identity_file)
      ? []
      : [
          `Make this server’s key, and give ${identity_file}.pub to server 1:\n  sudo ssh-keygen -q -t ed25519 -N "" -f ${identity_file}`,
        ]),
    ...(exists(known_hosts)
      ? []
      : [
          `Get server 1’s host key, and compare its fingerprint with what server 1 says of itself (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub):\n  sudo streamvault ship --show-host-key | grep ssh-ed25519 | sudo tee ${known_hosts}`,
        ]),
  ];
}

function receiving({ watch }: Config, exists: Findings['exists']): string[] {
  if (watch?.partner === undefined || exists(inboxKeysPath)) return [];
  return [
    `Let server 2 in with its public key, the one line of its id_ed25519.pub. With one server alone, take partner out of ${configPath} instead.\n  sudo install -m 644 /dev/stdin ${inboxKeysPath}\n  sudo systemctl reload ssh`,
  ];
}

function startServices(server: ServerNumber): string[] {
  const units = servicesOf(server).map(unitOf).join(' ');
  return [
    'See that all works that the configuration names:\n  sudo streamvault check --probe',
    `Start the services, now and at each start of the machine:\n  sudo systemctl daemon-reload\n  sudo systemctl enable --now ${units}`,
  ];
}
