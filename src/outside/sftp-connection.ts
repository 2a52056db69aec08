// Connecting by SSH to an account's SFTP. Takes a host, an account, a key and known_hosts; leaves a connection, or a sentence
// that says why there is none. No host is trusted but by known_hosts: ssh2 by itself would trust all.
import { connect as connectSocket } from 'node:net';
import SftpClient from 'ssh2-sftp-client';
import {
  hostKeyAlgorithms,
  type HostKeyVerdict,
  judgeHostKey,
  knownHost,
  parseKnownHosts,
} from '../domain/known-hosts.ts';
import { prepareCiphers, saveWork } from './sftp-economy.ts';
import { openConnection, type SftpConnection, type SftpPatience } from './sftp-line.ts';
import { connectError, hostKeyRefusal, reasonOf, type SftpTarget } from './sftp-trouble.ts';

export const usualPatience: SftpPatience = { connectMs: 20_000, keepAliveMs: 5000, answerMs: 60_000 };

export interface SftpOptions {
  /** Breaks the connecting off. */
  readonly signal: AbortSignal;
  readonly patience?: SftpPatience;
  /** Called at each answer of the far side: a sign that the work goes on, however slow the link. */
  readonly onAnswer?: () => void;
}

/** Connects and logs in. Throws OperatorError `unreachable`, `refused` or, for a key that cannot be used, `config-invalid`. */
export async function connectSftp(
  target: SftpTarget,
  { signal, patience = usualPatience, onAnswer = () => {} }: SftpOptions,
): Promise<SftpConnection> {
  signal.throwIfAborted();
  const known = knownHost(parseKnownHosts(target.knownHosts), target.host, target.port);
  if (known.trusted.length === 0) throw hostKeyRefusal(judgeHostKey(known, new Uint8Array()), target);
  const socket = connectSocket({ host: target.host, port: target.port, noDelay: true });
  const onAbort = (): void => void socket.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  const seen: { verdict?: HostKeyVerdict; key?: Buffer; reason?: string } = {};
  const noteReason = (error: unknown): void => void (seen.reason ??= reasonOf(error));
  // The library's own limit ends at the login; a server may fall silent before it starts SFTP.
  const timer = setTimeout(() => socket.destroy(new Error('it took too long to log in')), patience.connectMs);
  socket.on('error', noteReason);
  saveWork(socket);
  const client = new SftpClient('streamvault', { error: noteReason, end: () => {}, close: () => {} });
  client.on('handshake', () => prepareCiphers(client, socket));
  try {
    const sftp = await client.connect({
      // A socket of ours: without setNoDelay ssh2 moves 2 MiB/s on loopback, and the library leaves the socket of a try that failed open.
      sock: socket,
      username: target.user,
      privateKey: target.privateKey,
      ...(target.passphrase !== undefined && { passphrase: target.passphrase }),
      readyTimeout: 0,
      // Off by default: a put then hangs for ever on a link that swallows everything.
      keepaliveInterval: patience.keepAliveMs,
      keepaliveCountMax: 3,
      algorithms: { serverHostKey: hostKeyAlgorithms(known.trusted) as never },
      hostVerifier: (key: Buffer) => {
        seen.key = key;
        seen.verdict = judgeHostKey(known, key);
        return seen.verdict === 'trusted';
      },
    });
    return openConnection({ client, sftp, socket, target, patience, onAnswer, reason: () => seen.reason });
  } catch (cause) {
    socket.destroy();
    signal.throwIfAborted();
    if (seen.verdict !== undefined && seen.verdict !== 'trusted') throw hostKeyRefusal(seen.verdict, target, seen.key);
    throw connectError(cause, target, known);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
