// The way of bytes into one response: pieces, compression, slowness, and its end. Takes bytes in order;
// leaves them on the wire as the manner has it, and says when the kernel has taken them.
import type { ServerResponse } from 'node:http';
import { createGzip, constants, type Gzip } from 'node:zlib';
import type { Clock } from '../outside/clock.ts';
import { type Manner, mannerAt, piecesOf, plainManner } from './manner.ts';

interface Waiting {
  bytes: Buffer;
  readonly taken: () => void;
}

export class Pipe {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #gzip: Gzip | undefined;
  #waiting: Waiting[] = [];
  #manner: Manner = plainManner;
  #lastDripMs = 0;
  #breaksGzip = false;
  #lastWriteMs: number;

  constructor(response: ServerResponse, { clock, isCompressed }: { clock: Clock; isCompressed: boolean }) {
    this.#response = response;
    this.#clock = clock;
    this.#lastWriteMs = clock.monotonic();
    this.#gzip = isCompressed ? createGzip() : undefined;
    this.#gzip?.on('data', (bytes: Buffer) => response.write(this.#breaksGzip ? bytes.fill(0xff) : bytes));
  }

  /** Nothing waits, and the kernel takes more. */
  get isFree(): boolean {
    return this.#waiting.length === 0 && !this.#response.writableNeedDrain && !this.#gzip?.writableNeedDrain;
  }

  /** Milliseconds since bytes were written last. */
  get silentMs(): number {
    return this.#clock.monotonic() - this.#lastWriteMs;
  }

  get isDripping(): boolean {
    return this.#manner.is === 'drip' && this.#waiting.length > 0;
  }

  set manner(manner: Manner) {
    this.#manner = manner;
    this.#lastDripMs = this.#clock.monotonic();
  }

  send(bytes: Buffer, taken: () => void = () => {}): void {
    this.#waiting.push({ bytes, taken });
    this.push();
  }

  /** Writes what waits, as far as the manner allows. */
  push(): void {
    this.#manner = mannerAt(this.#manner, this.#clock.monotonic());
    if (this.#manner.is === 'drip') return this.#drip(this.#manner);
    for (const { bytes, taken } of this.#waiting.splice(0)) this.#write(bytes, taken);
  }

  /** Writes all that waits, whatever the manner. */
  flush(): void {
    for (const { bytes, taken } of this.#waiting.splice(0)) this.#write(bytes, taken);
  }

  /** From here on the compressed bytes are wrong. */
  breakGzip(): void {
    this.#breaksGzip = true;
  }

  /** Ends the response in order. */
  end(): void {
    this.flush();
    if (this.#gzip === undefined) return void this.#response.end();
    this.#gzip.once('end', () => this.#response.end());
    this.#gzip.end();
  }

  /** Closes the connection in order, but not the response: its last chunk is missing. */
  close(): void {
    this.flush();
    this.#response.socket?.end();
  }

  reset(): void {
    this.#waiting = [];
    this.#response.socket?.resetAndDestroy();
  }

  #drip({ bytes: most, everyMs }: Manner & { is: 'drip' }): void {
    const drops = Math.floor((this.#clock.monotonic() - this.#lastDripMs) / everyMs);
    this.#lastDripMs += drops * everyMs;
    for (let left = drops * most; left > 0 && this.#waiting[0];) {
      const [first] = this.#waiting;
      const piece = first.bytes.subarray(0, left);
      first.bytes = first.bytes.subarray(piece.length);
      left -= piece.length;
      this.#write(piece, first.bytes.length === 0 ? first.taken : () => {});
      if (first.bytes.length === 0) this.#waiting.shift();
    }
  }

  #write(bytes: Buffer, taken: () => void): void {
    if (bytes.length === 0) return taken();
    this.#lastWriteMs = this.#clock.monotonic();
    const pieces = piecesOf(bytes, this.#manner);
    const last = pieces.length - 1;
    for (const [index, piece] of pieces.entries()) {
      const done = (error?: Error | null): void => {
        if (index === last && !error) taken();
      };
      if (this.#gzip === undefined) this.#response.write(piece, done);
      else {
        this.#gzip.write(piece);
        this.#gzip.flush(constants.Z_SYNC_FLUSH, () => done());
      }
    }
  }
}
