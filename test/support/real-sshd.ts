// A real OpenSSH server of a test's own: its configuration, port, host keys and accounts' keys in a temporary folder.
// Takes lines of configuration to add; leaves a server on loopback that lets the user who runs the tests in, by key.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { neededPeer } from './peers.ts';
import { atExit, temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

export interface FarServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Paths of files. */
  readonly knownHosts: string;
  readonly identity: string;
  /** As the account sees it, and as this machine does. */
  readonly inbox: string;
  readonly inboxFolder: string;
}

export interface RealSshd extends FarServer {
  /** The folder of the keys and the configuration. */
  readonly folder: string;
  readonly pid: number;
  /** Ends the listener and all its sessions by SIGKILL, then starts it again on the same port. */
  killAndRestart(): Promise<void>;
  /** SIGKILL to all, without a restart; `start` brings it back. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface SshdSetting {
  /** Lines added to sshd_config, before any Match block. */
  readonly lines?: readonly string[];
  readonly hostKeyTypes?: readonly ('ed25519' | 'ecdsa' | 'rsa')[];
  readonly userKey?: readonly string[];
  readonly listen?: string;
  /** A command before sshd, such as `ip netns exec NAME`. */
  readonly prefix?: readonly string[];
}

export const sshPrograms = ['sshd', 'ssh-keygen'] as const;

/** Makes a key pair with ssh-keygen; leaves the path of the private half. */
export function makeKey(path: string, words: readonly string[] = ['-t', 'ed25519']): string {
  execFileSync(neededPeer('ssh-keygen'), ['-q', '-N', '', '-C', 'test', ...words, '-f', path]);
  return path;
}

export async function startSshd(setting: SshdSetting = {}): Promise<RealSshd> {
  const { hostKeyTypes = ['ed25519'], userKey, listen = '127.0.0.1', prefix = [] } = setting;
  const folder = temporaryFolder();
  const hostKeys = hostKeyTypes.map((type) => makeKey(join(folder, `host_${type}`), ['-t', type]));
  const identity = makeKey(join(folder, 'user_key'), userKey);
  writeFileSync(join(folder, 'authorized_keys'), readFileSync(`${identity}.pub`));
  const inboxFolder = join(folder, 'inbox');
  mkdirSync(inboxFolder);
  const port = await freePort();
  const config = join(folder, 'sshd_config');
  writeFileSync(
    config,
    [
      `ListenAddress ${listen}:${port}`,
      ...hostKeys.map((path) => `HostKey ${path}`),
      `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'MaxStartups 100',
      'Subsystem sftp internal-sftp -u 0007',
      'LogLevel ERROR',
      ...(setting.lines ?? []),
      '',
    ].join('\n'),
  );
  const knownHosts = join(folder, 'known_hosts');
  const name = `[${listen}]:${port}`;
  writeFileSync(knownHosts, hostKeys.map((path) => `${name} ${readFileSync(`${path}.pub`, 'utf8')}`).join(''));

  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const [program = '', ...words] = [...prefix, neededPeer('sshd'), '-D', '-e', '-f', config];
    const started = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    started.stderr.on('data', (text) => (said = (said + text).slice(-4000)));
    child = started;
    await until(`sshd answers on port ${port}`, async () => {
      if (started.exitCode !== null) throw new Error(`sshd ended with ${started.exitCode}: ${said}`);
      return prefix.length > 0 || (await isAnswering(listen, port));
    });
  };
  const kill = async (): Promise<void> => {
    const ending = child;
    child = undefined;
    if (ending?.pid === undefined || ending.exitCode !== null) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    // Sessions are children of the listener; each is a privileged monitor and its unprivileged half.
    for (const pid of descendants(ending.pid).reverse()) tryKill(pid);
    tryKill(ending.pid);
    await ended;
  };
  await start();
  atExit(() => {
    if (child?.pid !== undefined) [...descendants(child.pid), child.pid].forEach(tryKill);
  });
  return {
    folder,
    host: listen,
    port,
    user: userInfo().username,
    knownHosts,
    identity,
    inbox: inboxFolder,
    inboxFolder,
    get pid() {
      return child?.pid ?? 0;
    },
    start,
    kill,
    async killAndRestart() {
      await kill();
      await start();
    },
    [Symbol.asyncDispose]: kill,
  };
}

/** All processes below one, by /proc. */
function descendants(pid: number): number[] {
  let children: number[] = [];
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    // Gone meanwhile.
  }
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function isAnswering(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('data', () => resolve(true)).once('error', () => resolve(false));
    socket.once('data', () => socket.destroy());
  });
}
