// Servers that a stream is asked of in tests, and somebody who hears it. Takes listeners; leaves ports, text, and how a body ended.
import { createServer as createHttp, type RequestListener, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { type StreamAnswer, StreamBroken, type StreamRequest } from '../../src/outside/http-stream.ts';
import { manualClock } from '../support/manual-clock.ts';

const open: { server: Server; sockets: Set<Socket> }[] = [];

/** A server on a loopback port of its own, and its connections. */
export async function listen<S extends Server>(
  server: S,
  host = '127.0.0.1',
): Promise<{ server: S; port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => {});
    sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  open.push({ server, sockets });
  return { server, port: (server.address() as AddressInfo).port, sockets };
}

/** Ends every server that listens, with its connections: after each test. */
export function closeServers(): void {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

/** An HTTP server on a loopback port of its own. */
export const http = (listener: RequestListener): Promise<{ server: HttpServer; port: number; sockets: Set<Socket> }> =>
  listen(createHttp(listener));

/** What is asked of a stream, unless `change` says otherwise; its clock stands. */
export const asking = (url: string, change: Partial<StreamRequest> = {}): StreamRequest => ({
  url,
  headers: { Authorization: 'Bearer secret-of-the-test' },
  clock: manualClock(),
  signal: new AbortController().signal,
  ...change,
});

export interface Heard {
  /** What came so far. */
  text: string;
  /** closed, reset, broken-encoding, or the message of another error; empty while it goes on. */
  end: string;
  readonly ended: Promise<void>;
}

/** Hears a body from now on. */
export function listenTo(answer: StreamAnswer): Heard {
  const pieces: Buffer[] = [];
  const heard = {
    end: '',
    get text() {
      return Buffer.concat(pieces).toString();
    },
    ended: Promise.resolve(),
  };
  const take = (content: Buffer): undefined => void pieces.push(Buffer.from(content));
  heard.ended = answer.hear(take).then(
    () => void (heard.end = 'closed'),
    (error: unknown) => void (heard.end = error instanceof StreamBroken ? error.how : String(error)),
  );
  return heard;
}

/** Everything that a body gave, and how it ended. */
export async function readAll(answer: StreamAnswer): Promise<{ text: string; end: string }> {
  const heard = listenTo(answer);
  await heard.ended;
  return { text: heard.text, end: heard.end };
}
