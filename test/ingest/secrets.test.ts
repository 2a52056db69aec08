// No secret is ever said, whatever happens, and whoever repeats what he was sent: a real ingest through a proxy and to an API that
// put the request's own headers into every answer.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isSecretCopied } from '../../src/outside/config-file.ts';
import { type Child, startChild } from '../support/child.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { journey } from './journey.ts';
import { streamServer } from '../support/stream-server.ts';

const test = suite('secrets of ingest');
const token = 'AAAAtestBearerOfNoWorth0123456789%3Dxyz';
const password = 'pass word/%41&of:none';
const basic = Buffer.from(`some one:${password}`).toString('base64');
const secrets = [token, password, encodeURIComponent(password), basic];

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const said = ({ headers }: IncomingMessage): string =>
  `you sent ${String(headers.authorization)} ${String(headers['proxy-authorization'])}`;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const json =
  (status: number, more: object = {}): Answer =>
  (request, response) =>
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ title: `No ${status}`, detail: said(request), ...more }));

/** What the API answers, one try after the other; then a stream. */
const answers: readonly Answer[] = [
  json(401),
  json(403, { reason: 'client-not-enrolled' }),
  (request, response) => response.writeHead(302, { location: `http://elsewhere.invalid/?${said(request)}` }).end(),
  json(429, { title: 'ConnectionException' }),
  json(429, { type: 'about:blank' }),
  (request, response) => response.writeHead(500, { 'content-type': 'text/html' }).end(`<h1>${said(request)}</h1>`),
  (request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(said(request)),
  (request) => request.socket.end(`HTTP/1.1 200 OK\r\n${request.headers.authorization?.slice(7)}\r\n\r\n`),
  (request) => request.socket.end(`${request.headers.authorization}`),
  (request) =>
    request.socket.end(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${request.headers.authorization}\r\n`),
  (request, response) =>
    response
      .writeHead(200)
      .end(`${JSON.stringify({ errors: [{ title: 'operational-disconnect', detail: said(request) }] })}\r\n`),
];

/** What the proxy answers before it tunnels. */
const refusals: readonly ((request: IncomingMessage) => string)[] = [
  (request) => `HTTP/1.1 407 Who are you\r\nContent-Type: text/html\r\n\r\n${said(request)}`,
  (request) => `HTTP/1.1 502 Bad Gateway\r\nX-You: ${said(request)}\r\n\r\n${said(request)}`,
  (request) => said(request),
];

async function echoingWay(): Promise<{
  api: number;
  proxy: number;
  close(): void;
  asked: string[];
  isDone(): boolean;
}> {
  const asked: string[] = [];
  const tunnels: Socket[] = [];
  let [answered, refused] = [0, 0];
  const api = createServer((request, response) => {
    if (request.url?.includes('/connections')) return json(401)(request, response);
    const answer = answers[answered++];
    if (answer) return void answer(request, response);
    response.writeHead(200).write('{"data":{"id":"1"}}\r\n');
  });
  const apiPort = await portOf(api);
  const proxy = createServer().on('connect', (request: IncomingMessage, client: Socket) => {
    client.on('error', () => {});
    tunnels.push(client);
    asked.push(String(request.headers['proxy-authorization']));
    const refusal = refusals[refused++];
    if (refusal) return void client.end(refusal(request));
    const through = connect(apiPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      through.pipe(client).pipe(through);
    });
    through.on('error', () => client.destroy());
  });
  const close = (): void => {
    for (const server of [api, proxy]) {
      server.closeAllConnections();
      server.close();
    }
    for (const socket of tunnels) socket.destroy();
  };
  return { close, api: apiPort, proxy: await portOf(proxy), asked, isDone: () => answered > answers.length };
}

function configured(api: number, proxy: number): { folder: string; words: string[] } {
  const folder = temporaryFolder();
  for (const [name, text] of [
    ['token', token],
    ['proxy', password],
  ] as const)
    writeFileSync(join(folder, name), `${text}\n`, { mode: 0o600 });
  const config = `server = 1
[ingest]
api = "http://127.0.0.1:${api}"
bearer_token_file = "${folder}/token"
spool = "${folder}/spool"
backfill = true
proxy = "http://some%20one@127.0.0.1:${proxy}"
proxy_password_file = "${folder}/proxy"
[alerts]
command = "cat >>${folder}/alerts"
[metrics]
listen = "127.0.0.1:0"
`;
  writeFileSync(join(folder, 'config.toml'), config);
  return { folder, words: ['ingest', '--config', join(folder, 'config.toml'), '--clock', '2026-03-10T13:00Z*100'] };
}

async function pagesOf({ stderr }: Child): Promise<string> {
  const port =
    /"port":(\d+)/.exec(stderr)?.[1] ??
    /127\.0\.0\.1:(\d+)[^\n]*metrics|metrics[^\n]*127\.0\.0\.1:(\d+)/.exec(stderr)?.slice(1).find(Boolean);
  assert.ok(port, stderr.slice(0, 2_000));
  const pages = ['metrics', 'healthz', 'readyz'].map((page) => fetch(`http://127.0.0.1:${port}/${page}`));
  return (await Promise.all((await Promise.all(pages)).map((answer) => answer.text()))).join('\n');
}

test('neither token nor proxy password is in a log line, an alert, a page or a file, although every answer repeats them', async () => {
  const way = await echoingWay();
  const { folder, words } = configured(way.api, way.proxy);
  process.env['DEBUG'] = '*';
  const child = startChild(words);
  delete process.env['DEBUG'];
  await until(
    'the stream, after every fault',
    () => way.isDone() && child.stderr.includes('"stream.connected"'),
    90_000,
  );
  const pages = await pagesOf(child);
  child.process.kill('SIGTERM');
  way.close();
  assert.is(await child.ended(), 0, child.stderr.slice(-2_000));
  assert.is(way.asked[3], `Basic ${basic}`, 'the proxy is told who asks');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !['token', 'proxy'].includes(name) && !name.startsWith('spool/aside'))
    .filter((name) => statSync(join(folder, name)).isFile());
  assert.ok(files.includes('alerts') && files.includes('spool/gaps.jsonl'), files.join(' '));
  assert.match(pages, 'streamvault_ingest_endings_total');
  const texts = [
    ['the log', child.stderr + child.stdout],
    ['a page', pages],
    ...files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  ];
  for (const [where = '', text = ''] of texts) {
    for (const secret of secrets)
      assert.not.ok(
        text.includes(secret),
        `${where}: ${text.slice(Math.max(0, text.indexOf(secret) - 300), text.indexOf(secret) + 50)}`,
      );
  }
  assert.ok(child.stderr.includes('[redacted]'), 'what was said of the answers is told all the same');
});

test('what a 401 asks for is true: another token in the file, and a restart only where the service was given a copy', async () => {
  await using server = await streamServer();
  server.answerWith((_request, response) => response.writeHead(401).end());
  const credentials = temporaryFolder();
  writeFileSync(join(credentials, 'token'), 'copied\n');
  for (const folder of [undefined, credentials]) {
    if (folder === undefined) delete process.env['CREDENTIALS_DIRECTORY'];
    else process.env['CREDENTIALS_DIRECTORY'] = folder;
    try {
      const made = journey({ api: server.url });
      made.start();
      await until('a refusal', () => made.alerts.has('stream-refused'));
      await made.stop();
      const sentence = String(made.events.find(({ event }) => event === 'alert')?.['sentence']);
      assert.match(sentence, folder === undefined ? 'nothing needs a restart' : 'restart it after that');
      assert.is(await isSecretCopied('/etc/token'), folder !== undefined);
    } finally {
      delete process.env['CREDENTIALS_DIRECTORY'];
    }
  }
  assert.equal(
    server.exchanges.map(({ request }) => request.headers.authorization),
    ['Bearer test-token-of-no-worth', 'Bearer copied'],
  );
});

test.run();
