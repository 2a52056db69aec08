// A file's bytes piece by piece, synchronously: for worker threads, where a large file must not be held as a whole.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const pieceBytes = 4 * 2 ** 20;
const growingPieceBytes = 2 ** 18;
/** Made once: a file that grows is read again and again. */
let growingPiece: Buffer | undefined;
/** One for the thread: files are read one after the other, and fresh buffers would pile up faster than they are collected. */
let piece: Buffer | undefined;

/** The file was written to while it was read. */
export class FileChanged extends Error {
  override readonly name = 'FileChanged';
}

/** The file is larger than whoever reads it takes. */
export class FileTooLarge extends Error {
  override readonly name = 'FileTooLarge';
}

/**
 * Yields the file's bytes in pieces that are overwritten when the next one, of this or another file, is asked for.
 * Throws ENOENT where there is no such file, FileTooLarge before anything is read where it has more than `mostBytes`, and FileChanged
 * where its size or time of change differs between beginning and end.
 */
export function* piecesOf(path: string, mostBytes = Number.POSITIVE_INFINITY): Generator<Buffer> {
  // Never through a link, and never waiting for a pipe's other end: the file may be another machine's gift.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const before = fstatSync(file);
    if (before.size > mostBytes) throw new FileTooLarge(`its ${before.size} bytes are more than ${mostBytes}`);
    piece ??= Buffer.allocUnsafe(pieceBytes);
    let length = readSync(file, piece);
    for (; length > 0; length = readSync(file, piece)) yield piece.subarray(0, length);
    const after = fstatSync(file);
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) throw new FileChanged(path);
  } finally {
    closeSync(file);
  }
}

/** Yields the bytes of a file that grows, from one offset up to another, in pieces that are overwritten when the next one is asked
 * for, also by another reader: one at a time. */
export function* piecesBetween(path: string, fromByte: number, toByte: number): Generator<Buffer> {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  growingPiece ??= Buffer.allocUnsafeSlow(growingPieceBytes);
  const piece = growingPiece;
  try {
    for (let at = fromByte; at < toByte;) {
      const length = readSync(file, piece, 0, Math.min(piece.length, toByte - at), at);
      if (length === 0) throw new FileChanged(path);
      at += length;
      yield piece.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}
