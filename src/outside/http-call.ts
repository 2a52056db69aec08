// One HTTP request and its whole answer, for what is no stream: uploads, webhooks, questions to an API.
// Takes method, address, headers and a body in memory; leaves status, headers and body, or an error that says how far it came.
import * as http from 'node:http';
import * as https from 'node:https';
import { proxyAgent } from './proxy.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with its Content-Length, never chunked: some servers answer 411 otherwise. */
  readonly body?: Uint8Array | string | undefined;
  /** PEM certificates of authorities to trust; undefined: the well-known ones. */
  readonly authorities?: readonly string[] | undefined;
  /** Address of an HTTP(S) proxy through which a tunnel is asked for. */
  readonly proxy?: string | undefined;
  /** Milliseconds of real time in which nothing moves before it is given up; default 60,000. */
  readonly idleMs?: number | undefined;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Makes requests. Stages are given one, so that tests can stand in. */
export type HttpCall = (request: HttpRequest) => Promise<HttpAnswer>;

const usualIdleMs = 60_000;
const mostAnswerBytes = 16 * 1024 * 1024;

/**
 * Resolves with whatever status the server answers, also where it answers before it has read the body; rejects where no whole answer came
 * (DNS, TCP, TLS, reset, silence, the signal). A connection serves one request: none is left open, and none is found closed.
 */
export const httpCall: HttpCall = (request) =>
  new Promise((resolve, reject) => {
    const url = new URL(request.url);
    const body = Buffer.from(request.body ?? '');
    const options: https.RequestOptions = {
      method: request.method,
      agent: request.proxy === undefined ? false : proxyAgent(request.proxy),
      headers: { ...(hasBody(request) && { 'Content-Length': String(body.length) }), ...request.headers },
      signal: request.signal,
      ...(request.authorities !== undefined && { ca: [...request.authorities] }),
    };
    const sent = url.protocol === 'https:' ? https.request(url, options) : http.request(url, options);
    let isAnswered = false;
    sent.on('response', (response) => {
      isAnswered = true;
      wholeAnswer(response).then(resolve, reject);
    });
    // After the answer has begun, an error of the half that still sends is no concern: the answer decides.
    sent.on('error', (error) => void (isAnswered || reject(error)));
    sent.on('close', () => void (isAnswered || reject(new Error('the connection was closed before an answer came'))));
    const idleMs = request.idleMs ?? usualIdleMs;
    sent.setTimeout(idleMs, () => sent.destroy(new Error(`nothing moved for ${idleMs / 1000} s`)));
    sent.end(body);
  });

const hasBody = ({ method, body }: HttpRequest): boolean => body !== undefined || method === 'PUT' || method === 'POST';

async function wholeAnswer(response: http.IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > mostAnswerBytes) throw new Error(`the answer is longer than ${mostAnswerBytes} bytes`);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}
