// Mail: hands letters to one SMTP server, over TLS, with a login where one is configured.
// Takes the server's address and letters; leaves letters taken by the server, or a sentence that says what stands in the way.
import { createTransport } from 'nodemailer';
import { OperatorError, describeError } from '../domain/operator-error.ts';
import { isCertificateTrouble } from './authorities.ts';

export interface MailServer {
  /** `smtp://host:587` (STARTTLS) or `smtps://host:465` (TLS from the start). */
  readonly smtp: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** PEM certificates of authorities to trust; undefined: the well-known ones. */
  readonly authorities?: readonly string[] | undefined;
}

/** `messageId` and `inReplyTo` without angle brackets. */
export interface Letter {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html?: string | undefined;
  readonly attachments?: readonly { readonly name: string; readonly text: string }[] | undefined;
  readonly sentMs: number;
  readonly messageId: string;
  readonly inReplyTo?: string | undefined;
}

export type MailTrouble = 'unreachable' | 'certificate' | 'login' | 'letter';

/** `trouble` says what stands in the way: the server, its certificate, the login, or only this letter (its sender, receiver, size). */
export class MailError extends OperatorError {
  readonly trouble: MailTrouble;

  constructor(trouble: MailTrouble, sentence: { message: string; remedy: string }, cause: unknown) {
    super(trouble === 'unreachable' ? 'unreachable' : 'refused', sentence.message, sentence.remedy, { cause });
    this.trouble = trouble;
  }
}

/** Waits of the network in milliseconds of real time. */
const connectMs = 20_000;
const answerMs = 60_000;

const loopback = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i;

function transport({ smtp, user, password, authorities }: MailServer) {
  const url = new URL(smtp);
  const isSecure = url.protocol === 'smtps:';
  // A mail server on this very machine often has no certificate that anybody vouches for, and nobody stands in between.
  const isTrusted = !isSecure && loopback.test(url.hostname) && authorities === undefined;
  return createTransport({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (isSecure ? 465 : 587) : Number(url.port),
    secure: isSecure,
    requireTLS: !isSecure && !isTrusted,
    tls: { rejectUnauthorized: !isTrusted, ...(authorities !== undefined && { ca: [...authorities] }) },
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: answerMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** Hands a letter over for one receiver. Resolves when the server has taken it (its 250); throws MailError. */
export async function sendLetter(server: MailServer, letter: Letter, receiver: string): Promise<void> {
  const mailer = transport(server);
  try {
    await mailer.sendMail({
      envelope: { from: letter.from, to: [receiver] },
      from: letter.from,
      to: [...letter.to],
      subject: letter.subject,
      text: letter.text,
      ...(letter.html !== undefined && { html: letter.html }),
      ...(letter.attachments && {
        attachments: letter.attachments.map(({ name, text }) => ({ filename: name, content: text })),
      }),
      date: new Date(letter.sentMs),
      messageId: `<${letter.messageId}>`,
      ...(letter.inReplyTo !== undefined && {
        inReplyTo: `<${letter.inReplyTo}>`,
        references: `<${letter.inReplyTo}>`,
      }),
      // RFC 3834: answering machines keep silent.
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
  } catch (cause) {
    throw mailError(server, cause, receiver);
  } finally {
    mailer.close();
  }
}

/** Connects, secures the connection, logs in, and leaves again without a letter; throws MailError. */
export async function tryMailServer(server: MailServer): Promise<void> {
  const mailer = transport(server);
  try {
    await mailer.verify();
  } catch (cause) {
    throw mailError(server, cause);
  } finally {
    mailer.close();
  }
}

interface SmtpFacts {
  readonly code?: string;
  readonly command?: string;
}

function mailError({ smtp, user }: MailServer, cause: unknown, receiver = ''): MailError {
  const { code = '', command = '' } = cause as SmtpFacts;
  const reason = describeError(cause);
  const host = new URL(smtp).host;
  if (code === 'EAUTH' || code === 'ENOAUTH')
    return new MailError(
      'login',
      {
        message: `The mail server ${host} does not accept the login of ${user ?? 'nobody'}: ${reason}`,
        remedy: 'Look at [mail] user and password_file; the file is read again at each try.',
      },
      cause,
    );
  if (isCertificateTrouble(cause))
    return new MailError(
      'certificate',
      {
        message: `The certificate of the mail server ${host} is not trusted: ${reason}`,
        remedy: 'Give its authority as [mail] ca_file, or have the server renew its certificate.',
      },
      cause,
    );
  if (code === 'ETLS' || command === 'STARTTLS')
    return new MailError(
      'certificate',
      {
        message: `The mail server ${host} does not secure the connection: ${reason}`,
        remedy: 'Use a port with STARTTLS (smtp://…:587) or TLS (smtps://…:465).',
      },
      cause,
    );
  if (code === 'EENVELOPE' || code === 'EMESSAGE')
    return new MailError(
      'letter',
      {
        message: `The mail server ${host} does not take this mail for ${receiver}: ${reason}`,
        remedy: 'Look at [mail] from and to, and ask those who run the server.',
      },
      cause,
    );
  return new MailError(
    'unreachable',
    {
      message: `The mail server ${host} cannot be reached: ${reason}`,
      remedy: 'Look whether it runs, and at [mail] smtp.',
    },
    cause,
  );
}
