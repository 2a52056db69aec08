// An HTTP/1.1 response as bytes: its head, and the framing of its body taken off in place, without a copy for each piece.
// Takes bytes as they come from a connection; leaves status, headers, and content at the front of the same memory (RFC 9112).

export type ResponseHeaders = Readonly<Record<string, string>>;

export interface ResponseHead {
  readonly status: number;
  /** By lower-case name; repeated ones joined with a comma. */
  readonly headers: ResponseHeaders;
  /** Bytes of the head, its empty line included. */
  readonly length: number;
}

/** The other side does not speak HTTP, or speaks it wrongly. */
export class NotHttp extends Error {
  override readonly name = 'NotHttp';
}

const longestHeadBytes = 64 * 1024;
const longestSizeLine = 1024;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;

/** Reads the head at the beginning of the bytes; undefined while it is not whole. Passes over 1xx heads. Throws NotHttp. */
export function readHead(bytes: Buffer): ResponseHead | undefined {
  let begin = 0;
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n', begin);
    if (end < 0) {
      if (bytes.length - begin > longestHeadBytes || !looksLikeHttp(bytes, begin))
        throw new NotHttp('the answer is no HTTP response');
      return undefined;
    }
    const [first = '', ...lines] = bytes.toString('latin1', begin, end).split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1]);
    if (Number.isNaN(status)) throw new NotHttp(`the answer begins with ${JSON.stringify(first.slice(0, 20))}`);
    begin = end + 4;
    if (status >= 200) return { status, headers: readHeaders(lines), length: begin };
  }
}

function looksLikeHttp(bytes: Buffer, begin: number): boolean {
  const start = bytes.toString('latin1', begin, begin + 5);
  return 'HTTP/'.startsWith(start);
}

function readHeaders(lines: readonly string[]): ResponseHeaders {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) throw new NotHttp(`the answer has a header without a name: ${JSON.stringify(line.slice(0, 20))}`);
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

type Framing = { readonly is: 'chunked' } | { readonly is: 'counted'; left: number } | { readonly is: 'until-close' };

function framingOf({ status, headers }: ResponseHead): Framing {
  if (status === 204 || status === 304) return { is: 'counted', left: 0 };
  if (/(?:^|,)\s*chunked\s*$/i.test(headers['transfer-encoding'] ?? '')) return { is: 'chunked' };
  const length = headers['content-length'];
  if (length === undefined) return { is: 'until-close' };
  if (!/^\d{1,15}$/.test(length)) throw new NotHttp(`the answer has the length ${JSON.stringify(length.slice(0, 60))}`);
  return { is: 'counted', left: Number(length) };
}

type Place = 'size' | 'data' | 'data-end' | 'trailer' | 'over';

/** Takes the framing off a body. Holds no content: what goes in comes out by the same call. */
export class BodyFraming {
  readonly #framing: Framing;
  #place: Place = 'size';
  #left = 0;
  #line = '';

  /** Throws NotHttp for a head whose framing is contradictory. */
  constructor(head: ResponseHead) {
    this.#framing = framingOf(head);
    if (this.#framing.is === 'counted' && this.#framing.left === 0) this.#place = 'over';
  }

  /** Nothing more belongs to this body. */
  get isOver(): boolean {
    return this.#place === 'over';
  }

  /** Moves the content among these bytes to their front; how many they are. Throws NotHttp. */
  strip(bytes: Buffer): number {
    if (this.isOver) return 0;
    if (this.#framing.is === 'until-close') return bytes.length;
    if (this.#framing.is === 'chunked') return this.#stripChunks(bytes);
    const length = Math.min(bytes.length, this.#framing.left);
    this.#framing.left -= length;
    if (this.#framing.left === 0) this.#place = 'over';
    return length;
  }

  #stripChunks(bytes: Buffer): number {
    let kept = 0;
    for (let at = 0; at < bytes.length && this.#place !== 'over';) {
      if (this.#place === 'data') {
        const length = Math.min(this.#left, bytes.length - at);
        if (at > kept) bytes.copyWithin(kept, at, at + length);
        kept += length;
        at += length;
        this.#left -= length;
        if (this.#left === 0) this.#place = 'data-end';
      } else at = this.#readLine(bytes, at);
    }
    return kept;
  }

  /** Reads up to the end of a size line, the line end after a chunk, or a trailer; the place after it. */
  #readLine(bytes: Buffer, from: number): number {
    const end = bytes.indexOf(lineFeed, from);
    const upTo = end < 0 ? bytes.length : end;
    if (this.#line.length + upTo - from > longestSizeLine) throw new NotHttp('the answer has a chunk without a size');
    this.#line += bytes.toString('latin1', from, upTo);
    if (end < 0) return bytes.length;
    const line = this.#line.charCodeAt(this.#line.length - 1) === carriageReturn ? this.#line.slice(0, -1) : this.#line;
    this.#line = '';
    this.#endLine(line);
    return end + 1;
  }

  #endLine(line: string): void {
    if (this.#place === 'trailer') {
      if (line === '') this.#place = 'over';
    } else if (this.#place === 'data-end') {
      if (line !== '') throw new NotHttp('the answer has a chunk longer than its size');
      this.#place = 'size';
    } else {
      const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;|$)/.exec(line)?.[1];
      if (size === undefined) throw new NotHttp(`the answer has the chunk size ${JSON.stringify(line.slice(0, 20))}`);
      this.#left = Number.parseInt(size, 16);
      this.#place = this.#left === 0 ? 'trailer' : 'data';
    }
  }
}
