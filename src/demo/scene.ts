// The stage on which the demo plays: folders of two servers below one, secrets, keys, and each server's configuration.
// Takes a folder and the addresses of the stand-ins; leaves configurations read by the very code that reads real ones.
import { join } from 'node:path';
import { readConfig } from '../config/read.ts';
import type { ConfigWith } from '../config/schema.ts';
import { newKeyPair } from '../emulate/key-pair.ts';
import { writeSecret } from '../outside/config-file.ts';
import type { Disk } from '../outside/disk.ts';

export interface Scene {
  readonly folder: string;
  readonly spools: readonly [string, string];
  readonly inbox: string;
  readonly vault: string;
  readonly token: string;
  /** Public part of the key that server 2 ships with, as authorized_keys has it. */
  readonly shipKey: string;
}

/** Makes the folders and the secrets. */
export async function setScene(disk: Disk, folder: string): Promise<Scene> {
  const at = (...parts: string[]): string => join(folder, ...parts);
  const scene = {
    folder,
    spools: [at('server-1', 'spool'), at('server-2', 'spool')],
    inbox: at('server-1', 'inbox'),
    vault: at('server-1', 'vault'),
    token: 'demo-token',
  } as const;
  for (const path of [...scene.spools, scene.inbox, scene.vault]) await disk.makeFolder(path);
  const key = newKeyPair();
  await writeSecret(at('bearer_token'), scene.token);
  await writeSecret(at('server-2', 'id_ed25519'), key.private);
  return { ...scene, shipKey: key.public };
}

export interface Addresses {
  /** Base URL of the stand-in for the X API. */
  readonly api: string;
  readonly sftp: { readonly host: string; readonly port: number; readonly knownHosts: string };
  readonly patience: string;
  /** The default where absent. */
  readonly lateWindow?: string;
  /** Base URL of the stand-in for OSF, where server 1 shall publish. */
  readonly osf?: string;
  /** Port of the stand-in for a mail server, where there shall be mail. */
  readonly mail?: number;
}

/** The demo's project at the stand-in for OSF. */
export const demoProject = 'demo1';

/** Both servers' configurations, written beside their folders for whoever keeps them. */
export async function configure(
  disk: Disk,
  scene: Scene,
  { api, sftp, patience, lateWindow, osf, mail }: Addresses,
): Promise<[ConfigWith<'ingest' | 'watch'>, ConfigWith<'ingest' | 'ship'>]> {
  const quote = JSON.stringify;
  const knownHosts = join(scene.folder, 'server-2', 'known_hosts');
  await disk.write(knownHosts, `${sftp.knownHosts}\n`);
  const ingest = (server: 1 | 2): string =>
    `server = ${server}\n[ingest]\napi = ${quote(`${api}/server${server}`)}\nspool = ${quote(scene.spools[server - 1])}\n` +
    `bearer_token_file = ${quote(join(scene.folder, 'bearer_token'))}\n`;
  const mailing =
    mail === undefined
      ? ''
      : `[mail]\nsmtp = "smtp://127.0.0.1:${mail}"\nfrom = "streamvault@example.org"\nto = ["archive-team@example.org"]\n`;
  const publishing =
    osf === undefined
      ? ''
      : `[osf]\napi = ${quote(osf)}\nproject = ${quote(demoProject)}\ntoken_file = ${quote(join(scene.folder, 'bearer_token'))}\napproval = "a stand-in: nothing leaves this machine"\n`;
  const window = lateWindow === undefined ? '' : `late_window = ${quote(lateWindow)}\n`;
  const first = `${ingest(1)}[watch]\nown = ${quote(scene.spools[0])}\npartner = ${quote(scene.inbox)}\nvault = ${quote(scene.vault)}\npatience = ${quote(patience)}\n${window}${publishing}${mailing}`;
  const second = `${ingest(2)}[ship]\nuser = "streamvault"\nhost = ${quote(sftp.host)}\nport = ${sftp.port}\nidentity_file = ${quote(join(scene.folder, 'server-2', 'id_ed25519'))}\nknown_hosts = ${quote(knownHosts)}\ninbox = "/"\n${mailing}`;
  await disk.write(join(scene.folder, 'server-1', 'config.toml'), first);
  await disk.write(join(scene.folder, 'server-2', 'config.toml'), second);
  return [readConfig(first, 'server-1', ['ingest', 'watch']), readConfig(second, 'server-2', ['ingest', 'ship'])];
}
