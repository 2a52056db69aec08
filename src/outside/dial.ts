// A connection for bytes: direct or through a proxy's tunnel, plain or TLS, read into one piece of memory that is used again
// and again. Takes an address; leaves a socket whose bytes go to one taker, or the proxy's refusal of the tunnel.
import * as http from 'node:http';
import * as https from 'node:https';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { proxyHeaders } from './proxy.ts';

/** Is given bytes that are valid only during the call; false asks for a pause until `resume`. */
export type BytesTaker = (bytes: Buffer) => boolean;

export interface Dialling {
  readonly url: URL;
  readonly proxy: string | undefined;
  readonly ca: readonly string[] | undefined;
  readonly signal: AbortSignal;
  readonly take: BytesTaker;
}

/** A proxy that would not make the tunnel: its answer's head, and what came of its body with it. */
export interface TunnelRefused {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: Buffer;
}

const readBytes = 1 << 18;
const keepAliveProbeMs = 15_000;

/** Resolves once bytes can be sent, TLS included; rejects with the network's error, or the signal's reason. */
export async function dial(dialling: Dialling): Promise<Socket | TunnelRefused> {
  const { url, proxy } = dialling;
  if (proxy === undefined) return settled(direct(dialling), dialling);
  const tunnel = await askTunnel(proxy, dialling);
  if ('status' in tunnel) return tunnel;
  const socket =
    url.protocol === 'https:'
      ? connectTls({ socket: tunnel, host: url.hostname, servername: nameOf(url), ...trust(dialling) })
      : tunnel;
  socket.on('data', (bytes: Buffer) => {
    if (!dialling.take(bytes)) socket.pause();
  });
  return socket === tunnel ? socket : settled(socket, dialling);
}

const trust = ({ ca }: Pick<Dialling, 'ca'>): { ca?: string[] } => (ca === undefined ? {} : { ca: [...ca] });

/** An IPv6 address stands in brackets in an address of the web, and nowhere else. */
const unbracketed = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

/** What is named in the handshake: a name is, an address must not be (RFC 6066). */
const nameOf = ({ hostname }: URL): string => (isIP(unbracketed(hostname)) === 0 ? hostname : '');

function direct({ url, take, ca }: Dialling): Socket {
  const onread = {
    buffer: Buffer.allocUnsafeSlow(readBytes),
    callback: (length: number, buffer: Uint8Array): boolean =>
      take(Buffer.from(buffer.buffer, buffer.byteOffset, length)),
  };
  const isTls = url.protocol === 'https:';
  const address = { host: unbracketed(url.hostname), port: Number(url.port || (isTls ? 443 : 80)), onread };
  if (!isTls) return connectPlain(address);
  return connectTls({
    ...address,
    servername: nameOf(url),
    ...trust({ ca }),
  });
}

function settled(socket: Socket, { signal, url }: Dialling): Promise<Socket> {
  const isTls = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      socket.destroy();
      reject(signal.reason as Error);
    };
    const leave = (): void => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      socket.off('close', onClose);
    };
    const onError = (error: Error): void => {
      leave();
      reject(error);
    };
    const onClose = (): void => onError(new Error('the connection was closed before it was made'));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', onError).on('close', onClose);
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      leave();
      socket.setKeepAlive(true, keepAliveProbeMs).setNoDelay(true);
      resolve(socket);
    });
  });
}

function askTunnel(proxy: string, { url, signal, ca }: Dialling): Promise<Socket | TunnelRefused> {
  const via = new URL(proxy);
  const target = `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`;
  const options = {
    method: 'CONNECT',
    path: target,
    headers: { Host: target, ...proxyHeaders(via) },
    agent: false,
    signal,
    ...trust({ ca }),
  } as const;
  const { hostname, port, protocol } = via;
  const address = { host: unbracketed(hostname), ...(port === '' ? {} : { port: Number(port) }) };
  const asked =
    protocol === 'https:' ? https.request({ ...address, ...options }) : http.request({ ...address, ...options });
  return new Promise((resolve, reject) => {
    asked.once('error', reject);
    asked.once('connect', (response, socket, head) => {
      if (response.statusCode === 200) return resolve(socket as Socket);
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers as Record<string, string>, text: head });
    });
    asked.once('response', (response) => {
      asked.destroy();
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers as Record<string, string>,
        text: Buffer.alloc(0),
      });
    });
    asked.end();
  });
}
