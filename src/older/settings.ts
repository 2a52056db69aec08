// The older system's server_settings.txt and credential files. Takes their text; leaves what they say under names of ours, and the
// keys that mean nothing here. Both are lines of `key=value`, as a shell or Python's configparser would read them.

/** Pairs in order of appearance: `KEY=value`, `key = "value"`, `export KEY='value' # why`, `key: value`. Section heads and comments are passed over. */
export function readPairs(text: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (match?.[1] !== undefined) pairs.set(match[1], unquoted(match[2] ?? ''));
  }
  return pairs;
}

function unquoted(value: string): string {
  const quoted = /^(["'])(.*?)\1\s*(?:#.*)?$/.exec(value);
  return quoted?.[2] ?? value.replace(/(^|\s)#.*$/, '').trim();
}

/** What the older system was told, as far as it matters here. Paths are as its settings have them. */
export interface OlderSettings {
  readonly server: 1 | 2;
  readonly bearerToken?: string;
  /** False where notifications were switched off. */
  readonly notifies: boolean;
  readonly mailCredentials?: string;
  readonly osfCredentials?: string;
  /** Temporary storage of server 1 and 2. */
  readonly temporary: readonly [string | undefined, string | undefined];
  readonly vault?: string;
  readonly user?: string;
  readonly group?: string;
  /** Keys that mean nothing to this system, known to have been in use. */
  readonly ignored: readonly string[];
  /** Keys that nobody knows: to be looked at by a person. */
  readonly unknown: readonly string[];
}

const known =
  /^(SERVER|NOTIFICATIONS|(?:TWITTER_API_KEY|EMAIL_CREDENTIALS|OSF_KEY)_\w+|TMP_STORAGE_SERVER_[12]|DATA_VAULT_(?:SRC|DST)|USERNAME|GROUPNAME)$/;
const ignoredByName = /^(PYTHON_\w+|M3CLASSIFY\w*)$/;

/** Reads the settings; a text is the sentence that says why not. */
export function readOlderSettings(text: string): OlderSettings | string {
  const pairs = readPairs(text);
  const server = Number(pairs.get('SERVER')?.replace(/^server_?/i, ''));
  if (server !== 1 && server !== 2) return `SERVER is ${pairs.get('SERVER') ?? 'missing'}, expected 1 or 2`;
  const keys = [...pairs.keys()];
  const optional = {
    bearerToken: credentialPath(pairs, 'TWITTER_API_KEY', server),
    mailCredentials: credentialPath(pairs, 'EMAIL_CREDENTIALS', server),
    osfCredentials: credentialPath(pairs, 'OSF_KEY', server),
    vault: filled(pairs.get('DATA_VAULT_DST')),
    user: filled(pairs.get('USERNAME')),
    group: filled(pairs.get('GROUPNAME')),
  };
  const present = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    server,
    notifies: !/^(false|no|off|0|)$/i.test(pairs.get('NOTIFICATIONS') ?? 'true'),
    temporary: [filled(pairs.get('TMP_STORAGE_SERVER_1')), filled(pairs.get('TMP_STORAGE_SERVER_2'))],
    ...(Object.fromEntries(present) as Partial<typeof optional & Record<string, string>>),
    ignored: keys.filter((key) => ignoredByName.test(key)),
    unknown: keys.filter((key) => !known.test(key) && !ignoredByName.test(key)),
  } as OlderSettings;
}

const filled = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

/** A credential file's path: where it was installed (DST) before where it came from, this server's before another's. */
function credentialPath(pairs: ReadonlyMap<string, string>, name: string, server: number): string | undefined {
  const endings = ['DST', `SERVER_${server}`, String(server), 'FILE', 'PATH', 'SRC'];
  const keys = [...endings.map((ending) => `${name}_${ending}`), ...pairs.keys()].filter((key) =>
    key.startsWith(`${name}_`),
  );
  return keys.map((key) => filled(pairs.get(key))).find((value) => value !== undefined);
}
