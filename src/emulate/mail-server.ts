// A stand-in for an SMTP server: takes mail on loopback, with or without TLS and login, and can be told to misbehave.
// Leaves what it has taken, each letter with its Message-ID, its subject and the receivers of its envelope.
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface TakenLetter {
  readonly messageId: string;
  readonly subject: string;
  readonly receivers: readonly string[];
  /** Did it come over TLS? */
  readonly isSecure: boolean;
  /** The whole message as it came. */
  readonly source: string;
}

export interface StandInMailServer extends AsyncDisposable {
  readonly port: number;
  readonly taken: TakenLetter[];
  /** What is answered to a receiver: undefined takes it. */
  refuse: (receiver: string) => { code: number; text: string } | undefined;
}

export interface StandInSetting {
  readonly login?: { readonly user: string; readonly password: string };
  readonly certificate?: { readonly key: string; readonly cert: string };
  /** TLS from the start rather than STARTTLS. */
  readonly isSecure?: boolean;
  readonly port?: number;
}

/** A header's value; one that goes over several lines in one (RFC 5322, 2.2.3). */
function headerOf(source: string, name: string): string {
  const headers = source.slice(0, source.indexOf('\r\n\r\n')).replaceAll(/\r\n(?=[ \t])/g, '');
  return new RegExp(`^${name}: (.*)$`, 'im').exec(headers)?.[1]?.trim() ?? '';
}

function options({ login, certificate, isSecure }: StandInSetting, server: () => StandInMailServer): SMTPServerOptions {
  return {
    secure: isSecure ?? false,
    ...certificate,
    disabledCommands: [...(certificate ? [] : ['STARTTLS']), ...(login ? [] : ['AUTH'])],
    authOptional: login === undefined,
    allowInsecureAuth: certificate === undefined,
    logger: false,
    closeTimeout: 200,
    onAuth(auth, _session, answer) {
      const isRight = auth.username === login?.user && auth.password === login?.password;
      answer(isRight ? null : new Error('Wrong user or password'), isRight ? { user: auth.username ?? '' } : undefined);
    },
    onRcptTo(address, _session, answer) {
      const refusal = server().refuse(address.address);
      answer(refusal ? Object.assign(new Error(refusal.text), { responseCode: refusal.code }) : null);
    },
    onData(stream, session, answer) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const source = Buffer.concat(chunks).toString();
        const receivers = session.envelope.rcptTo.map(({ address }) => address);
        const [messageId, subject] = [headerOf(source, 'Message-ID'), headerOf(source, 'Subject')];
        server().taken.push({ messageId, subject, receivers, isSecure: session.secure, source });
        answer(null);
      });
    },
  };
}

/** Takes mail on that port of loopback, or on any free one. */
export async function startMailServer(setting: StandInSetting = {}): Promise<StandInMailServer> {
  const smtp = new SMTPServer(options(setting, () => standIn));
  smtp.on('error', () => {});
  await new Promise<void>((resolve) => smtp.listen(setting.port ?? 0, '127.0.0.1', () => resolve()));
  const standIn: StandInMailServer = {
    port: (smtp.server.address() as AddressInfo).port,
    taken: [],
    refuse: () => undefined,
    [Symbol.asyncDispose]: () => new Promise((resolve) => smtp.close(() => resolve())),
  };
  return standIn;
}
