// Reading CSV back as a stranger would (RFC 4180), piece by piece, to count rows and take their first cells.
// Knows nothing of how csv.ts writes.

const quote = 0x22;
const comma = 0x2c;
const lineFeed = 0x0a;

/** Takes pieces of bytes; tells each row's first cell (unquoted ones only: IDs need no quotes). */
export class CsvScanner {
  /** Rows ended so far, the header included. */
  rows = 0;
  /** Cells of the row that ended last. */
  cells = 0;
  readonly #take: (firstCell: string) => void;
  #isQuoted = false;
  #cellsHere = 1;
  #first = '';
  #firstIsOpen = true;

  constructor(take: (firstCell: string) => void) {
    this.#take = take;
  }

  push(piece: Uint8Array): void {
    let firstFrom = this.#firstIsOpen ? 0 : -1;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at];
      if (byte === quote) this.#isQuoted = !this.#isQuoted;
      else if (this.#isQuoted) continue;
      else if (byte === comma || byte === lineFeed) {
        if (firstFrom >= 0) this.#first += latin1(piece.subarray(firstFrom, at));
        firstFrom = byte === lineFeed ? at + 1 : -1;
        if (byte === lineFeed) this.#endRow();
        else this.#cellsHere++;
      }
    }
    this.#firstIsOpen = firstFrom >= 0;
    if (firstFrom >= 0) this.#first += latin1(piece.subarray(firstFrom));
  }

  /** Did the bytes end with a row's end? */
  get isWhole(): boolean {
    return !this.#isQuoted && this.#firstIsOpen && this.#first === '';
  }

  #endRow(): void {
    this.rows++;
    this.cells = this.#cellsHere;
    this.#take(this.#first);
    this.#cellsHere = 1;
    this.#first = '';
  }
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
