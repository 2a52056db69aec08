// One never-ending HTTP response: asks, and hands its body on as bytes, with a limit on every wait before it.
// Takes an address, headers, proxy and authority; leaves status, headers, and content that is handed over without being kept.
// Why not node:http: it makes a new piece of memory for each read, and drops what it holds when a connection ends early.
import type { Socket } from 'node:net';
import { type BodyDecoder, type ContentTaker, DamagedEncoding, decoderFor } from './body-decoder.ts';
import type { Clock } from './clock.ts';
import { dial, type TunnelRefused } from './dial.ts';
import { BodyFraming, NotHttp, readHead, type ResponseHead, type ResponseHeaders } from './http-response.ts';
import type { WireSink, WireTap } from './wire.ts';
import { within } from './within.ts';

export interface StreamRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Address of an HTTP(S) proxy through which a tunnel is asked for. */
  readonly proxy?: string | undefined;
  /** PEM certificates of authorities to trust; undefined: the well-known ones. */
  readonly ca?: readonly string[] | undefined;
  readonly tap?: WireTap | undefined;
  readonly clock: Clock;
  /** Ends the exchange wherever it is. */
  readonly signal: AbortSignal;
}

export interface StreamAnswer {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /**
   * Hands over the decoded body. Resolves after an orderly end of response or connection; rejects with StreamBroken after any other, with
   * what the taker threw, or with the signal's reason. All that arrived is handed over first. To be called once.
   */
  hear(take: ContentTaker): Promise<void>;
}

/** The body ended otherwise than in order: the connection was reset, or its framing or encoding is damaged. */
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

/** Opens the exchange. Rejects with a plain error where no answer comes: DNS, TCP, TLS, proxy, a time limit, the signal. */
export async function openStream(request: StreamRequest): Promise<StreamAnswer> {
  const url = new URL(request.url);
  const waiting = new AbortController();
  const signal = AbortSignal.any([request.signal, waiting.signal]);
  const exchange = new Exchange(request.signal);
  const connected = dial({ url, proxy: request.proxy, ca: request.ca, signal, take: (bytes) => exchange.take(bytes) });
  connected.catch(() => {});
  try {
    const socket = await inTime(connectLimitMs, 'no connection', { work: connected, clock: request.clock });
    if ('status' in socket) return refusedTunnel(socket);
    exchange.begin(socket, request, url);
    const head = await inTime(headLimitMs, 'connected, but no answer', { work: exchange.head, clock: request.clock });
    return { status: head.status, headers: head.headers, hear: (take) => exchange.hear(take) };
  } catch (error) {
    waiting.abort(error);
    exchange.stop();
    throw error;
  }
}

function refusedTunnel({ status, headers, text }: TunnelRefused): StreamAnswer {
  return {
    status,
    headers,
    async hear(take) {
      await take(text);
    },
  };
}

/** What the work gives. Rejects as the work does, and where it takes longer than so long. */
async function inTime<T>(
  limitMs: number,
  what: string,
  { work, clock }: { work: Promise<T>; clock: Clock },
): Promise<T> {
  if (!(await within(limitMs, work, { clock }))) throw new Error(`${what} within ${limitMs / 1000} s`);
  return work;
}

/** A connection's bytes on their way: first into the head, then, once somebody hears, into content. */
class Exchange {
  readonly #signal: AbortSignal;
  readonly #head = Promise.withResolvers<ResponseHead>();
  readonly #over = Promise.withResolvers<void>();
  /** Copies of bytes that came before anybody heard: the head, and what came with it. */
  #early: Buffer = Buffer.alloc(0);
  #framing: BodyFraming | undefined;
  #decoder: BodyDecoder | undefined;
  #take: ContentTaker | undefined;
  #socket: Socket | undefined;
  #sink: WireSink | undefined;
  #isEnded = false;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.#head.promise.catch(() => {});
    this.#over.promise.catch(() => {});
  }

  get head(): Promise<ResponseHead> {
    return this.#head.promise;
  }

  begin(socket: Socket, { headers, tap }: StreamRequest, url: URL): void {
    this.#socket = socket;
    const list = ['Host', url.host, ...Object.entries(headers).flat(), 'Connection', 'close'];
    const path = url.pathname + url.search;
    this.#sink = tap?.({
      method: 'GET',
      url: url.href,
      path,
      headers: list,
      remoteAddress: socket.remoteAddress ?? '',
    });
    let connectionError: unknown;
    socket.on('error', (error) => (connectionError ??= error));
    socket.once('end', () => this.#end(undefined));
    socket.once('close', () => this.#end(new StreamBroken('reset', connectionError ?? 'the connection was closed')));
    const aborted = (): void => {
      this.#end(this.#signal.reason);
      socket.destroy();
    };
    if (this.#signal.aborted) aborted();
    else this.#signal.addEventListener('abort', aborted, { once: true });
    const lines = Array.from(
      { length: list.length / 2 },
      (_, index) => `${list[2 * index]}: ${list[2 * index + 1]}\r\n`,
    );
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  }

  /** Bytes of the wire, overwritten after the call; false asks for a pause. */
  take(bytes: Buffer): boolean {
    if (this.#isEnded) return true;
    this.#sink?.bytes(bytes);
    try {
      if (this.#take !== undefined) return this.#handOver(bytes);
      this.#early = Buffer.concat([this.#early, bytes]);
      return this.#framing === undefined && this.#readHead();
    } catch (error) {
      this.#end(error);
      return true;
    }
  }

  async hear(take: ContentTaker): Promise<void> {
    try {
      this.#take = take;
      this.#decoder?.start(take, (error) => this.#end(error));
      const early = this.#early;
      this.#early = Buffer.alloc(0);
      if (this.#handOver(early)) this.#socket?.resume();
      await this.#over.promise.finally(() => (this.#signal.aborted ? undefined : this.#decoder?.finish()));
    } catch (error) {
      const isDamaged = error instanceof NotHttp || error instanceof DamagedEncoding;
      throw isDamaged ? new StreamBroken('broken-encoding', error) : error;
    } finally {
      this.stop();
    }
  }

  stop(): void {
    this.#end(new Error('stopped'));
    this.#socket?.destroy();
  }

  /** True while the head is not whole: then more is wanted, and after it somebody who hears. */
  #readHead(): boolean {
    const head = readHead(this.#early);
    if (head === undefined) return true;
    this.#framing = new BodyFraming(head);
    this.#decoder = decoderFor(head.headers['content-encoding']);
    this.#early = this.#early.subarray(head.length);
    this.#head.resolve(head);
    return false;
  }

  #handOver(bytes: Buffer): boolean {
    const length = this.#framing?.strip(bytes) ?? 0;
    const content = bytes.subarray(0, length);
    const held = length === 0 ? undefined : (this.#decoder?.write(content) ?? this.#give(content));
    if (this.#framing?.isOver) this.#end(undefined, true);
    if (held === undefined) return true;
    held.then(
      () => this.#socket?.resume(),
      (error: unknown) => this.#end(error),
    );
    return false;
  }

  #give(content: Buffer): Promise<void> | undefined {
    return this.#decoder ? undefined : this.#take?.(content);
  }

  /** Only the first end counts. */
  #end(error: unknown, isComplete = false): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#sink?.end(isComplete);
    this.#head.reject(error ?? new Error('the connection was closed before an answer came'));
    if (error === undefined) this.#over.resolve();
    else this.#over.reject(error);
  }
}
