// The three ways to people: mail, the operator's command, the webhook.
// Takes the settings of [mail] and [alerts]; leaves ways that the delivery uses. Secrets and certificates are read at each use.
import type { Config } from '../config/schema.ts';
import type { Message } from '../domain/message.ts';
import { describeError } from '../domain/operator-error.ts';
import { productName, productVersion } from '../domain/product.ts';
import { readAuthorities } from '../outside/authorities.ts';
import { readSecret } from '../outside/config-file.ts';
import type { HttpCall } from '../outside/http-call.ts';
import { type Letter, type MailServer, MailError, sendLetter } from '../outside/mail.ts';
import { runCommand } from '../outside/run-command.ts';
import { NotDelivered, type Way } from './deliver.ts';

export type MailSettings = NonNullable<Config['mail']>;

const commandLimitMs = 60_000;
const webhookIdleMs = 30_000;

/** The ways that the configuration names; none of them is tried here. */
export function configuredWays({ mail, alerts }: Pick<Config, 'mail' | 'alerts'>, call: HttpCall): Way[] {
  return [
    ...(mail ? [mailWay(mail)] : []),
    ...(alerts.command === undefined ? [] : [commandWay(alerts.command)]),
    ...(alerts.webhook === undefined ? [] : [webhookWay(alerts.webhook, call)]),
  ];
}

/** The mail server as it is configured now: a password or authority that was replaced counts from the next letter on. */
export async function mailServerOf(mail: MailSettings): Promise<MailServer> {
  return {
    smtp: mail.smtp,
    user: mail.user,
    password:
      mail.password_file === undefined ? undefined : await readSecret(mail.password_file, '[mail] password_file'),
    authorities: await readAuthorities(mail.ca_file, '[mail] ca_file'),
  };
}

/** `<id@the sender's domain>`, without the brackets. */
const messageIdOf = (id: string, from: string): string => `${id}@${/@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost'}`;

export function letterOf(message: Message, mail: Pick<MailSettings, 'from' | 'to'>): Letter {
  return {
    from: mail.from,
    to: mail.to,
    subject: message.subject,
    text: message.text,
    html: message.html,
    attachments: message.attachments,
    sentMs: message.atMs,
    messageId: messageIdOf(message.id, mail.from),
    inReplyTo: message.answers === undefined ? undefined : messageIdOf(message.answers, mail.from),
  };
}

function mailWay(mail: MailSettings): Way {
  return {
    way: 'mail',
    receivers: mail.to,
    async deliver(message, receiver) {
      try {
        await sendLetter(await mailServerOf(mail), letterOf(message, mail), receiver);
      } catch (cause) {
        const isLetter = cause instanceof MailError && cause.trouble === 'letter';
        throw new NotDelivered(isLetter ? 'message' : 'way', describeError(cause), { cause });
      }
    },
  };
}

/** What commands and webhooks get. `text` is the key that chat services show. */
const jsonOf = ({ id, name, atMs, subject, text, data }: Message): string =>
  `${JSON.stringify({ text: `${subject}\n${text}`, subject, id, name, at: new Date(atMs).toISOString(), ...data })}\n`;

function commandWay(command: string): Way {
  return {
    way: 'command',
    receivers: ['command'],
    async deliver(message) {
      const ending = await runCommand(command, { input: jsonOf(message), limitMs: commandLimitMs }).catch(
        (cause: unknown) => {
          throw new NotDelivered('way', `[alerts] command cannot be run: ${describeError(cause)}`, { cause });
        },
      );
      if (ending.exitCode === 0) return;
      const how =
        ending.exitCode === null
          ? `did not end within ${commandLimitMs / 1000} s`
          : `ended with status ${ending.exitCode}`;
      throw new NotDelivered('message', `[alerts] command ${how}${ending.stderr === '' ? '.' : `: ${ending.stderr}`}`);
    },
  };
}

function webhookWay(webhook: string, call: HttpCall): Way {
  const headers = { 'Content-Type': 'application/json', 'User-Agent': `${productName}/${productVersion}` };
  return {
    way: 'webhook',
    receivers: ['webhook'],
    async deliver(message, _receiver, signal) {
      const body = jsonOf(message);
      const request = {
        method: 'POST',
        url: webhook,
        headers: { ...headers, 'Idempotency-Key': message.id },
        body,
        idleMs: webhookIdleMs,
        signal,
      } as const;
      const { status } = await call(request).catch((cause: unknown) => {
        throw new NotDelivered('way', `[alerts] webhook cannot be reached: ${describeError(cause)}`, { cause });
      });
      if (status >= 200 && status < 300) return;
      const isThisMessage = status >= 400 && status < 500 && ![401, 403, 404, 407, 408, 429].includes(status);
      throw new NotDelivered(isThisMessage ? 'message' : 'way', `[alerts] webhook answered with status ${status}.`);
    },
  };
}
