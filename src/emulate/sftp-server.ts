// An embedded SFTP server: a folder served on loopback, with faults on demand, for tests and the demo.
// Takes a folder and who may come in; leaves a port, a host key made at the start, and its known_hosts line.
import { timingSafeEqual } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type PublicKeyAuthContext } from 'ssh2';
import type { Clock } from '../outside/clock.ts';
import { type SftpFault, type SftpFaults, sftpFaults, type SftpRequest } from './sftp-fault.ts';
import { newKeyPair } from './key-pair.ts';
import { serveSftp } from './sftp-session.ts';

export interface SftpServerSetting {
  /** Served as `/`; absolute. */
  readonly folder: string;
  readonly clock: Clock;
  /** Default: `streamvault`. */
  readonly user?: string;
  readonly password?: string;
  /** Public keys that may come in, each a line of an authorized_keys file. */
  readonly authorizedKeys?: readonly string[];
  /** A private key in OpenSSH's or PEM form; made anew by default. */
  readonly hostKey?: string;
  /** 0, the default: any free one. */
  readonly port?: number;
}

export interface SftpServer {
  readonly host: string;
  readonly port: number;
  /** The line that known_hosts needs: `[127.0.0.1]:2222 ssh-ed25519 AAAA…`. */
  readonly knownHosts: string;
  /** The private host key, for a server that takes this one's place later. */
  readonly hostKey: string;
  fault(fault: SftpFault): void;
  clearFaults(): void;
  /** How many requests of that kind have come in. */
  count(request: SftpRequest): number;
  /** Connections that stand. */
  readonly connected: number;
  /** Resets all connections. */
  dropAll(): void;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const host = '127.0.0.1';

export async function startSftpServer(setting: SftpServerSetting): Promise<SftpServer> {
  const hostKey = setting.hostKey ?? newKeyPair().private;
  const state: State = {
    setting,
    hostKey,
    faults: sftpFaults(),
    counts: new Map(),
    sockets: new Set(),
  };
  const listener = createServer({ noDelay: true }, (socket) => welcome(socket, state));
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject).listen(setting.port ?? 0, host, resolve);
  });
  const { port } = listener.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => void listener.close(resolve));
    for (const socket of state.sockets) socket.destroy();
    await closed;
  };
  return {
    host,
    port,
    knownHosts: `[${host}]:${port} ${publicLine(hostKey)}`,
    hostKey,
    fault: (fault) => state.faults.add(fault),
    clearFaults: () => state.faults.clear(),
    count: (request) => state.counts.get(request) ?? 0,
    get connected() {
      return state.sockets.size;
    },
    dropAll: () => state.sockets.forEach((socket) => socket.resetAndDestroy()),
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface State {
  readonly setting: SftpServerSetting;
  readonly hostKey: string;
  readonly faults: SftpFaults;
  readonly counts: Map<SftpRequest, number>;
  readonly sockets: Set<Socket>;
}

function note({ counts }: State, request: SftpRequest): void {
  counts.set(request, (counts.get(request) ?? 0) + 1);
}

function welcome(socket: Socket, state: State): void {
  state.sockets.add(socket);
  socket.on('close', () => state.sockets.delete(socket)).on('error', () => {});
  note(state, 'CONNECT');
  const mishap = state.faults.take('CONNECT');
  if (mishap?.is === 'drop') socket.destroy();
  // Any other mishap leaves the connection standing without a word.
  if (mishap !== undefined) return;
  // One protocol engine a socket, so that a fault finds the socket of the connection that it befalls.
  const engine = new ssh2.Server({ hostKeys: [state.hostKey] }, (connection) => {
    connection.on('error', () => {});
    connection.on('authentication', (context) => admit(context, state));
    connection.on('ready', () => serveSessions(connection, socket, state));
  });
  engine.injectSocket(socket);
}

function admit(context: AuthContext, state: State): void {
  if (context.method === 'none') return context.reject(['publickey', 'password']);
  note(state, 'LOGIN');
  if (state.faults.take('LOGIN') === undefined && isAdmitted(context, state.setting)) return context.accept();
  context.reject(['publickey', 'password']);
}

function serveSessions(connection: Connection, socket: Socket, state: State): void {
  const { folder, clock } = state.setting;
  connection.on('session', (accept) => {
    accept().on('sftp', (acceptSftp) => {
      serveSftp(acceptSftp(), {
        socket,
        folder,
        clock,
        faults: state.faults,
        note: (request) => note(state, request),
      });
    });
  });
}

function parsedKey(text: string): ssh2.ParsedKey {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw key;
  return key;
}

/** The public half of a key as authorized_keys and known_hosts write it: type and base64. */
function publicLine(key: string): string {
  const parsed = parsedKey(key);
  return `${parsed.type} ${parsed.getPublicSSH().toString('base64')}`;
}

function isAdmitted(
  context: AuthContext,
  { user = 'streamvault', password, authorizedKeys = [] }: SftpServerSetting,
): boolean {
  if (context.username !== user) return false;
  if (context.method === 'password') return password !== undefined && context.password === password;
  return context.method === 'publickey' && authorizedKeys.some((line) => isSignedBy(parsedKey(line), context));
}

function isSignedBy(key: ssh2.ParsedKey, { key: offered, signature, blob, hashAlgo }: PublicKeyAuthContext): boolean {
  const known = key.getPublicSSH();
  if (offered.data.length !== known.length || !timingSafeEqual(offered.data, known)) return false;
  // Without a signature the client only asks whether this key would do.
  return signature === undefined || blob === undefined || key.verify(blob, signature, hashAlgo) === true;
}
