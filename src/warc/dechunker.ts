// Chunked framing taken off, byte by byte as it comes: no chunk, no extension and no trailer is ever held in memory.
// Takes pieces; leaves the parts of them that are content. Source: RFC 9112 §7.1.

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const tab = 0x09;
const space = 0x20;
const semicolon = 0x3b;
const longestSizeDigits = 16;

type State = 'size' | 'extension' | 'data' | 'data-end' | 'trailer' | 'ended' | 'broken';

export class Dechunker {
  #state: State = 'size';
  #left = 0;
  /** Of the size line that is being read. */
  #size = 0;
  #digits = 0;
  #lineBytes = 0;
  /** Chunks begun. */
  chunks = 0;

  /** The last chunk has come. */
  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** What came is no chunked framing; nothing more is taken. */
  get isBroken(): boolean {
    return this.#state === 'broken';
  }

  /** Gives each part of the piece that is content; how much of the piece was taken before the framing broke, all where it did not. */
  feed(bytes: Buffer, content: (part: Buffer) => void): number {
    let at = 0;
    while (at < bytes.length && this.#state !== 'broken') {
      if (this.#state === 'data') {
        const part = bytes.subarray(at, at + this.#left);
        content(part);
        at += part.length;
        this.#left -= part.length;
        if (this.#left === 0) this.#state = 'data-end';
      } else if (this.#state === 'ended') return bytes.length;
      else if (this.#state === 'extension') at = this.#skipExtension(bytes, at);
      else if (this.#step(bytes[at] as number)) at++;
    }
    return at;
  }

  #skipExtension(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(lineFeed, at);
    if (end < 0) return bytes.length;
    this.#endSize();
    return end + 1;
  }

  /** Takes one byte of framing; false where it breaks it. */
  #step(byte: number): boolean {
    if (this.#state === 'size') return this.#sizeByte(byte);
    if (this.#state === 'data-end') {
      if (byte === lineFeed) this.#state = 'size';
      else if (byte !== carriageReturn) this.#state = 'broken';
      return this.#state !== 'broken';
    }
    // A trailer ends with an empty line.
    if (byte === lineFeed) {
      if (this.#lineBytes === 0) this.#state = 'ended';
      this.#lineBytes = 0;
    } else if (byte !== carriageReturn) this.#lineBytes++;
    return true;
  }

  #sizeByte(byte: number): boolean {
    const digit = hexDigit(byte);
    if (digit >= 0 && this.#digits < longestSizeDigits) {
      this.#size = this.#size * 16 + digit;
      this.#digits++;
    } else if (this.#digits === 0 || !(byte === semicolon || byte === space || (byte >= tab && byte <= carriageReturn)))
      this.#state = 'broken';
    else if (byte === lineFeed) this.#endSize();
    else this.#state = 'extension';
    return this.#state !== 'broken';
  }

  #endSize(): void {
    this.#left = this.#size;
    this.#size = 0;
    this.#digits = 0;
    this.#lineBytes = 0;
    if (!Number.isSafeInteger(this.#left)) this.#state = 'broken';
    else this.#state = this.#left === 0 ? 'trailer' : 'data';
    this.chunks++;
  }
}

/** The value of a hexadecimal digit; negative for any other byte. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/**
 * Where chunked framing begins again in bytes that start anywhere: the first size line whose chunk is followed by another size line.
 * Undefined where none is found. For answers whose middle is lost.
 */
export function findChunk(bytes: Buffer): number | undefined {
  for (let at = bytes.indexOf('\r\n', 0, 'latin1'); at >= 0; at = bytes.indexOf('\r\n', at + 2, 'latin1')) {
    const size = sizeLineAt(bytes, at + 2);
    if (size === undefined) continue;
    const next = size.end + size.chunkBytes;
    if (next >= bytes.length) continue;
    if (bytes.subarray(next, next + 2).toString('latin1') === '\r\n' && sizeLineAt(bytes, next + 2)) return at + 2;
  }
  return undefined;
}

function sizeLineAt(bytes: Buffer, at: number): { end: number; chunkBytes: number } | undefined {
  const match = /^([0-9a-fA-F]{1,8})(?:[ \t;][^\r\n]*)?\r\n/.exec(bytes.subarray(at, at + 64).toString('latin1'));
  return match?.[1] === undefined
    ? undefined
    : { end: at + match[0].length, chunkBytes: Number.parseInt(match[1], 16) };
}
