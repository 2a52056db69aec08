// What the import leaves to a person. Takes the older settings and what became of the configuration; leaves sentences with commands,
// in the order in which they are to be done.
import { inboxPath } from './config-text.ts';
import type { OlderSettings } from './settings.ts';

export interface TodoSetting {
  readonly settings: OlderSettings;
  /** Sentences on what the configuration lacks. */
  readonly leftOut: readonly string[];
  /** Where another configuration stood, and what would have been written now lies beside it. */
  readonly kept?: { readonly path: string; readonly beside: string };
}

export function leftToDo({ settings, leftOut, kept }: TodoSetting): string[] {
  return [
    ...(kept === undefined
      ? []
      : [
          `${kept.path} was there and stays as it is; what the older settings amount to lies beside it. Look at both, and take over what is right:\n  diff ${quoted(kept.path)} ${quoted(kept.beside)}\n  sudo mv ${quoted(kept.beside)} ${quoted(kept.path)}`,
        ]),
    ...leftOut,
    ...stopping(settings),
    `Make user, folders and units; the configuration stays as it is:\n  sudo streamvault install --server ${settings.server}`,
    ...(settings.server === 1 ? [...partnerFiles(settings), ...folders(settings)] : folders(settings)),
    'Do what `install` says is left: the rest of the secrets and keys, a check, and the start of the services.',
  ];
}

function stopping({ server, temporary }: OlderSettings): string[] {
  const stop = 'Stop the older system for good: its cron jobs and its service.';
  const own = temporary[1];
  if (server === 1 || own === undefined) return [stop];
  return [
    `${stop} Then bring what waits in ${own} to server 1 by its own means, a last time: ship does not carry files of its names.`,
  ];
}

/** On server 1: what the older rsync brought goes to where ship brings files from now on. */
function partnerFiles({ temporary: [, partner] }: OlderSettings): string[] {
  if (partner === undefined) return [];
  return [
    `Copy what waits of server 2 to where its files come from now on:\n  sudo cp -a ${quoted(partner)}/. ${inboxPath}/\n  sudo chown -R streamvault-inbox:streamvault ${inboxPath}\n  sudo chmod -R u=rwX,g=rwX,o= ${inboxPath}`,
  ];
}

/** Folders that the services go on with where they lie. */
function folders({ server, temporary, vault, user }: OlderSettings): string[] {
  const named = [temporary[server - 1], server === 1 ? vault : undefined].filter((folder) => folder !== undefined);
  if (named.length === 0) return [];
  const whose = user === undefined ? '' : ` (they were ${user}’s)`;
  return [
    `Give the folders to the services’ user${whose}:\n  sudo chown -R streamvault:streamvault ${named.map(quoted).join(' ')}`,
    `Let the services write there, whose units shut them in:\n  printf '${dropIn(named)}' | sudo install -D -m 644 /dev/stdin /etc/systemd/system/streamvault-.service.d/folders.conf`,
  ];
}

/** Lines for all units of ours at once, as printf(1) takes them. Home folders and /tmp are shut off by settings of their own. */
function dropIn(named: readonly string[]): string {
  const lies = (...below: string[]): boolean =>
    named.some((folder) => below.some((start) => folder.startsWith(`${start}/`)));
  const lines = [
    '[Service]',
    `ReadWritePaths=${named.map((folder) => (plain.test(folder) ? folder : JSON.stringify(folder))).join(' ')}`,
    ...(lies('/home', '/root', '/run/user') ? ['ProtectHome=no'] : []),
    ...(lies('/tmp', '/var/tmp') ? ['PrivateTmp=no'] : []),
  ];
  // A per cent sign means something to printf and to systemd.
  return lines.map((line) => `${line.replaceAll('%', '%%%%').replaceAll("'", "'\\''")}\\n`).join('');
}

const plain = /^[\w@%+=:,./-]+$/;

/** A word as a shell reads it. */
const quoted = (word: string): string => (plain.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
