// known_hosts as OpenSSH reads it (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). Takes the file's text, a host and an offered key;
// leaves whether that key is trusted. Nothing here ever adds a key: who is trusted is decided by a person.
import { createHash, createHmac } from 'node:crypto';

/** A host key as it travels: its type (`ssh-ed25519`) and its whole blob, which begins with that type. */
export interface HostKey {
  readonly type: string;
  readonly blob: Uint8Array;
}

export interface KnownHostsLine {
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  /** Patterns with commas between them, or one hashed name, as they stand in the file. */
  readonly hosts: string;
  readonly key: HostKey;
}

/** What known_hosts says about one host. */
export interface KnownHost {
  readonly trusted: readonly HostKey[];
  readonly revoked: readonly HostKey[];
  /** Lines with @cert-authority: host certificates are not supported, so these prove nothing. */
  readonly authorities: number;
}

/**
 * `unknown`: no key stands there; `authority-only`: only certificate authorities do; `changed`: keys stand there, but not
 * this one; `revoked`: this very key must never be trusted.
 */
export type HostKeyVerdict = 'trusted' | 'revoked' | 'changed' | 'authority-only' | 'unknown';

/** Reads known_hosts. Empty lines and comments are skipped, and so are lines that OpenSSH could not read either. */
export function parseKnownHosts(text: string): KnownHostsLine[] {
  return text.split('\n').flatMap((line) => parseLine(line.trim()) ?? []);
}

function parseLine(line: string): KnownHostsLine | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  const words = line.split(/[ \t]+/);
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
  if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority') return undefined;
  const [hosts = '', type = '', base64 = ''] = words;
  const blob = Buffer.from(base64, 'base64');
  if (hosts === '' || keyType(blob) !== type) return undefined;
  const name = marker === '@revoked' ? 'revoked' : 'cert-authority';
  return { marker: marker && name, hosts, key: { type, blob } };
}

/**
 * What the lines say about a host. A port other than 22 is looked up as `[host]:port`; where no line has that, the
 * lines of the plain name count, as they do for OpenSSH.
 */
export function knownHost(lines: readonly KnownHostsLine[], host: string, port: number): KnownHost {
  const plain = host.toLowerCase();
  const exact = gather(lines, hostName(plain, port));
  return exact.trusted.length > 0 || port === 22 ? exact : merged(exact, gather(lines, plain));
}

/** The name under which a host stands in known_hosts: server1.example.org, or [server1.example.org]:2222. */
export const hostName = (host: string, port: number): string => (port === 22 ? host : `[${host}]:${port}`);

const merged = (a: KnownHost, b: KnownHost): KnownHost => ({
  trusted: [...a.trusted, ...b.trusted],
  revoked: [...a.revoked, ...b.revoked],
  authorities: a.authorities + b.authorities,
});

function gather(lines: readonly KnownHostsLine[], name: string): KnownHost {
  const matching = lines.filter((line) => matchesHost(line.hosts, name));
  const keys = (marker: KnownHostsLine['marker']): HostKey[] =>
    matching.filter((line) => line.marker === marker).map((line) => line.key);
  return {
    trusted: keys(undefined),
    revoked: keys('revoked'),
    authorities: keys('cert-authority').length,
  };
}

/** Does a line's host field match? One negated pattern (`!name`) that matches excludes the whole line. */
function matchesHost(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return matchesHash(hosts, name);
  const patterns = hosts.toLowerCase().split(',');
  const matching = patterns.filter((pattern) => matchesPattern(pattern.replace(/^!/, ''), name));
  return matching.length > 0 && !matching.some((pattern) => pattern.startsWith('!'));
}

/** `|1|salt|hash`: HMAC-SHA-1 of the name under the salt, both in base64. */
function matchesHash(hosts: string, name: string): boolean {
  const [, version, salt = '', hash] = hosts.split('|');
  if (version !== '1') return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

/** `*` stands for any characters, `?` for one; brackets are plain characters here. */
function matchesPattern(pattern: string, name: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(name);
}

/** Is the key that a host offers the one that a person has written down for it? */
export function judgeHostKey({ trusted, revoked, authorities }: KnownHost, offered: Uint8Array): HostKeyVerdict {
  const isOffered = (key: HostKey): boolean => Buffer.compare(key.blob, offered) === 0;
  if (revoked.some(isOffered)) return 'revoked';
  if (trusted.some(isOffered)) return 'trusted';
  if (trusted.length > 0) return 'changed';
  return authorities > 0 ? 'authority-only' : 'unknown';
}

/** The signature algorithms that a key of that type can make, the strongest first; none where it is not supported. */
const algorithmsOf: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  // The type's own name means a SHA-1 signature, which nobody should accept any more (RFC 8332).
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/** The key types that can be asked for. */
export const hostKeyTypes: readonly string[] = Object.keys(algorithmsOf);

/** The host-key algorithms to ask for, so that a server with several keys shows one that is known. Without any keys: all. */
export function hostKeyAlgorithms(keys: readonly HostKey[]): string[] {
  const types = new Set(keys.map((key) => key.type));
  return hostKeyTypes.filter((type) => types.size === 0 || types.has(type)).flatMap((type) => algorithmsOf[type] ?? []);
}

/** The fingerprint as OpenSSH writes it: SHA256: and base64 without padding. */
export const fingerprint = (blob: Uint8Array): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;

/** One line as `ssh-keygen -lf` prints it: 256 SHA256:… server1.example.org (ED25519). */
export function describeHostKey(blob: Uint8Array, comment: string): string {
  return `${keyBits(blob)} ${fingerprint(blob)} ${comment} (${keyFamily(keyType(blob))})`;
}

/** The line that a person adds to known_hosts. */
export const knownHostsLine = (host: string, port: number, blob: Uint8Array): string =>
  `${hostName(host, port)} ${keyType(blob)} ${Buffer.from(blob).toString('base64')}`;

/** The type that a blob begins with (RFC 4253, section 6.6); empty where it is no key. */
const keyType = (blob: Uint8Array): string => Buffer.from(fields(blob)[0] ?? []).toString('latin1');

function keyFamily(type: string): string {
  if (type === 'ssh-ed25519') return 'ED25519';
  return type.startsWith('ecdsa-') ? 'ECDSA' : type.replace('ssh-', '').toUpperCase();
}

function keyBits(blob: Uint8Array): number {
  const type = keyType(blob);
  if (type.startsWith('ecdsa-')) return Number(type.slice(-3));
  if (type !== 'ssh-rsa') return 256;
  const modulus = Buffer.from(fields(blob)[2] ?? [])
    .toString('hex')
    .replace(/^(00)+/, '');
  return modulus === '' ? 0 : modulus.length * 4 - Math.clz32(Number.parseInt(modulus.slice(0, 2), 16)) + 24;
}

/** The fields of a blob, each with its length before it; none where they do not fill it exactly. */
function fields(blob: Uint8Array): Uint8Array[] {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const found: Uint8Array[] = [];
  let at = 0;
  while (at + 4 <= blob.length) {
    const length = view.getUint32(at);
    if (at + 4 + length > blob.length) return [];
    found.push(blob.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return at === blob.length ? found : [];
}
