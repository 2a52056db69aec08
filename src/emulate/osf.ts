// A stand-in for OSF on loopback: its API and its file server, on two ports, with faults on demand. Takes a token and a clock;
// leaves what was uploaded, to be compared with a vault, and a note of each request.
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describeError } from '../domain/operator-error.ts';
import { type OsfAsked, type OsfFault, type OsfOrders, type OsfRequest, osfOrders } from './osf-fault.ts';
import { type OsfBases, type OsfNode, OsfTree, apiItem, fileServerItem, sha256Of } from './osf-tree.ts';

export interface OsfSetting {
  readonly project: string;
  readonly token: string;
  readonly now: () => number;
  /** Asked at each request that has the right token, before the faults that were ordered. */
  readonly fault?: (request: OsfAsked) => OsfFault | undefined;
  /** Of the faults that befall a share of requests. */
  readonly seed?: number;
  /** The API's port; 0, the default: any free one. The file server's is any free one. */
  readonly port?: number;
  /** What the token may do with the project; read and write where left out. */
  readonly permissions?: readonly string[];
  /** Files in a page of a listing; the real one gives at most 100. */
  readonly pageSize?: number;
}

export interface OsfStandIn extends AsyncDisposable {
  /** http://127.0.0.1:PORT, for [osf] api. */
  readonly api: string;
  readonly tree: OsfTree;
  readonly requests: OsfRequest[];
  /** Orders faults, as text; the same as POST /emulator/fault. Throws OperatorError `wrong-usage`. */
  fault(text: string): void;
}

interface Scene {
  readonly orders: OsfOrders;
  readonly setting: OsfSetting;
  readonly tree: OsfTree;
  readonly bases: OsfBases;
  readonly requests: OsfRequest[];
}

