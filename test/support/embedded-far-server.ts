// The embedded SFTP server as a far server of a test: the same shape as a real sshd, with its faults within reach.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SftpServer, startSftpServer } from '../../src/emulate/sftp-server.ts';
import { systemClock } from '../../src/outside/clock.ts';
import type { FarServer } from './real-sshd.ts';
import { newKeyPair } from '../../src/emulate/key-pair.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface EmbeddedFarServer extends FarServer {
  readonly sftp: SftpServer;
}

/** Writes a new private key, and its public half beside it; leaves the path of the private one. */
export function makeKeyPair(folder: string): string {
  const { private: secret, public: open } = newKeyPair();
  const path = join(folder, 'user_key');
  writeFileSync(path, secret, { mode: 0o600 });
  writeFileSync(`${path}.pub`, `${open}\n`);
  return path;
}

export async function startEmbeddedServer(): Promise<EmbeddedFarServer> {
  const folder = temporaryFolder();
  const identity = makeKeyPair(folder);
  mkdirSync(join(folder, 'served/inbox'), { recursive: true });
  const sftp = await startSftpServer({
    folder: join(folder, 'served'),
    clock: systemClock(),
    authorizedKeys: [readFileSync(`${identity}.pub`, 'utf8')],
  });
  const knownHosts = join(folder, 'known_hosts');
  writeFileSync(knownHosts, `${sftp.knownHosts}\n`);
  return {
    sftp,
    host: sftp.host,
    port: sftp.port,
    user: 'streamvault',
    knownHosts,
    identity,
    inbox: '/inbox',
    inboxFolder: join(folder, 'served/inbox'),
    [Symbol.asyncDispose]: sftp.close,
  };
}
