// An answer taken apart: HTTP head, framing and content coding off, until only the content is left.
// Takes the pieces of a stretch; leaves pieces of content. Whatever is not as the head says is told and read as well as can be.
import { withoutCodings } from './content-coding.ts';
import { Dechunker, findChunk } from './dechunker.ts';
import { type HttpHead, codings, readHttpHead } from './http-head.ts';
import type { Piece, Warn } from './piece.ts';

export interface Answer {
  readonly head: HttpHead;
  readonly isChunked: boolean;
  readonly contentCodings: readonly string[];
  /** The body as it was transferred: framing and codings are still on. */
  readonly transferred: AsyncIterable<Piece>;
}

/** Reads the head; undefined, and told, where the bytes do not begin with one. */
export async function openAnswer(pieces: AsyncIterable<Piece>, warn: Warn): Promise<Answer | undefined> {
  const source = pieces[Symbol.asyncIterator]();
  const held: Piece[] = [];
  for (let next = await source.next(); next.done !== true; next = await source.next()) {
    held.push(next.value);
    const read = readHttpHead(Buffer.concat(held.map(({ bytes }) => bytes)));
    if (read === 'more') continue;
    if (read === undefined) break;
    return answerOf(read.head, rest({ held, skip: read.bodyAt, source }));
  }
  await source.return?.();
  warn('http-head', 'the answer has no readable HTTP head');
  return undefined;
}

function answerOf(head: HttpHead, transferred: AsyncIterable<Piece>): Answer {
  const isChunked = codings(head, 'transfer-encoding').includes('chunked');
  return { head, isChunked, contentCodings: codings(head, 'content-encoding'), transferred };
}

async function* rest(from: { held: Piece[]; skip: number; source: AsyncIterator<Piece> }): AsyncGenerator<Piece> {
  const { held, source } = from;
  let { skip } = from;
  try {
    for (const piece of held) {
      if (skip < piece.bytes.length) yield { ...piece, bytes: piece.bytes.subarray(skip) };
      skip = Math.max(0, skip - piece.bytes.length);
    }
    for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
  } finally {
    await source.return?.();
  }
}

/** The body without its framing: what the payload digest of WARC 1.1 is taken of. */
function bodyOf(answer: Pick<Answer, 'isChunked' | 'transferred'>, warn: Warn): AsyncIterable<Piece> {
  return answer.isChunked ? dechunked(answer.transferred, warn) : answer.transferred;
}

/** The content: framing and codings off. */
export function contentOf(answer: Answer, warn: Warn): AsyncIterable<Piece> {
  return withoutCodings(bodyOf(answer, warn), answer.contentCodings, warn);
}

async function* dechunked(pieces: AsyncIterable<Piece>, warn: Warn): AsyncGenerator<Piece> {
  const dechunker = new Dechunker();
  let held: Piece[] = [];
  for await (const piece of pieces) {
    if (dechunker.isBroken) {
      yield piece;
      continue;
    }
    const parts: Buffer[] = [];
    dechunker.feed(piece.bytes, (part) => parts.push(part));
    if (dechunker.isBroken && dechunker.chunks > 0) {
      for (const bytes of parts) yield { ...piece, bytes };
      warn('chunking', `the chunked framing is broken after ${dechunker.chunks} chunks; what follows cannot be read`);
      return;
    }
    if (dechunker.chunks === 0) held.push(piece);
    else held = [];
    if (dechunker.isBroken) {
      warn('chunking', 'it says Transfer-Encoding: chunked, but is not; read as it is');
      yield* held;
    }
    for (const bytes of parts) yield { ...piece, bytes };
  }
}

/** Bytes held while a chunk's beginning is looked for. */
const longestSearchBytes = 8 * 1024 * 1024;

/**
 * The content of a stretch whose beginning is lost, of an answer without content codings: from the next chunk on. The caller drops
 * what stands before the first line end. Told where no chunk is found.
 */
export async function* resumedContent(
  pieces: AsyncIterable<Piece>,
  isChunked: boolean,
  warn: Warn,
): AsyncGenerator<Piece> {
  if (!isChunked) {
    yield* pieces;
    return;
  }
  const source = pieces[Symbol.asyncIterator]();
  const held: Piece[] = [];
  let heldBytes = 0;
  while (heldBytes < longestSearchBytes) {
    const next = await source.next();
    if (next.done !== true) held.push(next.value);
    heldBytes += next.value?.bytes.length ?? 0;
    const found = findChunk(Buffer.concat(held.map(({ bytes }) => bytes)));
    if (found !== undefined) {
      yield* dechunked(rest({ held, skip: found, source }), warn);
      return;
    }
    if (next.done === true) break;
  }
  await source.return?.();
  warn('chunking', 'after the gap no chunk begins that can be told from content');
}
