// The host keys that a server shows, for the first set-up. Takes host and port; leaves the keys, having trusted none of them:
// each handshake is broken off before anything of ours is said.
import { connect } from 'node:net';
import ssh2 from 'ssh2';
import { hostKeyAlgorithms, hostKeyTypes, hostName } from '../domain/known-hosts.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { reasonOf } from './sftp-trouble.ts';

/** Blobs of all host keys that the server has. Throws OperatorError `unreachable`. */
export async function fetchHostKeys(
  { host, port }: { host: string; port: number },
  { signal, mostMs = 20_000 }: { signal: AbortSignal; mostMs?: number },
): Promise<Buffer[]> {
  const keys: Buffer[] = [];
  for (const type of hostKeyTypes) {
    const shown = await fetchHostKey({ host, port, type }, AbortSignal.any([signal, AbortSignal.timeout(mostMs)]));
    if (shown) keys.push(shown);
  }
  return keys;
}

function fetchHostKey(
  { host, port, type }: { host: string; port: number; type: string },
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const socket = connect({ host, port, noDelay: true });
  const client = new ssh2.Client();
  const fetched = new Promise<Buffer | undefined>((resolve, reject) => {
    client.on('error', (error) => {
      if (error.message.includes('no matching host key format')) return resolve(undefined);
      reject(
        new OperatorError(
          'unreachable',
          `${hostName(host, port)} showed no host key (${reasonOf(error)}).`,
          'Look whether it runs, and whether host and port under [ship] are right.',
          { cause: error },
        ),
      );
    });
    signal.addEventListener('abort', () => socket.destroy(new Error('it took too long')), { once: true });
    client.connect({
      sock: socket,
      username: 'nobody',
      readyTimeout: 0,
      algorithms: { serverHostKey: hostKeyAlgorithms([{ type, blob: new Uint8Array() }]) as never },
      hostVerifier: (key: Buffer) => {
        resolve(key);
        return false;
      },
    });
  });
  return fetched.finally(() => socket.destroy());
}
