// The digest of the open minute, counted along with what is written to it: here while that costs little, and in a thread
// that reads the file again once the stream is a flood. Takes batches as they are written; leaves the digest of the name.
import { createHash, type Hash } from 'node:crypto';
import { startWorker, type WorkerHandle } from '../outside/workers.ts';
import type { DigestAnswer, DigestQuestion } from './worker.ts';

/** A write of so many bytes is a flood: at the sample's rate a write is some kilobytes. */
const floodBytes = 1 << 18;
/** A burst is read first and hashed later: only beyond so many bytes does the thread take cores from those who read. */
const burstBytes = 256 * (1 << 20);
/** No file runs further ahead of its digest: what is left at the close is hashed within some two seconds. */
const mostAheadBytes = 1 << 29;

/** Starts the thread at the first flood, and keeps it: floods come again. */
export class DigestThread {
  #worker: WorkerHandle<DigestQuestion, DigestAnswer> | undefined;

  ask(question: DigestQuestion): Promise<DigestAnswer> {
    this.#worker ??= startWorker<DigestQuestion, DigestAnswer>('ingest');
    return this.#worker.ask(question).catch((error: unknown) => {
      // The next question starts another one, which begins the file anew.
      this.#worker = undefined;
      throw error;
    });
  }

  async close(): Promise<void> {
    await this.#worker?.[Symbol.asyncDispose]();
    this.#worker = undefined;
  }
}

export class RunningDigest {
  readonly #path: string;
  readonly #thread: DigestThread;
  /** Undefined once the thread has taken over. */
  #hash: Hash | undefined;
  #bytes: number;
  /** As far as the thread has come. */
  #followedBytes = 0;
  #following: Promise<void> | undefined;

  /** Goes on from the hash of the bytes that the file holds already. */
  constructor(
    path: string,
    thread: DigestThread,
    { hash, bytes }: { hash: Hash; bytes: number } = { hash: createHash('sha256'), bytes: 0 },
  ) {
    this.#path = path;
    this.#thread = thread;
    this.#hash = hash;
    this.#bytes = bytes;
  }

  /** Counts bytes that are being written; the function given back is to be called once they stand, and not where they were refused. */
  count(bytes: Buffer): () => void {
    if (bytes.length >= floodBytes) this.#hash = undefined;
    const hash = this.#hash?.copy().update(bytes);
    return () => {
      this.#hash = hash;
      this.#bytes += bytes.length;
      if (hash === undefined) this.#follow();
    };
  }

  /** SHA-256 in hex of all that stands. */
  async end(): Promise<string> {
    if (this.#hash !== undefined) return this.#hash.copy().digest('hex');
    return this.#thread.ask({ path: this.#path, bytes: this.#bytes, isLast: true });
  }

  /** Resolves at once, unless the file is too far ahead of its digest. */
  async caughtUp(): Promise<void> {
    if (this.#bytes - this.#followedBytes > mostAheadBytes) await this.#following;
  }

  #follow(): void {
    const bytes = this.#bytes;
    if (this.#following !== undefined || bytes - this.#followedBytes < burstBytes) return;
    // A failure is met by `end`, which asks for the whole.
    this.#following = this.#thread
      .ask({ path: this.#path, bytes, isLast: false })
      .then(() => void (this.#followedBytes = bytes))
      .catch(() => {})
      .finally(() => (this.#following = undefined));
  }
}
