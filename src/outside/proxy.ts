// The proxy on the way out, with the credentials that it wants. Takes the settings; leaves an address that may hold a password:
// it goes to a connection and nowhere else, never into a log, an error or an archive.
import { HttpsProxyAgent } from 'https-proxy-agent';
import type { IngestSettings } from '../config/schema.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { readSecret } from './config-file.ts';

/** The address, the password in it where a file of one is named. Throws OperatorError `config-invalid` where that cannot be read. */
export async function proxyOf({
  proxy,
  proxy_password_file: file,
}: Partial<Pick<IngestSettings, 'proxy' | 'proxy_password_file'>>): Promise<string | undefined> {
  if (proxy === undefined || file === undefined) return proxy;
  const url = new URL(proxy);
  if (url.username === '')
    throw new OperatorError(
      'config-invalid',
      '[ingest] proxy_password_file is given, but [ingest] proxy names no user.',
      'Write the proxy as http://NAME@HOST:PORT.',
    );
  url.password = encodeURIComponent(await readSecret(file, 'ingest.proxy_password_file'));
  return url.href;
}

/** An agent that asks the proxy for a tunnel. Its address is given without the password: the agent tells it under `DEBUG`. */
export function proxyAgent(proxy: string, trust: { ca?: string[] } = {}): HttpsProxyAgent<string> {
  const url = new URL(proxy);
  const headers = proxyHeaders(url);
  url.username = '';
  url.password = '';
  return new HttpsProxyAgent(url.href, { keepAlive: false, headers, ...trust });
}

/** What a proxy is told of who asks (RFC 7617); nothing where its address names no user. */
export function proxyHeaders({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { 'Proxy-Authorization': `Basic ${credentials.toString('base64')}` };
}

/** What must not be said of a proxy's address, in every form in which it is written or sent. */
export function proxySecrets(proxy: string | undefined): string[] {
  const url = new URL(proxy ?? 'http://none');
  const [, sent = ''] = proxyHeaders(url)['Proxy-Authorization']?.split(' ') ?? [];
  return url.password === '' ? [] : [url.password, decodeURIComponent(url.password), sent];
}
