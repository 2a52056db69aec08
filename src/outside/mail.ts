// Mail: hands letters to one SMTP server, over TLS, with a login where one is configured.
// Takes the server's address and letters; leaves letters taken by the server, or a sentence that says what stands in the way.
import { createTransport } from 'nodemailer';
import { OperatorError, describeError } from '../domain/operator-error.ts';
import { isCertificateTrouble } from './authorities.ts';

export interface MailServer {
  /**
   * `smtp://host:587` (STARTTLS) or `smtps://host:465` (TLS from the start). Wherever TLS is used the certificate is checked. Only
   * `smtp://` to this very machine, without `authorities`, goes without TLS: nobody stands in between.
   */
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

/** Is it spoken to in the clear? A mail server on this machine often has no certificate that anybody vouches for: an authority must be named for it to be checked. */
export function isWithoutTls({ smtp, authorities }: MailServer): boolean {
  const { protocol, hostname } = new URL(smtp);
  return protocol !== 'smtps:' && loopback.test(hostname) && authorities === undefined;
}

function transport(server: MailServer) {
  const { smtp, user, password, authorities } = server;
  const url = new URL(smtp);
  const isSecure = url.protocol === 'smtps:';
  const isPlain = isWithoutTls(server);
  return createTransport({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (isSecure ? 465 : 587) : Number(url.port),
    secure: isSecure,
    requireTLS: !isSecure && !isPlain,
    ignoreTLS: isPlain,
    // A server's own certificate will do as its authority: small mail servers have one that nobody else vouches for.
    tls: {
      rejectUnauthorized: true,
      ...(authorities !== undefined && { ca: [...authorities], allowPartialTrustChain: true }),
    },
    // Forced: where no login is offered the library would go on without one, and call it a success.
    ...(user !== undefined && { auth: { user, pass: password ?? '' }, forceAuth: true }),
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
  readonly responseCode?: number;
}

/** What stands in the way, told from what the mail library says of it. `reason` is its message. */
function troubleOf(server: MailServer, cause: unknown, reason: string): MailTrouble | 'no-tls' | 'tls-wanted' {
  const { code = '', command = '', responseCode } = cause as SmtpFacts;
  // RFC 4954: 535 for a login that is wrong, others where it is not taken (yet); RFC 3207: 530 with words like these.
  const isNotOffered = code === 'ENOAUTH' || (code === 'EAUTH' && responseCode !== 535);
  const wantsTls = isNotOffered || /TLS|encrypt/i.test(reason);
  if (isWithoutTls(server) && wantsTls) return 'tls-wanted';
  if (code === 'EAUTH' || code === 'ENOAUTH') return 'login';
  if (isCertificateTrouble(cause)) return 'certificate';
  if (code === 'ETLS' || command === 'STARTTLS') return 'no-tls';
  return code === 'EENVELOPE' || code === 'EMESSAGE' ? 'letter' : 'unreachable';
}

interface Sentence {
  readonly message: string;
  readonly remedy: string;
}

function mailError(server: MailServer, cause: unknown, receiver = ''): MailError {
  const reason = describeError(cause);
  const the = `The mail server ${new URL(server.smtp).host}`;
  const sentences: Readonly<Record<ReturnType<typeof troubleOf>, Sentence>> = {
    login: {
      message: `${the} does not accept the login of ${server.user ?? 'nobody'}: ${reason}`,
      remedy: 'Look at [mail] user and password_file; the file is read again at each try.',
    },
    certificate: {
      message: `${the} shows a certificate that is not trusted: ${reason}`,
      remedy: 'Give its authority as [mail] ca_file, or have the server renew its certificate.',
    },
    'no-tls': {
      message: `${the} does not secure the connection: ${reason}`,
      remedy: 'Use a port with STARTTLS (smtp://…:587) or TLS (smtps://…:465).',
    },
    'tls-wanted': {
      message: `${the} wants TLS, which is not used on this machine unless its certificate can be checked: ${reason}`,
      remedy: 'Give its authority, or the certificate itself, as [mail] ca_file.',
    },
    letter: {
      message: `${the} does not take this mail for ${receiver}: ${reason}`,
      remedy: 'Look at [mail] from and to, and ask those who run the server.',
    },
    unreachable: {
      message: `${the} cannot be reached: ${reason}`,
      remedy: 'Look whether it runs, and at [mail] smtp.',
    },
  };
  const trouble = troubleOf(server, cause, reason);
  const kind = trouble === 'no-tls' || trouble === 'tls-wanted' ? 'certificate' : trouble;
  return new MailError(kind, sentences[trouble], cause);
}
