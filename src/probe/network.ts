// Does the other side answer, and does it know us? Takes sections of the configuration; leaves a question asked of the X API, server 1's
// SFTP, the mail server and OSF each, and clocks compared. Nothing is changed there but a file that is removed again.
import { join } from 'node:path/posix';
import type { Config, IngestSettings, ShipSettings } from '../config/schema.ts';
import { clockToleranceMs } from '../domain/clock-offset.ts';
import { OperatorError, describeError } from '../domain/operator-error.ts';
import { formatDuration, formatSize } from '../domain/quantity.ts';
import { isCertificateTrouble, readAuthorities } from '../outside/authorities.ts';
import { clockDifference } from '../outside/clock-difference.ts';
import { readSecret } from '../outside/config-file.ts';
import { httpCall } from '../outside/http-call.ts';
import { type MailServer, isWithoutTls, tryMailServer } from '../outside/mail.ts';
import { osfClient } from '../outside/osf.ts';
import { proxyOf } from '../outside/proxy.ts';
import { type FarDisk, openFarDisk } from '../outside/sftp.ts';
import { usualPatience } from '../outside/sftp-connection.ts';
import { FarRefusal } from '../outside/sftp-refusal.ts';
import { readSftpTarget } from '../outside/sftp-target.ts';
import { ApiRefusal, standingConnections } from '../outside/x-api.ts';
import { probeName, probeText } from './disks.ts';
import { Amiss, type Probe } from './probe.ts';

/** The API, asked for this app's connections: that costs no connect of a stream. */
export const apiProbe = (settings: IngestSettings): Probe => ({
  of: 'X API',
  async run() {
    const { api, bearer_token_file, ca_file } = settings;
    const proxy = await proxyOf(settings);
    const token = await readSecret(bearer_token_file, '[ingest] bearer_token_file');
    const authorities = await readAuthorities(ca_file, '[ingest] ca_file');
    try {
      const { length } = await standingConnections({ api, token, proxy, authorities });
      return `${api} answers and knows the token; ${length === 1 ? '1 connection' : `${length} connections`} of this app open now`;
    } catch (cause) {
      throw apiError(api, cause);
    }
  },
});

function apiError(api: string, cause: unknown): OperatorError {
  const error = (code: 'refused' | 'unreachable', message: string, remedy: string): OperatorError =>
    new OperatorError(code, `${api} ${message}`, remedy, { cause });
  const status = cause instanceof ApiRefusal ? cause.status : undefined;
  if (status === 401)
    return error('refused', 'does not know the bearer token (401)', 'Put a valid one into [ingest] bearer_token_file.');
  if (status === 403)
    return error('refused', "refuses this token's app (403)", 'Look at its access tier in the developer portal.');
  if (status === 429)
    return error(
      'unreachable',
      'answers, but was asked too often (429)',
      'Wait a quarter of an hour, and check again.',
    );
  const reason = describeError(cause);
  if (isCertificateTrouble(cause))
    return error(
      'refused',
      `shows a certificate that is not trusted: ${reason}`,
      'If a proxy of your house stands between, name its authority in [ingest] ca_file.',
    );
  return error(
    'unreachable',
    `does not answer as it should: ${reason}`,
    'Look at [ingest] api and proxy, and the network.',
  );
}

/** Server 1 as ship sees it: host key, login, and whether the inbox takes a file and lets it go again. */
export const sftpProbe = (settings: ShipSettings): Probe => ({
  of: 'SFTP to server 1',
  async run({ signal }) {
    const target = await readSftpTarget(settings);
    const { host, port, user, inbox } = settings;
    await using far = await openFarDisk(target, { signal, patience: { ...usualPatience, answerMs: 20_000 } });
    if (!(await isKept(far, inbox)))
      throw new Amiss(`${host}:${port} gives back other bytes than it took`, 'Look at the disk of server 1.');
    const freeBytes = await far.freeBytes(inbox);
    const free = freeBytes === undefined ? '' : `; ${formatSize(freeBytes)} free there`;
    return `${user}@${host}:${port} lets us in, its host key is the known one, ${inbox} can be written${free}`;
  },
});

/** Brings a file, reads it back, removes it. Throws `refused` where the account may not, or finds no room. */
async function isKept(far: FarDisk, inbox: string): Promise<boolean> {
  const path = join(inbox, probeName);
  const bytes = Buffer.from(probeText);
  try {
    // One that was left by a check that was broken off.
    await far.remove(path);
    await far.create(path, bytes);
    const isSame = await far.holds(path, bytes);
    await far.remove(path);
    return isSame;
  } catch (cause) {
    if (!(cause instanceof FarRefusal)) throw cause;
    throw new OperatorError(
      'refused',
      `server 1 lets us in, and takes no file into ${inbox} (${describeError(cause)})`,
      'Look at [ship] inbox, which is the path as that account sees it, and there at its owner, its permissions and the room left.',
      { cause },
    );
  }
}

/** The mail server: connection, TLS, login; no mail is sent. */
export const mailProbe = (smtp: string, server: () => Promise<MailServer>): Probe => ({
  of: 'mail server',
  async run() {
    const found = await server();
    await tryMailServer(found);
    const way = isWithoutTls(found) ? 'without TLS, on this machine' : 'over TLS, its certificate is trusted';
    return `${new URL(smtp).host} answers ${way}; ${found.user === undefined ? 'no login is configured' : `it knows ${found.user}`}`;
  },
});

/** OSF: is the token valid, may it write into the project, is the storage there? */
export const osfProbe = (settings: NonNullable<Config['osf']>): Probe => ({
  of: 'OSF',
  async run({ clock, signal }) {
    const token = await readSecret(settings.token_file, '[osf] token_file');
    const osf = osfClient({ ...settings, token, call: httpCall, pace: async () => {}, now: clock.now, signal });
    const rights = await osf.permissions();
    if (!rights.includes('write')) {
      const found = rights.length === 0 ? 'none' : rights.join(', ');
      throw new OperatorError(
        'refused',
        `the token has no right to write into ${settings.project} (rights: ${found})`,
        'Give its account write permission on the project, and the token the scope osf.full_write.',
      );
    }
    await osf.root();
    return `the token may write into ${settings.project}, ${settings.storage}`;
  },
});

export interface ClockProbeSetting {
  readonly url: string;
  readonly proxy?: string | undefined;
  readonly proxy_password_file?: string | undefined;
  readonly ca_file?: string | undefined;
}

/** This machine's clock by the answer of another one, which need not know us. */
export const clockProbe = ({ url, ca_file, ...way }: ClockProbeSetting): Probe => ({
  of: 'clock',
  async run({ clock, signal }) {
    const { host } = new URL(url);
    const proxy = await proxyOf(way);
    const authorities = await readAuthorities(ca_file, '[ingest] ca_file');
    const aheadMs = await clockDifference({ url, proxy, authorities }, { clock, signal, call: httpCall });
    if (aheadMs === undefined) return `${host} says nothing about the time`;
    const off = formatDuration(Math.abs(aheadMs));
    if (Math.abs(aheadMs) <= clockToleranceMs) return `agrees with ${host}${aheadMs === 0 ? '' : ` within ${off}`}`;
    throw new Amiss(
      `this machine's clock is ${off} ${aheadMs > 0 ? 'ahead of' : 'behind'} ${host}`,
      'Look at its time service: timedatectl status.',
    );
  },
});
