// The watch's worker thread: what costs time, off the event loop. Takes a minute to read, bytes to compress, or an IDs file;
// answers with rows, an .xz stream, or IDs as pairs (domain/tweet-id.ts).
import { LineSplitter } from '../domain/line-splitter.ts';
import { highOfId, isTweetId, lowOfId } from '../domain/tweet-id.ts';
import { piecesOf } from '../outside/pieces.ts';
import { answerQuestions } from '../outside/workers.ts';
import { compressXz, decompressXz } from '../outside/xz.ts';
import { type MinuteAnswer, type MinuteQuestion, readMinute } from './minute.ts';

export interface IdPairs {
  readonly high: Float64Array<ArrayBuffer>;
  readonly low: Float64Array<ArrayBuffer>;
}

export interface CompressQuestion {
  readonly compress: Uint8Array;
  readonly preset: number;
}

export type WatchQuestion = { readonly minute: MinuteQuestion } | CompressQuestion | { readonly idsFile: string };

export type WatchAnswer = MinuteAnswer | Uint8Array<ArrayBuffer> | IdPairs;

/** The IDs of a vault's IDs file; lines that are no ID (a header of another tool's) are passed over. */
async function readIds(path: string): Promise<IdPairs> {
  const ids: string[] = [];
  const take = (line: Buffer): void => {
    const id = line.toString('latin1').trimEnd();
    if (isTweetId(id)) ids.push(id);
  };
  const splitter = new LineSplitter({ line: take, longPart: () => {} }, 64);
  for await (const piece of decompressXz(piecesOf(path))) {
    splitter.push(Buffer.from(piece.buffer, piece.byteOffset, piece.length));
  }
  splitter.finish();
  return { high: Float64Array.from(ids, highOfId), low: Float64Array.from(ids, lowOfId) };
}

function answer(question: WatchQuestion): Promise<WatchAnswer> {
  if ('minute' in question) return readMinute(question.minute);
  if ('idsFile' in question) return readIds(question.idsFile);
  return compressXz(question.compress, question.preset);
}

/** The buffers of an answer, which are large: none of them is looked at here again. */
function buffersOf(found: WatchAnswer): ArrayBuffer[] {
  const parts =
    'is' in found && found.is === 'read' ? [...Object.values(found.rows), ...found.unreadableXz] : Object.values(found);
  const arrays = found instanceof Uint8Array ? [found] : parts.filter((part) => ArrayBuffer.isView(part));
  return arrays.map((array) => array.buffer as ArrayBuffer);
}

answerQuestions(answer, buffersOf);
