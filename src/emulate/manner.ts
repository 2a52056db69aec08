// How a connection writes: the pieces into which its bytes are cut. Takes bytes and the manner that a fault asked for;
// leaves pieces, each of which travels as one chunk of the response.

export type Manner =
  | { readonly is: 'plain' }
  /** The first character of several bytes in each line is split over two chunks. */
  | { readonly is: 'split-characters'; readonly untilMs: number }
  | { readonly is: 'chunks'; readonly bytes: number; readonly untilMs: number }
  /** So many bytes in so many milliseconds. */
  | { readonly is: 'drip'; readonly bytes: number; readonly everyMs: number; readonly untilMs: number };

export const plainManner: Manner = { is: 'plain' };

export const mannerAt = (manner: Manner, nowMs: number): Manner =>
  manner.is !== 'plain' && nowMs >= manner.untilMs ? plainManner : manner;

export function piecesOf(bytes: Buffer, manner: Manner): Buffer[] {
  if (manner.is === 'chunks') return everyBytes(bytes, manner.bytes);
  return manner.is === 'split-characters' ? splitCharacters(bytes) : [bytes];
}

function everyBytes(bytes: Buffer, length: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += length) pieces.push(bytes.subarray(at, at + length));
  return pieces;
}

function splitCharacters(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  let isLineCut = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === 0x0a) isLineCut = false;
    if (byte < 0xc2 || isLineCut) continue;
    isLineCut = true;
    pieces.push(bytes.subarray(from, at + 1));
    from = at + 1;
  }
  pieces.push(bytes.subarray(from));
  return pieces;
}
