// Certificates for tests: an authority of a test's own and a server certificate signed by it, made by openssl.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { neededPeer } from './peers.ts';

export interface TestCertificate {
  /** Paths of the authority's certificate, the server's certificate and its key. */
  readonly authorityPath: string;
  readonly certificatePath: string;
  readonly keyPath: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes both in that folder, for `localhost` and 127.0.0.1, valid for `days` from now. Needs the peer `openssl`. */
export function makeCertificate(folder: string, days = 30): TestCertificate {
  const at = (name: string): string => join(folder, name);
  const openssl = (...words: string[]): void =>
    void execFileSync(neededPeer('openssl'), words, { stdio: 'pipe', cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '30',
    '-subj',
    '/CN=Test authority',
  );
  openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
  writeFileSync(at('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'server.pem',
    '-days',
    String(days),
    '-extfile',
    'names',
  );
  return {
    authorityPath: at('ca.pem'),
    certificatePath: at('server.pem'),
    keyPath: at('server.key'),
    cert: readFileSync(at('server.pem'), 'utf8'),
    key: readFileSync(at('server.key'), 'utf8'),
  };
}
