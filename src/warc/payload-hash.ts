// The payload of an HTTP answer, hashed as its bytes go by: the body without chunking, as WARC 1.1 wants it, and the raw body, as
// others write it. Takes the bytes of a whole answer from its first; leaves digests, and whether the answer came to its end.
import { type Hash, createHash } from 'node:crypto';
import { Dechunker } from './dechunker.ts';
import { payloadAlgorithm } from './digest.ts';
import { type HttpHead, codings, readHttpHead } from './http-head.ts';

const nothing: Buffer = Buffer.alloc(0);

export class PayloadHash {
  isSpoiled = false;
  readonly #body: Hash;
  readonly #raw: Hash | undefined;
  #held: Buffer | undefined = nothing;
  #head: HttpHead | undefined;
  #dechunker: Dechunker | undefined;
  #rawBytes = 0;
  /** Used again for each piece. */
  #content: Buffer = nothing;

  /** `algorithm` as node:crypto names it; that of this project's own files unless given. The raw body is hashed only where that is asked for. */
  constructor(algorithm: string = payloadAlgorithm, { alsoRaw = false }: { alsoRaw?: boolean } = {}) {
    this.#body = createHash(algorithm);
    this.#raw = alsoRaw ? createHash(algorithm) : undefined;
  }

  update(bytes: Buffer): void {
    if (this.#held === undefined) return this.#bodyBytes(bytes);
    this.#held = Buffer.concat([this.#held, bytes]);
    const read = readHttpHead(this.#held);
    if (read === 'more') return;
    const behind = this.#held.subarray(read?.bodyAt ?? 0);
    this.#held = undefined;
    this.#head = read?.head;
    if (read && codings(read.head, 'transfer-encoding').includes('chunked')) this.#dechunker = new Dechunker();
    this.#bodyBytes(behind);
  }

  #bodyBytes(bytes: Buffer): void {
    this.#raw?.update(bytes);
    this.#rawBytes += bytes.length;
    if (this.#dechunker === undefined) this.#body.update(bytes);
    else this.#body.update(this.#contentOf(bytes, this.#dechunker));
  }

  /** The content among these bytes, in one piece: to hash a stream's chunks one by one costs more than to move them. */
  #contentOf(bytes: Buffer, dechunker: Dechunker): Buffer {
    if (this.#content.length < bytes.length) this.#content = Buffer.allocUnsafeSlow(bytes.length);
    let length = 0;
    dechunker.feed(bytes, (part) => void (length += part.copy(this.#content, length)));
    return this.#content.subarray(0, length);
  }

  /** Some of the bytes were not hashed, or twice: nothing can be said of the payload any more. */
  spoil(): void {
    this.isSpoiled = true;
  }

  /** What the answer's own framing says of its end; undefined where only the end of the connection can tell. */
  get isComplete(): boolean | undefined {
    if (this.#head === undefined) return false;
    if (this.#dechunker !== undefined) return this.#dechunker.isEnded;
    const length = this.#head.headers.get('content-length');
    return length === undefined ? undefined : this.#rawBytes >= Number(length);
  }

  /** Digests of the body and, where it was asked for, of the raw body. Ends the hashing. */
  digests(): { readonly body: Buffer; readonly raw: Buffer | undefined } {
    return { body: this.#body.digest(), raw: this.#raw?.digest() };
  }
}
