// The watch's worker thread: what costs time, off the event loop. Takes a minute to read, bytes to compress, an IDs file, or
// a file to hash; answers with rows, an .xz stream, IDs as pairs (domain/tweet-id.ts), or a digest.
import { createHash } from 'node:crypto';
import { giveBack } from '../domain/byte-rows.ts';
import { CsvScanner } from '../domain/csv-scan.ts';
import { LineSplitter } from '../domain/line-splitter.ts';
import { highOfId, isTweetId, lowOfId } from '../domain/tweet-id.ts';
import { piecesOf } from '../outside/pieces.ts';
import { answerQuestions } from '../outside/workers.ts';
import { compressXz, decompressXz, type XzSetting } from '../outside/xz.ts';
import { type MinuteAnswer, type MinuteQuestion, readMinute } from './minute.ts';

export interface IdPairs {
  readonly high: Float64Array<ArrayBuffer>;
  readonly low: Float64Array<ArrayBuffer>;
}

export interface CompressQuestion {
  /** Handed over: gone when it is compressed. */
  readonly compress: Uint8Array<ArrayBuffer>;
  readonly setting: XzSetting;
}

/** A file whose content is wanted by its SHA-256. */
export interface DigestQuestion {
  readonly digestOf: string;
  /** Of what is in the .xz. */
  readonly isCompressed: boolean;
}

/** A file of the vault whose IDs are wanted. */
export interface IdsQuestion {
  readonly idsIn: string;
  readonly kind: 'IDs' | 'tweets';
  /** What the hour's receipt proves; undefined for another tool's. */
  readonly sha256: string | undefined;
}

export type IdsAnswer = IdPairs | { readonly damaged: string };

export type WatchQuestion = { readonly minute: MinuteQuestion } | CompressQuestion | IdsQuestion | DigestQuestion;

/** A digest comes as hexadecimal text. */
export type WatchAnswer = MinuteAnswer | Uint8Array<ArrayBuffer> | IdsAnswer | { readonly sha256: string };

/** The IDs of a vault's file; lines that are no ID (a header of another tool's) are passed over. */
async function readIds({ idsIn, kind, sha256 }: IdsQuestion): Promise<IdsAnswer> {
  const ids: string[] = [];
  const take = (text: string): void => void (isTweetId(text) && ids.push(text));
  const splitter = new LineSplitter(
    { line: (line) => take(line.toString('latin1').trimEnd()), longPart: () => {} },
    64,
  );
  const scanner = new CsvScanner(take);
  const hash = createHash('sha256');
  function* hashed(): Generator<Buffer> {
    for (const piece of piecesOf(idsIn)) {
      hash.update(piece);
      yield piece;
    }
  }
  try {
    for await (const piece of decompressXz(hashed())) {
      if (kind === 'tweets') scanner.push(piece);
      else splitter.push(Buffer.from(piece.buffer, piece.byteOffset, piece.length));
    }
  } catch (error) {
    return { damaged: error instanceof Error ? error.message : String(error) };
  }
  splitter.finish();
  if (sha256 !== undefined && hash.digest('hex') !== sha256) return { damaged: 'it is not what its receipt proves' };
  return { high: Float64Array.from(ids, highOfId), low: Float64Array.from(ids, lowOfId) };
}

async function digest({ digestOf, isCompressed }: DigestQuestion): Promise<{ sha256: string }> {
  const hash = createHash('sha256');
  const pieces = isCompressed ? decompressXz(piecesOf(digestOf)) : piecesOf(digestOf);
  for await (const piece of pieces) hash.update(piece);
  return { sha256: hash.digest('hex') };
}

function answer(question: WatchQuestion): Promise<WatchAnswer> {
  if ('minute' in question) return readMinute(question.minute);
  if ('idsIn' in question) return readIds(question);
  if ('digestOf' in question) return digest(question);
  return compress(question);
}

async function compress({ compress: bytes, setting }: CompressQuestion): Promise<Uint8Array<ArrayBuffer>> {
  const compressed = await compressXz(bytes, setting);
  giveBack(bytes);
  return compressed;
}

/** The buffers of an answer, which are large: none of them is looked at here again. */
function buffersOf(found: WatchAnswer): ArrayBuffer[] {
  const parts =
    'is' in found && found.is === 'read' ? [...Object.values(found.rows), ...found.unreadableXz] : Object.values(found);
  const arrays = found instanceof Uint8Array ? [found] : parts.filter((part) => ArrayBuffer.isView(part));
  return arrays.map((array) => array.buffer as ArrayBuffer);
}

answerQuestions(answer, buffersOf);
