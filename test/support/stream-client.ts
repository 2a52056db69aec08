// A client of the stand-in that keeps everything: each chunk as it came, and how it ended.
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { constants, gunzipSync } from 'node:zlib';
import { until } from './until.ts';

/** What was heard of a response, and still is. */
class Heard {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The chunks of the response, as the framing cut them. */
  readonly chunks: Buffer[] = [];
  /** How it ended: in order, broken off, or not yet. */
  ended: 'in-order' | 'broken' | undefined;
  readonly #response: IncomingMessage;
  readonly #sent: ClientRequest;

  constructor(response: IncomingMessage, sent: ClientRequest) {
    this.#response = response;
    this.#sent = sent;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    response.on('data', (chunk: Buffer) => this.chunks.push(chunk)).on('error', () => {});
    response.on('close', () => (this.ended = response.complete ? 'in-order' : 'broken'));
  }

  /** All bytes so far. */
  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get text(): string {
    const isCompressed = this.headers['content-encoding'] === 'gzip';
    return (isCompressed ? gunzipSync(this.bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : this.bytes).toString();
  }

  /** Whole lines so far, without keep-alives. */
  get lines(): string[] {
    return this.text
      .split('\r\n')
      .slice(0, -1)
      .filter((line) => line !== '');
  }

  /** Stops reading. */
  pause(): void {
    this.#response.pause();
  }

  leave(): void {
    this.#sent.destroy();
  }
}

export type StreamClient = Heard;

export interface Ask {
  readonly path?: string;
  readonly method?: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export const samplePath = '/2/tweets/sample/stream';

/** Asks, and resolves as soon as the head of the answer is there. Rejects where the connection breaks before. */
export function ask(
  url: string,
  { path = samplePath, method = 'GET', token = 'emulated', headers = {}, body }: Ask = {},
): Promise<StreamClient> {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, {
      method,
      agent: false,
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      resolve(new Heard(response, sent));
    });
    sent.end(body);
  });
}

/** Asks for what is no stream, and resolves with the whole answer. */
export async function answerOf(
  url: string,
  asked: Ask,
): Promise<{ status: number; headers: IncomingHttpHeaders; body: Record<string, unknown> }> {
  const client = await ask(url, asked);
  await until('the end of the answer', () => client.ended);
  return { status: client.status, headers: client.headers, body: JSON.parse(client.text) as Record<string, unknown> };
}
