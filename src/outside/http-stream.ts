// One never-ending HTTP response: asks, and hands its body on as bytes, with a limit on every wait before it.
// Takes an address, headers, proxy and authority; leaves status, headers and an iterable of decoded bytes that ends with a reason.
import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import { createBrotliDecompress, createGunzip, createInflate, constants } from 'node:zlib';
import { HttpsProxyAgent } from 'https-proxy-agent';
import type { Clock } from './clock.ts';
import { chunkQueue } from './chunk-queue.ts';

/** The exchange as it goes over the wire. `headers` hold the bearer token: whoever keeps them must take it out first. */
export interface WireExchange {
  readonly method: 'GET';
  readonly url: string;
  readonly path: string;
  /** Names and values in turn, in the order sent. */
  readonly headers: readonly string[];
  readonly remoteAddress: string;
}

/** Is given the exact bytes of one response, head and framing included, as they come from the (decrypted) connection. */
export interface WireSink {
  bytes(chunk: Buffer): void;
  end(isComplete: boolean): void;
}

/** Where an archive can listen: called once for each exchange, before its first byte. */
export type WireTap = (exchange: WireExchange) => WireSink;

export interface StreamRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Address of an HTTP(S) proxy through which a tunnel is asked for. */
  readonly proxy?: string | undefined;
  /** PEM certificates of authorities to trust beside the well-known ones. */
  readonly ca?: readonly string[] | undefined;
  readonly tap?: WireTap | undefined;
  readonly clock: Clock;
  /** Ends the exchange wherever it is. */
  readonly signal: AbortSignal;
}

export interface StreamAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Decoded bytes. Returns after an orderly end, throws StreamBroken after any other; all that arrived before is yielded first. */
  readonly body: AsyncIterable<Buffer>;
}

/** The body ended otherwise than in order: the connection was reset, or its content encoding is damaged. */
export class StreamBroken extends Error {
  override readonly name = 'StreamBroken';
  readonly how: 'reset' | 'broken-encoding';

  constructor(how: 'reset' | 'broken-encoding', cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.how = how;
  }
}

/** Name, TCP, tunnel and TLS together; then the head of the answer. */
const connectLimitMs = 10_000;
const headLimitMs = 20_000;
const keepAliveProbeMs = 15_000;
const decodedChunkBytes = 1 << 16;

/** Opens the exchange. Rejects with a plain error where no answer comes: DNS, TCP, TLS, proxy, a time limit, the signal. */
export async function openStream(request: StreamRequest): Promise<StreamAnswer> {
  const within = new AbortController();
  const sent = send(request);
  const limits = limitWaits(sent, request.clock, within.signal);
  try {
    const response = await Promise.race([responseOf(sent), limits]);
    return { status: response.statusCode ?? 0, headers: response.headers, body: bodyOf(sent, response) };
  } catch (error) {
    sent.destroy();
    throw error;
  } finally {
    within.abort(new Error('no longer waited for'));
  }
}

function send(request: StreamRequest): http.ClientRequest {
  const url = new URL(request.url);
  const headers = ['Host', url.host, ...Object.entries(request.headers).flat(), 'Connection', 'close'];
  const options: https.RequestOptions = { method: 'GET', headers, signal: request.signal, ...agentFor(request, url) };
  const sent = url.protocol === 'https:' ? https.request(url, options) : http.request(url, options);
  // Errors after the answer came are read from the body; without a listener they would end the process.
  sent.on('error', () => {});
  sent.on('socket', (socket: Socket) => {
    socket.setKeepAlive(true, keepAliveProbeMs);
    if (request.tap) listenIn(request.tap, socket, { url, headers });
  });
  return sent.end();
}

function agentFor({ proxy, ca }: StreamRequest, url: URL): https.RequestOptions {
  const authorities = ca === undefined ? {} : { ca: [...rootCertificates, ...ca] };
  if (proxy === undefined) return { agent: false, ...authorities };
  return {
    agent: new HttpsProxyAgent(proxy, { keepAlive: false, ...authorities }),
    ...(url.protocol === 'https:' ? authorities : {}),
  };
}

function listenIn(tap: WireTap, socket: Socket, { url, headers }: { url: URL; headers: readonly string[] }): void {
  const begin = (): void => {
    const exchange = {
      method: 'GET',
      url: url.href,
      path: url.pathname + url.search,
      headers,
      remoteAddress: socket.remoteAddress ?? '',
    } as const;
    const sink = tap(exchange);
    let isComplete = false;
    socket.on('data', (chunk: Buffer) => sink.bytes(chunk));
    socket.once('end', () => (isComplete = true));
    socket.once('close', () => sink.end(isComplete));
  };
  if (socket.connecting) socket.once('encrypted' in socket ? 'secureConnect' : 'connect', begin);
  else begin();
}

function responseOf(sent: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    sent.once('error', reject);
    sent.once('close', () => reject(new Error('the connection was closed before an answer came')));
  });
}

async function limitWaits(sent: http.ClientRequest, clock: Clock, signal: AbortSignal): Promise<never> {
  const connected = new Promise<void>((resolve) => {
    sent.once('finish', resolve);
  });
  const waited = clock.sleep(connectLimitMs, signal).then(() => true);
  if (await Promise.race([connected.then(() => false), waited]))
    throw new Error(`no connection within ${connectLimitMs / 1000} s`);
  await clock.sleep(headLimitMs, signal);
  throw new Error(`connected, but no answer within ${headLimitMs / 1000} s`);
}

/** What the socket said about its end: an error makes it a reset, silence an orderly end. */
function bodyOf(sent: http.ClientRequest, response: http.IncomingMessage): AsyncIterable<Buffer> {
  const decoder = decoderFor(response.headers['content-encoding']);
  const streams = decoder === undefined ? [response] : [response, decoder];
  const queue = chunkQueue({
    pause: () => streams.forEach((stream) => stream.pause()),
    resume: () => streams.forEach((stream) => stream.resume()),
    stop: () => sent.destroy(),
  });
  let connectionError: unknown;
  sent.on('error', (error) => (connectionError ??= error));
  const finish = (): void =>
    queue.end(connectionError === undefined ? undefined : new StreamBroken('reset', connectionError));
  // Data events, not the response's own iterator: that one throws away what it holds when a connection ends early.
  response.on('error', () => {});
  if (decoder === undefined) {
    response.on('data', queue.push);
    response.once('close', finish);
    return queue.chunks;
  }
  response.on('data', (chunk: Buffer) => decoder.write(chunk));
  response.once('close', () => decoder.end());
  decoder.on('data', queue.push);
  decoder.once('error', (error) => queue.end(new StreamBroken('broken-encoding', error)));
  decoder.once('end', finish);
  return queue.chunks;
}

type Decoder = Readable & { write(chunk: Buffer): boolean; end(): void };

/** Decoders that hand on what they have at each flush, and at an early end. */
function decoderFor(encoding: string | undefined): Decoder | undefined {
  const flush = { chunkSize: decodedChunkBytes, flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
  switch (encoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip(flush);
    case 'deflate':
      return createInflate(flush);
    case 'br':
      return createBrotliDecompress({
        chunkSize: decodedChunkBytes,
        flush: constants.BROTLI_OPERATION_FLUSH,
        finishFlush: constants.BROTLI_OPERATION_FLUSH,
      });
    default:
      return undefined;
  }
}
