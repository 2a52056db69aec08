// A real SMTP server of Debian's (exim4) on loopback: STARTTLS is obligatory, then a login, then it delivers into a maildir.
// Exim takes a configuration of one's own only from root, so its tests need root.
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestCertificate } from './certificate.ts';
import { freePort } from './mail-server.ts';
import { neededPeer } from './peers.ts';
import { until } from './until.ts';

export interface RealExim extends AsyncDisposable {
  readonly port: number;
  /** Mails delivered so far, whole. */
  mails(): string[];
}

const account = 'Debian-exim';

function configuration(folder: string, port: number, login: { user: string; password: string }): string {
  return `
primary_hostname = localhost
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
spool_directory = ${folder}/spool
log_file_path = ${folder}/%slog
pid_file_path = ${folder}/pid
keep_environment =
tls_advertise_hosts = *
tls_certificate = ${folder}/server.pem
tls_privatekey = ${folder}/server.key
auth_advertise_hosts = \${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = check
acl_smtp_data = accept
begin acl
check:
  deny message = TLS and a login are obligatory here
       !authenticated = *
  accept
accept:
  accept
begin routers
all:
  driver = accept
  transport = keep
begin transports
keep:
  driver = appendfile
  directory = ${folder}/mail
  maildir_format
  create_directory
  user = ${account}
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{$auth2}{${login.user}}}{eq{$auth3}{${login.password}}}}}
  server_set_id = $auth2
`;
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

/** Starts it in that folder, with that certificate and login. Needs the peer `exim4`, and root. */
export async function startExim(
  folder: string,
  { certificate, login }: { certificate: TestCertificate; login: { user: string; password: string } },
): Promise<RealExim> {
  const home = join(folder, 'exim');
  const port = await freePort();
  mkdirSync(home);
  chmodSync(folder, 0o755);
  copyFileSync(certificate.certificatePath, join(home, 'server.pem'));
  copyFileSync(certificate.keyPath, join(home, 'server.key'));
  execFileSync('chown', ['-R', account, home]);
  writeFileSync(join(home, 'exim.conf'), configuration(home, port, login), { mode: 0o644 });
  const exim = spawn(neededPeer('exim4'), ['-C', join(home, 'exim.conf'), '-bdf'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => exim.once('exit', resolve));
  await until('exim listens', () => isListening(port));
  const inbox = join(home, 'mail', 'new');
  return {
    port,
    mails: () => (existsSync(inbox) ? readdirSync(inbox).map((name) => readFileSync(join(inbox, name), 'utf8')) : []),
    async [Symbol.asyncDispose]() {
      exim.kill('SIGKILL');
      await ended;
    },
  };
}
