// A real browser (chromium) without a window. Takes a page and widths; leaves what it asked the network for, and answers to questions
// put to the page. Spoken to by its DevTools protocol.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { neededPeer } from './peers.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

export interface Browser extends AsyncDisposable {
  /** Opens a file in a page so many pixels wide. */
  open(path: string, width: number): Promise<Page>;
}

export interface Page {
  /** Addresses of all that the page asked for, itself first. */
  readonly requests: readonly string[];
  /** The value of an expression in the page. */
  ask<T>(expression: string): Promise<T>;
  /** A picture of it, as PNG. */
  picture(): Promise<Buffer>;
}

interface Answer {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: { readonly request?: { readonly url: string } };
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

type Send = (method: string, params?: object, sessionId?: string) => Promise<Record<string, unknown>>;

/** Needs the peer `chromium`. It reaches no host but those that the page names, and tells nobody anything by itself. */
export async function startBrowser(): Promise<Browser> {
  const home = temporaryFolder();
  const options = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const child = spawn(
    neededPeer('chromium'),
    [...options, ...quiet, '--remote-debugging-port=0', `--user-data-dir=${home}`, 'about:blank'],
    { stdio: 'ignore', detached: true, env: { ...process.env, HOME: home } },
  );
  const portFile = join(home, 'DevToolsActivePort');
  // Its two lines may not be written yet.
  const portAndPath = (): string[] | undefined => {
    const lines = existsSync(portFile) ? readFileSync(portFile, 'utf8').split('\n') : [];
    return (lines[1] ?? '') === '' ? undefined : lines;
  };
  const [port = '', path = ''] = await until('the browser listens', portAndPath, 60_000);
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', reject, { once: true });
  });
  const heard: Answer[] = [];
  socket.addEventListener('message', ({ data }) => void heard.push(JSON.parse(String(data)) as Answer));
  const send = senderOn(socket, heard);
  return {
    open: (file, width) => openPage(pathToFileURL(file).href, width, { send, heard }),
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await send('Browser.close').catch(() => {});
      await Promise.race([ended, until('its end', () => child.exitCode !== null, 5000).catch(() => endGroup(child))]);
      socket.close();
    },
  };
}

function endGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL');
}

function senderOn(socket: WebSocket, heard: readonly Answer[]): Send {
  let last = 0;
  return async (method, params = {}, sessionId) => {
    const id = ++last;
    socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }));
    const answer = await until(method, () => heard.find((one) => one.id === id));
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result ?? {};
  };
}

async function openPage(
  url: string,
  width: number,
  { send, heard }: { send: Send; heard: readonly Answer[] },
): Promise<Page> {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = (await send('Target.attachToTarget', { targetId, flatten: true })) as { sessionId: string };
  const within = (method: string, params?: object): Promise<Record<string, unknown>> => send(method, params, sessionId);
  await within('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: false });
  await within('Network.enable');
  await within('Page.enable');
  await within('Page.navigate', { url });
  await until('it is loaded', () =>
    heard.some((one) => one.sessionId === sessionId && one.method === 'Page.loadEventFired'),
  );
  return {
    get requests() {
      const asked = heard.filter((one) => one.sessionId === sessionId && one.method === 'Network.requestWillBeSent');
      return asked.map(({ params }) => params?.request?.url ?? '');
    },
    async ask<T>(expression: string) {
      const { result } = await within('Runtime.evaluate', { expression, returnByValue: true });
      return (result as { value: T }).value;
    },
    async picture() {
      const { data } = await within('Page.captureScreenshot', { captureBeyondViewport: true });
      return Buffer.from(String(data), 'base64');
    },
  };
}
