// Metrics for Prometheus, and answers for those who only ask whether a service is well: /metrics, /healthz, /readyz.
// Takes pages as functions; leaves a small HTTP server for as long as the signal lets it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { World } from './world.ts';

/** Whether all is well, and a line that says so to people. */
export interface Wellness {
  readonly isWell: boolean;
  readonly sentence: string;
}

export interface MetricsPages {
  /** Text in the exposition format of Prometheus, and its content type. */
  metrics(): Promise<{ readonly text: string; readonly type: string }>;
  /** Does the service go round? */
  health(): Wellness;
  /** Does it do what it is for? */
  readiness(): Wellness;
}

export interface Endpoint {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** Serves until the signal aborts. An address that is taken is told in the log, and everything else goes on. */
export async function serveMetrics(
  endpoint: Endpoint,
  pages: MetricsPages,
  { log, signal }: Pick<World, 'log' | 'signal'>,
): Promise<void> {
  const server = createServer((request, response) => {
    answer(request, response, pages).catch((error: unknown) => response.writeHead(500).end(`${String(error)}\n`));
  });
  server.requestTimeout = 10_000;
  const ended = new Promise<void>((resolve) => {
    server.once('error', (error) => {
      log.warn('metrics.not-served', { ...endpoint, reason: String(error) });
      resolve();
    });
    server.once('close', resolve);
  });
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  if (signal.aborted) return;
  signal.addEventListener('abort', stop, { once: true });
  server.listen(endpoint.port, endpoint.host, () =>
    log.info('metrics.served', { host: endpoint.host, port: portOf(server.address(), endpoint) }),
  );
  await ended;
}

const portOf = (address: unknown, { port }: Endpoint): number =>
  typeof address === 'object' && address !== null && 'port' in address ? Number(address.port) : port;

async function answer(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  pages: MetricsPages,
): Promise<void> {
  const path = url.replace(/\?.*$/, '');
  if (method !== 'GET' && method !== 'HEAD') return void response.writeHead(405).end();
  if (path === '/metrics') {
    const { text, type } = await pages.metrics();
    return void response.writeHead(200, { 'content-type': type }).end(text);
  }
  const page = path === '/healthz' ? pages.health : path === '/readyz' ? pages.readiness : undefined;
  if (page === undefined) return void response.writeHead(404).end('There are /metrics, /healthz and /readyz.\n');
  const { isWell, sentence } = page();
  response.writeHead(isWell ? 200 : 503, { 'content-type': 'text/plain; charset=utf-8' }).end(`${sentence}\n`);
}
