// Whom to trust: the well-known certificate authorities, and one's own beside them.
// Takes a PEM file's path; leaves the list that TLS connections are given. Knows the errors of a certificate that is refused.
import { rootCertificates } from 'node:tls';
import { OperatorError, describeError } from '../domain/operator-error.ts';
import { readTrusted } from './config-file.ts';

/** The well-known authorities and those in the file; undefined (Node's own choice) where no file is named. `key` for the message. */
export async function readAuthorities(path: string | undefined, key: string): Promise<string[] | undefined> {
  if (path === undefined) return undefined;
  try {
    return [...rootCertificates, await readTrusted(path, key)];
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    throw new OperatorError(
      'config-invalid',
      `${path} (${key}) cannot be read: ${describeError(cause)}`,
      'Name a readable file with PEM certificates.',
      { cause },
    );
  }
}

/** OpenSSL's and Node's codes for a certificate that is out of date, of another name, or of nobody known. */
const certificateCodes =
  /^(CERT_|ERR_TLS_CERT_|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED)/;

/** Was a TLS connection given up because of the other side's certificate? Looks at the causes of the error as well. */
export function isCertificateTrouble(error: unknown): boolean {
  for (let one = error, depth = 0; one instanceof Error && depth < 8; one = one.cause, depth++) {
    const codes = [Reflect.get(one, 'code'), Reflect.get(one, 'originalCode')].map(String);
    if (codes.some((code) => certificateCodes.test(code)) || certificateCodes.test(one.message)) return true;
  }
  return false;
}
