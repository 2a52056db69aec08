// The verifier's worker thread: reads one compressed file of the vault through and says what it is. Takes a path and a kind;
// answers with hashes, rows and IDs, or with why it cannot be read.
import { createHash } from 'node:crypto';
import { CsvScanner } from '../domain/csv-scan.ts';
import { LineSplitter } from '../domain/line-splitter.ts';
import { highOfId, isTweetId, lowOfId } from '../domain/tweet-id.ts';
import type { OutputKind } from '../domain/vault.ts';
import { hasCode } from '../outside/disk.ts';
import { piecesOf } from '../outside/pieces.ts';
import { answerQuestions } from '../outside/workers.ts';
import { decompressXz } from '../outside/xz.ts';

/** An output, or a minute file that the vault keeps. */
export type ReadKind = OutputKind | 'kept';

export interface ReadQuestion {
  readonly path: string;
  readonly kind: ReadKind;
}

export interface Reading {
  readonly bytes: number;
  readonly sha256: string;
  /** Of what is in a kept minute file; empty for outputs. */
  readonly contentSha256: string;
  /** Without a header. */
  readonly rows: number;
  /** The IDs in order, of IDs and tweets; empty for other outputs. */
  readonly high: Float64Array<ArrayBuffer>;
  readonly low: Float64Array<ArrayBuffer>;
  /** Why it cannot be read to its end, or what in it is no ID. */
  readonly trouble?: string;
}

interface Reader {
  push(piece: Uint8Array): void;
  /** Rows, once all is read. */
  finish(): number;
}

/** A line is a row; of IDs each must be one. */
function lineReader(kind: ReadKind, take: (id: string) => void): Reader {
  const line = (bytes: Buffer): void => {
    if (kind === 'IDs') take(bytes.toString('latin1'));
  };
  const splitter = new LineSplitter({ line, longPart: () => {} }, 2 ** 24);
  return {
    push: (piece) => splitter.push(Buffer.from(piece.buffer, piece.byteOffset, piece.length)),
    finish() {
      splitter.finish();
      return splitter.lines;
    },
  };
}

/** A record is a row; the first one is the header. */
function recordReader(kind: ReadKind, take: (id: string) => void): Reader {
  const scanner = new CsvScanner((first) => {
    if (kind === 'tweets' && scanner.rows > 1) take(first);
  });
  return {
    push: (piece) => scanner.push(piece),
    finish() {
      if (!scanner.isWhole) throw new Error('its last row is cut off');
      return scanner.rows - 1;
    },
  };
}

async function read({ path, kind }: ReadQuestion): Promise<Reading> {
  const hash = createHash('sha256');
  const contentHash = kind === 'kept' ? createHash('sha256') : undefined;
  const ids: string[] = [];
  let bytes = 0;
  let rows = 0;
  let trouble: string | undefined;
  const take = (id: string): void => {
    if (isTweetId(id)) ids.push(id);
    else trouble ??= `${JSON.stringify(id)} is no ID`;
  };
  function* hashed(): Generator<Uint8Array> {
    for (const piece of piecesOf(path)) {
      hash.update(piece);
      bytes += piece.length;
      yield piece;
    }
  }
  try {
    const reader = kind === 'tweets' || kind === 'users' ? recordReader(kind, take) : lineReader(kind, take);
    for await (const piece of decompressXz(hashed())) {
      contentHash?.update(piece);
      reader.push(piece);
    }
    rows = reader.finish();
  } catch (error) {
    trouble = hasCode(error, 'ENOENT') ? 'it is not there' : `it cannot be read (${String(error)})`;
  }
  const pairs = { high: Float64Array.from(ids, highOfId), low: Float64Array.from(ids, lowOfId) };
  const sums = { sha256: hash.digest('hex'), contentSha256: contentHash?.digest('hex') ?? '' };
  return { bytes, ...sums, rows, ...pairs, ...(trouble !== undefined && { trouble }) };
}

answerQuestions(read, ({ high, low }) => [high.buffer, low.buffer]);
