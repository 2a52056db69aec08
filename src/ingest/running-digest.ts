// The digest of the open minute, counted along with what is written to it: here while that costs little, and in a thread
// that reads the file again once the stream is a flood. Takes batches as they are written; leaves the digest of the name.
import { createHash, type Hash } from 'node:crypto';
import { startWorker, type WorkerHandle } from '../outside/workers.ts';
import type { DigestAnswer, DigestQuestion } from './worker.ts';

/** A write of so many bytes is a flood: at the sample's rate a write is some kilobytes. */
const floodBytes = 1 << 18;
/** So much is asked at once: a tenth of a second of hashing, so that who waits for the thread waits no longer than he must. */
const askedBytes = 16 * (1 << 20);
/**
 * No further do files run ahead of their digests together than the thread hashes in so much processor time: an end waits for it, and is
 * to take 5 s at most where nobody else wants the processor, also where the machine is slower then than it was. That hearing wants it
 * now is no reason to hear less: what is not read in time may be lost, and a later end loses nothing.
 */
const mostAheadMs = 3_000;
/** What is believed of a machine, bytes of a millisecond, before it has shown how fast it hashes. */
const slowBytesPerMs = 50_000;
/** Share of the newest answer in the speed that is reckoned with. */
const newestShare = 1 / 8;

/** Starts the thread at the first flood, and keeps it: floods come again. */
export class DigestThread {
  #worker: WorkerHandle<DigestQuestion, DigestAnswer> | undefined;
  #bytesPerMs: number | undefined;
  #aheadBytes = 0;

  /** Bytes that the thread was asked to hash and has not, of all files. */
  get aheadBytes(): number {
    return this.#aheadBytes;
  }

  /** How far files may run ahead of their digests, as fast as it hashed lately. */
  get mostAheadBytes(): number {
    return mostAheadMs * (this.#bytesPerMs ?? slowBytesPerMs);
  }

  /**
   * SHA-256 in hex; empty where the question is not the last one of its file. Questions are answered in their order. `freshBytes`: as
   * many were not asked for before.
   */
  async ask(question: DigestQuestion, freshBytes: number): Promise<string> {
    this.#aheadBytes += freshBytes;
    const worker = (this.#worker ??= startWorker<DigestQuestion, DigestAnswer>('ingest'));
    try {
      const { digest, bytes, cpuMs } = await worker.ask(question);
      if (bytes >= askedBytes) this.#learn(bytes / cpuMs);
      return digest;
    } catch (error) {
      // The next question starts another one, which begins the file anew.
      if (this.#worker === worker) this.#worker = undefined;
      void worker[Symbol.asyncDispose]();
      throw error;
    } finally {
      this.#aheadBytes -= freshBytes;
    }
  }

  #learn(bytesPerMs: number): void {
    this.#bytesPerMs = bytesPerMs * newestShare + (this.#bytesPerMs ?? bytesPerMs) * (1 - newestShare);
  }

  async close(): Promise<void> {
    await this.#worker?.[Symbol.asyncDispose]();
    this.#worker = undefined;
  }
}

type FollowingThread = Pick<DigestThread, 'ask' | 'aheadBytes' | 'mostAheadBytes'>;

let openings = 0;

export class RunningDigest {
  readonly #path: string;
  readonly #opening = ++openings;
  readonly #thread: FollowingThread;
  /** Undefined once the thread has taken over. */
  #hash: Hash | undefined;
  #bytes: number;
  /** What the thread was asked and has not answered, in order. */
  readonly #asked: Promise<void>[] = [];
  /** As far as the thread was asked. */
  #askedBytes = 0;

  /** Goes on from the hash of the bytes that the file holds already. */
  constructor(
    path: string,
    thread: FollowingThread,
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
    return this.#thread.ask(
      { path: this.#path, opening: this.#opening, bytes: this.#bytes, isLast: true },
      this.#bytes - this.#askedBytes,
    );
  }

  /** Resolves at once, unless this file, with those before it, is too far ahead of its digest. */
  async caughtUp(): Promise<void> {
    for (let [first] = this.#asked; first !== undefined && this.#isTooFarAhead; [first] = this.#asked) await first;
  }

  get #isTooFarAhead(): boolean {
    return this.#thread.aheadBytes + this.#bytes - this.#askedBytes > this.#thread.mostAheadBytes;
  }

  #follow(): void {
    const bytes = this.#bytes;
    const freshBytes = bytes - this.#askedBytes;
    if (freshBytes < askedBytes) return;
    this.#askedBytes = bytes;
    // A failure is met by `end`, which asks for the whole.
    const answered = this.#thread
      .ask({ path: this.#path, opening: this.#opening, bytes, isLast: false }, freshBytes)
      .then(() => {})
      .catch(() => {})
      .finally(() => void this.#asked.shift());
    this.#asked.push(answered);
  }
}
