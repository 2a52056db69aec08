// OSF's API (v2) and its file server (WaterButler): folders, files, uploads. Takes a token and HTTP; follows the links in the answers.
// Leaves what lies there, with its hashes, or OsfTrouble that says what stands in the way and when to come back.
import { OperatorError, describeError } from '../domain/operator-error.ts';
import { productName, productVersion } from '../domain/product.ts';
import type { HttpAnswer, HttpCall, HttpRequest } from './http-call.ts';
import { isCertificateTrouble } from './authorities.ts';
import { OsfTrouble, troubleOfAnswer } from './osf-trouble.ts';

export interface OsfSetting {
  /** https://api.osf.io */
  readonly api: string;
  /** Five characters. */
  readonly project: string;
  /** osfstorage */
  readonly storage: string;
  readonly token: string;
  readonly call: HttpCall;
  /** Waits until a request may be made; for questions that list files, within their own limit. */
  readonly pace: (kind: 'listing' | 'other') => Promise<void>;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** Where things are done to a folder: links as the server gave them. `list` is missing where the file server made it just now. */
export interface OsfFolder {
  readonly upload: string;
  readonly newFolder: string;
  readonly list?: string;
}

export interface OsfFile {
  readonly name: string;
  readonly upload: string;
  /** undefined where the answer has none. */
  readonly sha256: string | undefined;
  readonly modifiedMs: number | undefined;
}

export interface Osf {
  root(): Promise<OsfFolder>;
  /** The folder of that name in one that has a `list` link; undefined where there is none. */
  findFolder(parent: OsfFolder, name: string): Promise<OsfFolder | undefined>;
  findFile(parent: OsfFolder, name: string): Promise<OsfFile | undefined>;
  /** undefined: there is one of that name already. */
  makeFolder(parent: OsfFolder, name: string): Promise<OsfFolder | undefined>;
  /** 'exists' where there is a file of that name and the answer does not describe it; `isNew` is false where it does. */
  create(folder: OsfFolder, name: string, bytes: Uint8Array): Promise<{ isNew: boolean; file: OsfFile } | 'exists'>;
  replace(uploadLink: string, bytes: Uint8Array): Promise<OsfFile>;
  /** Permissions of the token on the project, such as read, write. */
  permissions(): Promise<readonly string[]>;
}

interface Item {
  readonly attributes?: {
    readonly name?: string;
    readonly kind?: string;
    readonly provider?: string;
    readonly date_modified?: string;
    readonly modified_utc?: string;
    readonly current_user_permissions?: readonly string[];
    readonly extra?: { readonly hashes?: { readonly sha256?: string } };
  };
  readonly links?: { readonly upload?: string; readonly new_folder?: string };
  readonly relationships?: { readonly files?: { readonly links?: { readonly related?: { readonly href?: string } } } };
}

interface Listing {
  readonly data?: readonly Item[];
  readonly links?: { readonly next?: string | null };
}

/** A question, the statuses that are an answer to it, and whether it counts as a listing. */
interface Question {
  readonly method: HttpRequest['method'];
  readonly url: string;
  readonly body?: Uint8Array | string;
  readonly statuses: readonly number[];
  readonly isListing?: boolean;
}

type Ask = (question: Question) => Promise<HttpAnswer>;

export function osfClient(setting: OsfSetting): Osf {
  const ask: Ask = (question) => askOsf(setting, question);
  const node = `${setting.api.replace(/\/+$/, '')}/v2/nodes/${encodeURIComponent(setting.project)}/`;
  return {
    async root() {
      for await (const item of items(ask, `${node}files/`))
        if (item.attributes?.provider === setting.storage) return folderOf(item);
      const sentence = `The project ${setting.project} has no storage ${setting.storage}.`;
      throw new OsfTrouble('refused', sentence, 'Look at [osf] project and storage.');
    },
    async findFolder(parent, name) {
      const item = await find(ask, parent, { name, kind: 'folder' });
      return item && folderOf(item);
    },
    async findFile(parent, name) {
      const item = await find(ask, parent, { name, kind: 'file' });
      return item && fileOf(item);
    },
    async makeFolder(parent, name) {
      const answer = await ask({
        method: 'PUT',
        url: withQuery(parent.newFolder, { name }),
        body: '',
        statuses: [201, 409],
      });
      return answer.status === 409 ? undefined : folderOf(itemOf(answer));
    },
    async create(folder, name, bytes) {
      const url = withQuery(folder.upload, { kind: 'file', name });
      const answer = await ask({ method: 'PUT', url, body: bytes, statuses: [200, 201, 409] });
      const item = itemOf(answer);
      const isNew = answer.status !== 409;
      const isDescribed = item.links?.upload !== undefined && item.attributes?.kind !== 'folder';
      return isNew || isDescribed ? { isNew, file: fileOf(item) } : 'exists';
    },
    async replace(uploadLink, bytes) {
      return fileOf(itemOf(await ask({ method: 'PUT', url: uploadLink, body: bytes, statuses: [200, 201] })));
    },
    async permissions() {
      const answer = await ask({ method: 'GET', url: node, statuses: [200] });
      return itemOf(answer).attributes?.current_user_permissions ?? [];
    },
  };
}

async function askOsf(setting: OsfSetting, { method, url, body, statuses, isListing }: Question): Promise<HttpAnswer> {
  const { call, token, signal, pace, now } = setting;
  // The token goes wherever the answers' links lead, but never in the clear.
  if (setting.api.startsWith('https:') && !url.startsWith('https:')) throw unlike(`a link without TLS: ${url}`);
  await pace(isListing ? 'listing' : 'other');
  const headers = { Authorization: `Bearer ${token}`, 'User-Agent': `${productName}/${productVersion}` };
  const answer = await call({ method, url, body, headers, signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw noAnswer(new URL(url).host, cause);
  });
  if (statuses.includes(answer.status)) return answer;
  throw troubleOfAnswer(answer, now());
}

function noAnswer(host: string, cause: unknown): OsfTrouble {
  const sentence = `${host} gave no answer (${describeError(cause)}).`;
  if (!isCertificateTrouble(cause))
    return new OsfTrouble('broken', sentence, 'Look at the network and at status.cos.io.', { cause });
  const remedy = 'Its certificate is not trusted: look at the date of this machine, and at what stands in between.';
  return new OsfTrouble('refused', sentence, remedy, { cause });
}

/** More than this is a circle. */
const mostPages = 1000;

/** All pages of a listing. */
async function* items(ask: Ask, link: string, filter: Readonly<Record<string, string>> = {}): AsyncGenerator<Item> {
  let next: string | undefined = withQuery(link, { ...filter, 'page[size]': '100' });
  for (let pages = 0; next !== undefined && pages < mostPages; pages++) {
    const page: Listing = jsonOf(await ask({ method: 'GET', url: next, statuses: [200], isListing: true }));
    yield* page.data ?? [];
    next = page.links?.next ?? undefined;
  }
}

async function find(
  ask: Ask,
  parent: OsfFolder,
  { name, kind }: { name: string; kind: string },
): Promise<Item | undefined> {
  let isTaken = false;
  // A filter may mean "contains": the names are compared again.
  for await (const item of items(ask, listOf(parent), { 'filter[name][eq]': name })) {
    if (item.attributes?.name !== name) continue;
    if (item.attributes.kind === kind) return item;
    isTaken = true;
  }
  if (!isTaken) return undefined;
  const sentence = `At OSF the name ${name}, wanted for a ${kind}, is taken by a ${kind === 'file' ? 'folder' : 'file'}.`;
  throw new OsfTrouble('blocked', sentence, 'Rename or remove that on osf.io.');
}

function withQuery(link: string, query: Readonly<Record<string, string>>): string {
  const url = new URL(link);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

function jsonOf<T>(answer: HttpAnswer): T {
  try {
    return JSON.parse(answer.body.toString()) as T;
  } catch (cause) {
    throw new OsfTrouble(
      'unavailable',
      `OSF's answer (status ${answer.status}) is no JSON.`,
      'Nothing needs doing: it is tried again.',
      { cause },
    );
  }
}

const itemOf = (answer: HttpAnswer): Item => jsonOf<{ data?: Item }>(answer).data ?? {};

function folderOf({ links, relationships }: Item): OsfFolder {
  const list = relationships?.files?.links?.related?.href;
  if (links?.upload === undefined || links.new_folder === undefined) throw unlike('a folder without its links');
  return { upload: links.upload, newFolder: links.new_folder, ...(list !== undefined && { list }) };
}

function fileOf({ attributes, links }: Item): OsfFile {
  if (links?.upload === undefined || attributes?.name === undefined) throw unlike('a file without its link');
  const modifiedMs = Date.parse(attributes.date_modified ?? attributes.modified_utc ?? '');
  return {
    name: attributes.name,
    upload: links.upload,
    sha256: attributes.extra?.hashes?.sha256,
    modifiedMs: Number.isNaN(modifiedMs) ? undefined : modifiedMs,
  };
}

function listOf({ list }: OsfFolder): string {
  if (list !== undefined) return list;
  throw new OperatorError('own-damage', 'A folder was to be listed that has no link for it.', 'Report this.');
}

const unlike = (what: string): OsfTrouble =>
  new OsfTrouble('unavailable', `OSF answered with ${what}.`, 'Nothing needs doing: it is tried again.');
