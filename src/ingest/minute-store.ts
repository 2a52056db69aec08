// The minute that is open on the disk, one at a time, through errors and vanished folders alike.
// Takes what the writer carries out, step by step, each of which may be called again after an error; leaves minute files.
import { emptyDigest, type MinuteFile } from '../domain/minute-file.ts';
import { type Minute, minuteName } from '../domain/time.ts';
import { hasCode } from '../outside/disk.ts';
import type { Log } from '../outside/log.ts';
import type { Batch } from './batch.ts';
import { type Claims, claimsOf, closeEmpty } from './empty-minute.ts';
import {
  append,
  closeMinute,
  isGone,
  type OpenMinute,
  openMinute,
  rescue,
  type Spool,
  syncMinute,
  takeBack,
} from './open-minute.ts';
import { isFull } from './refusal.ts';
import type { DigestThread } from './running-digest.ts';

export interface StoreParts {
  readonly spool: Spool;
  readonly log: Log;
  readonly thread: DigestThread;
  /** A `.part` that stands already, taken up. */
  readonly takenUp?: OpenMinute | undefined;
  /** Of the newest minute, as a process before this one left them. */
  readonly claims?: Claims | undefined;
}

export class MinuteStore {
  readonly #parts: StoreParts;
  #open: OpenMinute | undefined;
  /** Of a file that had to be let go after an error: bytes known to be whole lines. */
  #good: { minute: Minute; bytes: number } | undefined;
  #claims: Claims | undefined;
  /** Those of the minute that is being closed: remembered before that is done, they would be claimed twice after a crash. */
  #closing: Claims | undefined;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#open = parts.takenUp;
    this.#claims = parts.claims;
  }

  /** What the names of the newest closed minute say, for those who may close it once more. */
  get claims(): Claims | undefined {
    return this.#claims;
  }

  /** Makes the minute's `.part`, if it is not there: only a minute that has one is known to be open, also after a crash. */
  async begin(minute: Minute): Promise<void> {
    await this.#opened(minute);
  }

  async append({ minute, bytes, length, lines }: Batch): Promise<void> {
    await append(await this.#opened(minute), { bytes: bytes.subarray(0, length), lines });
  }

  /** Closes the minute, whether it has a `.part` or not. */
  async close(minute: Minute, connectedSeconds: number): Promise<MinuteFile> {
    const { spool, log } = this.#parts;
    this.#closing ??= claimsOf(minute, connectedSeconds, this.#claims);
    const claims = this.#closing;
    const hasPart = this.#open?.minute === minute || this.#good?.minute === minute;
    const open = hasPart ? await this.#opened(minute) : undefined;
    let file: MinuteFile = { minute, lines: 0, connectedSeconds, digest: emptyDigest };
    if (open === undefined || open.lines === 0) await closeEmpty(spool, claims);
    else {
      if (await isGone(spool, open)) {
        await rescue(spool, open);
        log.warn('minute-file.rescued', { minute: minuteName(minute), lines: open.lines });
      }
      file = await closeMinute(spool, open, claims.owedSeconds);
      claims.owedSeconds = 0;
    }
    await open?.file.close().catch(() => {});
    if (hasPart) this.#open = undefined;
    [this.#claims, this.#closing] = [{ ...claims }, undefined];
    return file;
  }

  /** Makes what was appended survive a power cut. */
  async sync(): Promise<void> {
    if (this.#open !== undefined) await syncMinute(this.#open);
  }

  /** After an error nothing is believed of the open file but its whole lines. `isWrite`: it was met while appending. */
  async recover(isWrite: boolean, cause: unknown): Promise<void> {
    if (this.#open === undefined) return;
    if (isWrite ? await takeBack(this.#open) : isFull(cause) || hasCode(cause, 'ENOENT')) return;
    const { minute, bytes, file } = this.#open;
    this.#good = { minute, bytes };
    this.#open = undefined;
    await file.close().catch(() => {});
  }

  /** Lets go of the file; its `.part` stays. */
  async release(): Promise<void> {
    await this.#open?.file.close().catch(() => {});
  }

  async #opened(minute: Minute): Promise<OpenMinute> {
    if (this.#open?.minute === minute) return this.#open;
    const known = this.#good?.minute === minute ? { upToBytes: this.#good.bytes } : {};
    this.#open = await openMinute(this.#parts.spool, minute, { thread: this.#parts.thread, ...known });
    this.#good = undefined;
    return this.#open;
  }
}
