// The line of one SFTP connection. Takes a client that is logged in; leaves requests that always end: with their answer, with a
// refusal, or because the connection is gone, which is noticed on links that swallow everything as well.
import type { Socket } from 'node:net';
import type { SFTPWrapper } from 'ssh2';
import type SftpClient from 'ssh2-sftp-client';
import { hostName } from '../domain/known-hosts.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { isNotOffered, statusOf } from './sftp-refusal.ts';
import type { Ask } from './sftp-transfer.ts';
import { reasonOf, type SftpTarget } from './sftp-trouble.ts';

/** Waits of the network, in milliseconds of real time, whatever clock the rest goes by. */
export interface SftpPatience {
  /** For the connection, the handshake and the login together. */
  readonly connectMs: number;
  /** A keep-alive each of these; the link is given up when the third has no answer. */
  readonly keepAliveMs: number;
  /** For the answer to one request (of 255 KiB at most), where the connection itself is alive. */
  readonly answerMs: number;
}

export interface SftpConnection {
  readonly sftp: SFTPWrapper;
  readonly ask: Ask;
  /** The same for a call of ssh2-sftp-client: its promises may never settle once the connection is gone. */
  readonly guard: <T>(work: Promise<T>) => Promise<T>;
  readonly client: SftpClient;
  /** Aborts, with the reason, when the connection is gone. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

const closeMs = 500;

export interface Opened {
  readonly client: SftpClient;
  readonly sftp: SFTPWrapper;
  readonly socket: Socket;
  readonly target: SftpTarget;
  readonly patience: SftpPatience;
  /** What was the last error, if any. */
  reason(): string | undefined;
  /** Called at each answer of the far side. */
  onAnswer(): void;
}

/** Watches over a connection from now on: whatever ends it, ends every request. */
export function openConnection(opened: Opened): SftpConnection {
  const { client, sftp, socket, target, patience, reason } = opened;
  const lost = new AbortController();
  const lose = (why: string): void => {
    if (!lost.signal.aborted) lost.abort(brokenLine(target, why));
    socket.destroy();
  };
  socket.once('close', () => lose(reason() ?? 'it was closed from there'));
  // Told by ssh2 of answers that make no sense.
  sftp.on('error', (error: unknown) => lose(reasonOf(error)));
  sftp.on('close', () => lose(reason() ?? 'the SFTP server there ended'));
  const guard = guardBy(lost.signal, {
    afterMs: patience.answerMs,
    give: lose,
    onAnswer: opened.onAnswer,
  });
  // ssh2 throws at once where a server does not offer an extension: inside the promise, so that it rejects.
  const ask: Ask = (send) =>
    guard(new Promise((resolve, reject) => send((error, value) => (error ? reject(error as Error) : resolve(value)))));
  return { client, sftp, ask, guard, lost: lost.signal, close: () => endConnection(client, socket) };
}

const brokenLine = (target: SftpTarget, why: string): OperatorError =>
  new OperatorError(
    'unreachable',
    `The connection to ${hostName(target.host, target.port)} broke (${why}); what was not proven there is still in the spool.`,
    'Nothing needs doing: it is tried again. If it goes on, look at the network and at sshd there.',
  );

interface Waiting {
  readonly afterMs: number;
  /** Gives the connection up. */
  give(why: string): void;
  onAnswer(): void;
}

/** Makes promises settle: with the signal's reason when it aborts, and gives the connection up when that takes too long. */
function guardBy(lost: AbortSignal, { afterMs, give, onAnswer }: Waiting): SftpConnection['guard'] {
  return (work) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => give(`no answer within ${afterMs / 1000} s`), afterMs);
      const settle = (end: () => void): void => {
        clearTimeout(timer);
        lost.removeEventListener('abort', onLost);
        end();
      };
      const onLost = (): void => settle(() => reject(lost.reason as Error));
      work.then(
        (value) => {
          onAnswer();
          settle(() => resolve(value));
        },
        (error: unknown) => {
          // The libraries may hear of the end before this does, and say it each in its own words.
          if (!isAnswer(error)) return give(reasonOf(error));
          onAnswer();
          settle(() => reject(error as Error));
        },
      );
      if (lost.aborted) onLost();
      else lost.addEventListener('abort', onLost, { once: true });
    });
}

/** Is this error what the server answered (a status), or did not offer in the first place? */
const isAnswer = (error: unknown): boolean => typeof statusOf(error) === 'number' || isNotOffered(error);

/** Says goodbye, and does not wait long for the answer. */
async function endConnection(client: SftpClient, socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  client.end().catch(() => {});
  const timer = setTimeout(() => socket.destroy(), closeMs);
  await closed;
  clearTimeout(timer);
}
