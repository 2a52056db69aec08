// A small stand-in for the stream's server, driven by the test: it accepts, and sends what it is told to whom it is told.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StreamServer {
  readonly url: string;
  /** Requests in order of arrival, each with the answer that the test writes to. */
  readonly exchanges: { readonly request: IncomingMessage; readonly response: ServerResponse }[];
  /** How the next requests are answered; by default status 200 and a stream that stays open. */
  answerWith(answer: (request: IncomingMessage, response: ServerResponse) => void): void;
  /** Writes to the newest exchange, and resolves when the kernel has it. */
  send(bytes: string | Uint8Array): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const openAnswer = (_request: IncomingMessage, response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  response.flushHeaders();
};

export async function streamServer(): Promise<StreamServer> {
  const exchanges: StreamServer['exchanges'] = [];
  let answer = openAnswer;
  const server = createServer((request, response) => {
    response.on('error', () => {});
    response.socket?.setNoDelay(true);
    exchanges.push({ request, response });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges,
    answerWith: (next) => (answer = next),
    send: (bytes) =>
      new Promise((resolve, reject) => {
        const response = exchanges.at(-1)?.response;
        if (!response) return reject(new Error('nobody is connected'));
        response.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
