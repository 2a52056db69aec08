// A window on a file that is read here and there, mostly forward: what lies in the last piece read is not read again.
// Takes an open file; leaves its bytes from any offset.
import type { ReadableFile } from '../outside/disk.ts';

/** Bytes read at once. */
const pieceBytes = 256 * 1024;

export class FileWindow {
  readonly path: string;
  readonly size: number;
  readonly #file: ReadableFile;
  #piece: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(path: string, file: ReadableFile) {
    this.path = path;
    this.size = file.size;
    this.#file = file;
  }

  /** Bytes from an offset on: at least `least` unless the file ends before, usually more; none at its end. Valid for good. */
  async at(offset: number, least = 1): Promise<Buffer> {
    const inPiece = offset - this.#start;
    const has = this.#piece.length - inPiece;
    const isEnough = has >= least || this.#start + this.#piece.length >= this.size;
    if (inPiece >= 0 && has > 0 && isEnough) return this.#piece.subarray(inPiece);
    if (offset >= this.size) return Buffer.alloc(0);
    this.#piece = await this.#file.bytesAt(offset, Math.max(least, pieceBytes));
    this.#start = offset;
    return this.#piece;
  }
}

/** The file's bytes from an offset to its end. */
export async function* bytesFrom(file: FileWindow, offset: number): AsyncGenerator<Buffer> {
  for (let at = offset; ;) {
    const bytes = await file.at(at);
    if (bytes.length === 0) return;
    yield bytes;
    at += bytes.length;
  }
}
