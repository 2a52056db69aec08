// The digest of the open minute, counted along with what is written to it: here while that costs little, and in a thread
// that reads the file again once the stream is a flood. Takes batches as they are written; leaves the digest of the name.
import { createHash, type Hash } from 'node:crypto';
import { startWorker, type WorkerHandle } from '../outside/workers.ts';
import type { DigestAnswer, DigestQuestion } from './worker.ts';

/** A write of so many bytes is a flood: at the sample's rate a write is some kilobytes. */
const floodBytes = 1 << 18;
/** So much is asked at once: a tenth of a second of hashing, so that who waits for the thread waits no longer than he must. */
const askedBytes = 16 * (1 << 20);
/** No file runs further ahead of its digest than this machine hashes in that time: a close, which waits for it, takes 5 s at most. */
const mostAheadMs = 4_200;
/** What is believed of a machine, bytes/ms, before it has shown how fast it hashes. */
const slowBytesPerMs = 50_000;
/** Share of the newest answer in the speed that is reckoned with. */
const newestShare = 1 / 8;

/** Starts the thread at the first flood, and keeps it: floods come again. */
export class DigestThread {
  #worker: WorkerHandle<DigestQuestion, DigestAnswer> | undefined;
  #bytesPerMs = slowBytesPerMs;

  /** How far a file may run ahead of its digest, as fast as this machine hashed lately. */
  get mostAheadBytes(): number {
    return mostAheadMs * this.#bytesPerMs;
  }

  /** SHA-256 in hex; empty where the question is not the last one of its file. Questions are answered in their order. */
  async ask(question: DigestQuestion): Promise<string> {
    const worker = (this.#worker ??= startWorker<DigestQuestion, DigestAnswer>('ingest'));
    try {
      const { digest, bytes, durationMs } = await worker.ask(question);
      if (bytes >= askedBytes) this.#bytesPerMs += newestShare * (bytes / durationMs - this.#bytesPerMs);
      return digest;
    } catch (error) {
      // The next question starts another one, which begins the file anew.
      if (this.#worker === worker) this.#worker = undefined;
      void worker[Symbol.asyncDispose]();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#worker?.[Symbol.asyncDispose]();
    this.#worker = undefined;
  }
}

export class RunningDigest {
  readonly #path: string;
  readonly #thread: Pick<DigestThread, 'ask' | 'mostAheadBytes'>;
  /** Undefined once the thread has taken over. */
  #hash: Hash | undefined;
  #bytes: number;
  /** What the thread was asked and has not answered, in order. */
  readonly #asked: Promise<void>[] = [];
  /** As far as the thread has come, and as far as it was asked. */
  #followedBytes = 0;
  #askedBytes = 0;

  /** Goes on from the hash of the bytes that the file holds already. */
  constructor(
    path: string,
    thread: Pick<DigestThread, 'ask' | 'mostAheadBytes'>,
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
    for (let [first] = this.#asked; first !== undefined && this.#isTooFarAhead; [first] = this.#asked) await first;
  }

  get #isTooFarAhead(): boolean {
    return this.#bytes - this.#followedBytes > this.#thread.mostAheadBytes;
  }

  #follow(): void {
    const bytes = this.#bytes;
    if (bytes - this.#askedBytes < askedBytes) return;
    this.#askedBytes = bytes;
    // A failure is met by `end`, which asks for the whole.
    const answered = this.#thread
      .ask({ path: this.#path, bytes, isLast: false })
      .then(() => void (this.#followedBytes = bytes))
      .catch(() => {})
      .finally(() => void this.#asked.shift());
    this.#asked.push(answered);
  }
}