export async function startOsf(setting: OsfSetting): Promise<OsfStandIn> {
  const listen = async (server: Server, port = 0): Promise<string> => {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    request.on('error', () => {});
    void serve(scene, request, response);
  };
  const servers = [createServer(answer), createServer(answer)] as const;
  const [api, files] = [await listen(servers[0], setting.port), await listen(servers[1])];
  const bases = {
    api: `${api}/v2/nodes/${setting.project}/files/osfstorage`,
    files: `${files}/v1/resources/${setting.project}/providers/osfstorage`,
  };
  const orders = osfOrders(setting.now, setting.seed ?? 1);
  const scene: Scene = { setting, tree: new OsfTree(), bases, requests: [], orders };
  return {
    api,
    tree: scene.tree,
    requests: scene.requests,
    fault: (text) => orders.order(text),
    async [Symbol.asyncDispose]() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

async function serve(scene: Scene, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { setting } = scene;
  const url = new URL(request.url ?? '/', 'http://loopback');
  if (url.pathname.startsWith('/emulator')) return serveOwn(scene, request, response);
  const isListing = request.method === 'GET' && url.pathname.includes('/files/');
  const noted = { method: request.method ?? '', path: url.pathname + url.search, isListing, atMs: setting.now() };
  const isKnown = request.headers.authorization === `Bearer ${setting.token}`;
  const fault = isKnown ? (setting.fault?.(noted) ?? scene.orders.befall(noted)) : undefined;
  scene.requests.push({ ...noted, fault });
  if (fault === 'reset') return cut(request.socket);
  if (!isKnown || fault === 'expired') return refuse(response, 401, 'User provided an invalid OAuth2 access token');
  if (fault === 'slow-down') {
    response.setHeader('Retry-After', String(Math.ceil(setting.now() / 1000) + 5));
    return refuse(response, 429, 'Request was throttled.');
  }
  if (fault === 'unavailable') return refuse(response, 503, 'Service temporarily unavailable');
  if (fault === 'nonsense') return void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Hello</h1>');
  if (request.method === 'GET') return list(scene, url, response);
  await change(scene, { request, response, url, fault });
}

/** What the real one has not: a look at what lies there, and faults by request. */
async function serveOwn(scene: Scene, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url } = request;
  if (method === 'GET') return send(response, 200, lookOf(scene));
  if (url !== '/emulator/fault') return refuse(response, 404, 'Not found.');
  if (method === 'DELETE') scene.orders.clear();
  const text = await bodyOf(request, undefined);
  try {
    scene.orders.order(text?.toString() ?? '');
    send(response, 200, {});
  } catch (error) {
    refuse(response, 400, describeError(error));
  }
}

function lookOf({ tree, requests }: Scene): object {
  const files = [...tree.files()].map(([path, content]) => ({
    path,
    bytes: content.length,
    sha256: sha256Of(content),
  }));
  return { files, requests: requests.length };
}

const cut = (socket: Socket): void => void socket.resetAndDestroy();

function refuse(response: ServerResponse, status: number, detail: string): void {
  send(response, status, { errors: [{ detail }], message: detail });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/vnd.api+json' }).end(JSON.stringify(body));
}

function list({ setting, tree, bases }: Scene, url: URL, response: ServerResponse): void {
  const node = `/v2/nodes/${setting.project}/`;
  if (url.pathname === node) {
    const { permissions = ['read', 'write'] } = setting;
    return send(response, 200, { data: { attributes: { current_user_permissions: permissions } } });
  }
  if (url.pathname === `${node}files/`)
    return send(response, 200, { data: [apiItem(tree.root, bases)], links: { next: null } });
  const [, id] = /\/files\/osfstorage\/(?:([^/]+)\/)?$/.exec(url.pathname) ?? [undefined, undefined];
  const folder = url.pathname.startsWith(`${node}files/osfstorage/`) ? tree.at(id ?? '', true) : undefined;
  if (folder?.children === undefined) return refuse(response, 404, 'Not found.');
  const exactly = url.searchParams.get('filter[name][eq]');
  const found = [...folder.children.values()].filter(({ name }) => exactly === null || name === exactly);
  const size = Math.min(setting.pageSize ?? 100, Number(url.searchParams.get('page[size]') ?? 10));
  const page = Number(url.searchParams.get('page') ?? 1);
  const next = new URL(url.pathname + url.search, bases.api);
  next.searchParams.set('page', String(page + 1));
  const data = found.slice((page - 1) * size, page * size).map((item) => apiItem(item, bases));
  send(response, 200, { data, links: { next: page * size < found.length ? next.href : null } });
}

interface Change {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly fault: OsfFault | undefined;
}

async function change(scene: Scene, { request, response, url, fault }: Change): Promise<void> {
  const { setting, tree, bases } = scene;
  // The request lets go of it where reading is broken off.
  const { socket } = request;
  const [, id = '', slash] = /\/providers\/osfstorage\/([^/]*)(\/?)$/.exec(url.pathname) ?? [];
  const target = request.method === 'PUT' ? tree.at(id, slash === '/' || id === '') : undefined;
  if (target === undefined) return refuse(response, 404, 'Could not find file or folder');
  if (request.headers['content-length'] === undefined || fault === 'length-required')
    return refuse(response, 411, 'Length required');
  if (fault === 'quota') return refuse(response, 507, 'You have reached your quota');
  if (fault === 'checked-out' && target.children === undefined)
    return refuse(response, 403, 'File is checked out by another user');
  const name = url.searchParams.get('name') ?? '';
  const isFolder = url.searchParams.get('kind') === 'folder';
  if (target.children && name === '') return refuse(response, 400, 'Missing required parameter name');
  if (fault === 'early-conflict' && target.children) return conflict(request, response, {});
  const existing = target.children?.get(name);
  if (existing) return conflict(request, response, isFolder ? {} : fileServerItem(existing, bases));
  const body = await bodyOf(request, fault === 'half' ? Number(request.headers['content-length']) / 2 : undefined);
  if (body === undefined) return cut(socket);
  // Two requests for the same name may both have been on their way.
  if (target.children?.has(name)) return conflict(request, response, {});
  const node = place(tree, target, isFolder ? { folder: name } : { file: name });
  const stored = fault === 'wrong-bytes' ? Buffer.from(body.map((byte) => byte ^ 1)) : body;
  if (!isFolder) tree.write(node, stored, setting.now());
  if (fault === 'reset-after') return cut(socket);
  send(response, node.version > 1 ? 200 : 201, { data: fileServerItem(node, bases) });
}

function place(tree: OsfTree, target: OsfNode, what: { folder: string } | { file: string }): OsfNode {
  if (target.children === undefined) return target;
  return 'folder' in what ? tree.makeFolder(target, what.folder) : tree.makeFile(target, what.file);
}

/** Answered before the body is read: a client that still sends a large one sees a reset, often before it has read the answer. */
function conflict(request: IncomingMessage, response: ServerResponse, data: unknown): void {
  send(response, 409, { data, message: 'Cannot complete action: file or folder already exists' });
  // What was not read makes the kernel reset the connection. (Node 24's resetAndDestroy here leaves its event loop spinning.)
  if (Number(request.headers['content-length']) > 65_536) response.once('finish', () => request.socket.destroy());
}

/** The whole body; undefined where the connection ended before, or after so many bytes were read. */
async function bodyOf(request: IncomingMessage, mostBytes: number | undefined): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (mostBytes !== undefined && bytes >= mostBytes) return undefined;
    }
  } catch {
    return undefined;
  }
  return mostBytes === undefined ? Buffer.concat(chunks) : undefined;
}
