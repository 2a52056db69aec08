// What an OSF storage holds, in memory: folders and files with their hashes and versions. Takes names and bytes; leaves items
// in the form in which the API and the file server show them.
import { createHash } from 'node:crypto';

export interface OsfNode {
  readonly id: string;
  readonly name: string;
  readonly parent: OsfNode | undefined;
  readonly children: Map<string, OsfNode> | undefined;
  content: Buffer;
  version: number;
  modifiedMs: number;
}

/** The addresses that its links begin with: the API's and the file server's, on two hosts as in the real one. */
export interface OsfBases {
  readonly api: string;
  readonly files: string;
}

export class OsfTree {
  readonly root: OsfNode;
  readonly #nodes = new Map<string, OsfNode>();
  #count = 0;

  constructor() {
    this.root = this.#add('', undefined, true);
  }

  #add(name: string, parent: OsfNode | undefined, isFolder: boolean): OsfNode {
    const id = parent === undefined ? '' : (0x5a0000000000 + ++this.#count).toString(16);
    const children = isFolder ? new Map<string, OsfNode>() : undefined;
    const node = { id, name, parent, children, content: Buffer.alloc(0), version: 0, modifiedMs: 0 };
    parent?.children?.set(name, node);
    this.#nodes.set(id, node);
    return node;
  }

  /** By the id in a link; undefined where there is none, also where a folder's final slash is missing or a file has one. */
  at(id: string, hasSlash: boolean): OsfNode | undefined {
    const node = this.#nodes.get(id);
    return node && (node.children !== undefined) === hasSlash ? node : undefined;
  }

  makeFolder(parent: OsfNode, name: string): OsfNode {
    return this.#add(name, parent, true);
  }

  write(node: OsfNode, content: Buffer, atMs: number): void {
    node.content = content;
    node.version += 1;
    node.modifiedMs = atMs;
  }

  makeFile(parent: OsfNode, name: string): OsfNode {
    return this.#add(name, parent, false);
  }

  /** As people do on the web page: with all that is in it. */
  remove(node: OsfNode): void {
    for (const child of node.children?.values() ?? []) this.remove(child);
    node.parent?.children?.delete(node.name);
    this.#nodes.delete(node.id);
  }

  /** Path and content of each file. */
  files(node = this.root, above = ''): Map<string, Buffer> {
    const found = new Map<string, Buffer>();
    for (const [name, child] of node.children ?? []) {
      if (child.children === undefined) found.set(above + name, child.content);
      else for (const [path, content] of this.files(child, `${above}${name}/`)) found.set(path, content);
    }
    return found;
  }
}

const hash = (algorithm: string, content: Buffer): string => createHash(algorithm).update(content).digest('hex');
export const sha256Of = (content: Buffer): string => hash('sha256', content);

const pathOf = (node: OsfNode): string =>
  node.parent === undefined ? '/' : pathOf(node.parent) + node.name + (node.children ? '/' : '');

/** An item of the API's listings. */
export function apiItem(node: OsfNode, { api, files }: OsfBases): Record<string, unknown> {
  const upload = `${files}/${node.id}${node.children && node.id !== '' ? '/' : ''}`;
  const shown = {
    name: node.id === '' ? 'osfstorage' : node.name,
    provider: 'osfstorage',
    materialized_path: pathOf(node),
  };
  if (node.children === undefined) {
    return {
      id: node.id,
      type: 'files',
      attributes: {
        ...shown,
        kind: 'file',
        size: node.content.length,
        current_version: node.version,
        date_modified: new Date(node.modifiedMs).toISOString(),
        extra: { hashes: { md5: hash('md5', node.content), sha256: sha256Of(node.content) } },
      },
      links: { upload, download: upload, delete: upload },
    };
  }
  return {
    id: node.id,
    type: 'files',
    attributes: { ...shown, kind: 'folder' },
    relationships: { files: { links: { related: { href: `${api}/${node.id}${node.id === '' ? '' : '/'}` } } } },
    links: { upload, new_folder: `${upload}?kind=folder`, delete: upload },
  };
}

/** The same as the file server answers: without relationships, with the modification time under another name. */
export function fileServerItem(node: OsfNode, bases: OsfBases): Record<string, unknown> {
  const {
    attributes,
    relationships: _relationships,
    ...rest
  } = apiItem(node, bases) as {
    attributes: Record<string, unknown>;
    relationships?: unknown;
  };
  const { date_modified: modified, ...others } = attributes;
  return { ...rest, attributes: { ...others, ...(modified !== undefined && { modified_utc: modified }) } };
}
