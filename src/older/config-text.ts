// The configuration that continues an older system. Takes its settings and credentials; leaves TOML text, the secrets that it
// names, and what a person must still fill in. Only what the older system said is set; everything else keeps its default.
import type { OlderSettings } from './settings.ts';

export interface Credentials {
  readonly bearerToken?: ReadonlyMap<string, string>;
  readonly mail?: ReadonlyMap<string, string>;
  readonly osf?: ReadonlyMap<string, string>;
}

export interface NewConfig {
  readonly text: string;
  /** Contents by file name, beside the configuration. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Sentences for a person. */
  readonly leftOut: readonly string[];
}

export interface ConfigSetting {
  readonly settings: OlderSettings;
  readonly credentials: Credentials;
  /** The zone in which the older system named hours. */
  readonly zone: string;
  /** Folder of the configuration and its secrets. */
  readonly folder: string;
}

/** Where `install` lets server 2 bring its files. */
export const inboxPath = '/var/lib/streamvault/inbox';

const quoted = (value: string): string => JSON.stringify(value);

/** Builds the configuration. Values are quoted as TOML basic strings, which read as JSON strings do. */
export function configFromOlder(setting: ConfigSetting): NewConfig {
  const secrets = new Map<string, string>();
  const leftOut: string[] = [];
  const parts = [
    [`server = ${setting.settings.server}`, `timezone = ${quoted(setting.zone)}`],
    ingestSection(setting, secrets, leftOut),
    setting.settings.server === 1 ? watchSection(setting, leftOut) : shipSection(leftOut),
    mailSection(setting, secrets, leftOut),
    osfSection(setting, secrets, leftOut),
  ];
  const text = parts.filter((lines) => lines.length > 0).map((lines) => `${lines.join('\n')}\n`);
  return { text: text.join('\n'), secrets, leftOut };
}

function ingestSection(
  { settings, credentials, folder }: ConfigSetting,
  secrets: Map<string, string>,
  leftOut: string[],
): string[] {
  const token = credentials.bearerToken?.get('bearer_token');
  if (token === undefined) leftOut.push(`No bearer_token= was found; write it into ${folder}/bearer_token.`);
  else secrets.set('bearer_token', token);
  const spool = settings.temporary[settings.server - 1];
  return [
    '[ingest]',
    `bearer_token_file = ${quoted(`${folder}/bearer_token`)}`,
    ...(spool === undefined ? [] : [`spool = ${quoted(spool)}`]),
  ];
}

function watchSection({ settings, zone }: ConfigSetting, leftOut: string[]): string[] {
  const [own, partner] = settings.temporary;
  // Server 2's new files come to where its SFTP account is shut in, wherever rsync brought them before.
  if (settings.vault === undefined) leftOut.push('DATA_VAULT_DST was not set; the vault is in its usual place now.');
  return [
    '[watch]',
    ...(own === undefined ? [] : [`own = ${quoted(own)}`]),
    ...(partner === undefined ? [] : [`partner = ${quoted(inboxPath)}`]),
    ...(settings.vault === undefined ? [] : [`vault = ${quoted(settings.vault)}`]),
    `older_timezone = ${quoted(zone)}`,
  ];
}

function shipSection(leftOut: string[]): string[] {
  leftOut.push('The older system shipped by rsync: name server 1 in [ship] host.');
  return [
    '[ship]',
    'host = "server1.example.org"',
    'identity_file = "/etc/streamvault/id_ed25519"',
    'known_hosts = "/etc/streamvault/known_hosts"',
  ];
}

function mailSection(
  { settings, credentials, folder }: ConfigSetting,
  secrets: Map<string, string>,
  leftOut: string[],
): string[] {
  const { mail } = credentials;
  if (!settings.notifies || mail === undefined) return [];
  const [server, from, to] = [mail.get('server'), mail.get('fromaddr'), mail.get('toaddr')];
  if (!server || !from || !to) {
    leftOut.push('The mail credentials lack server, fromaddr or toaddr: [mail] was left out.');
    return [];
  }
  const port = mail.get('port') || '587';
  if (!/^\d{1,5}$/.test(port)) {
    leftOut.push(`The mail credentials' port is ${port}, no number: [mail] was left out.`);
    return [];
  }
  const recipients = to.split(/[\s,;]+/).filter((address) => address !== '');
  const password = mail.get('password');
  if (password) secrets.set('mail_password', password);
  return [
    '[mail]',
    `smtp = ${quoted(`${port === '465' ? 'smtps' : 'smtp'}://${server}:${port}`)}`,
    `from = ${quoted(from)}`,
    `to = [${recipients.map(quoted).join(', ')}]`,
    ...(mail.get('user') ? [`user = ${quoted(mail.get('user') ?? '')}`] : []),
    ...(password ? [`password_file = ${quoted(`${folder}/mail_password`)}`] : []),
  ];
}

function osfSection({ credentials, folder }: ConfigSetting, secrets: Map<string, string>, leftOut: string[]): string[] {
  const { osf } = credentials;
  const token = osf?.get('token');
  if (!token) {
    if (osf) leftOut.push('The OSF credentials lack token: [osf] was left out.');
    return [];
  }
  secrets.set('osf_token', token);
  const project = osf?.get('project');
  if (!project) {
    leftOut.push(`The OSF project is not named: add [osf] with project = "…" and token_file = "${folder}/osf_token".`);
    return [];
  }
  leftOut.push(
    'Publishing to OSF begins with the watch: at most 1,500,000 tweet IDs in 30 days. Where X approved more, name that as [osf] approval; where nothing shall be published, take [osf] out.',
  );
  return ['[osf]', `project = ${quoted(project)}`, `token_file = ${quoted(`${folder}/osf_token`)}`];
}
