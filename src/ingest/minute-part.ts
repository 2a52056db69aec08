// The `.part` of one minute, held through errors of the disk: after one, nothing is believed of the file but its whole lines.
// Takes lines and syncs, each of which may be asked for again after an error; leaves the open file to who closes the minute.
import { type Minute, minuteName } from '../domain/time.ts';
import { hasCode } from '../outside/disk.ts';
import type { Batch } from './batch.ts';
import { append, type OpenMinute, openMinute, syncMinute, takeBack } from './open-minute.ts';
import { isFull } from './refusal.ts';
import { isGone, rescue, type RescueParts } from './rescue.ts';
import type { DigestThread } from './running-digest.ts';

export interface PartParts extends RescueParts {
  readonly thread: DigestThread;
}

export class MinutePart {
  readonly minute: Minute;
  readonly #parts: PartParts;
  #open: OpenMinute | undefined;
  /** Of a file that had to be let go after an error: bytes known to be whole lines. */
  #upToBytes: number | undefined;
  /** Those of that file survive a power cut: then it may wait for its name without being open. */
  #isSynced = false;
  /** What a refused append left behind the whole lines stands there still. */
  #isTorn = false;
  #hasLost = false;
  /** A sync of it failed: the kernel tells that once, may have dropped what it could not write, and calls the next sync a success. */
  #isDoubted = false;
  /** Its name was taken away: killed now, the process would leave nothing of it there. */
  #isNameless = false;

  /** `open`: a `.part` that stands already, taken up. */
  constructor(parts: PartParts, minute: Minute, open?: OpenMinute) {
    this.#parts = parts;
    this.minute = minute;
    this.#open = open;
  }

  /** Whole lines that stood in it are gone: nobody can say which seconds they were of. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  /** The file, made if it is not there: only a minute that has one is known to be open, also after a crash. */
  async opened(): Promise<OpenMinute> {
    if (this.#open !== undefined) return this.#open;
    const { spool, thread } = this.#parts;
    const known = this.#upToBytes === undefined ? {} : { upToBytes: this.#upToBytes };
    this.#open = await openMinute(spool, this.minute, { thread, ...known });
    this.#missed((this.#upToBytes ?? 0) - this.#open.bytes);
    return this.#open;
  }

  /** A file that was let go of may come back with less in it, as after a check of the file system, or not at all. */
  #missed(bytes: number): void {
    if (bytes <= 0) return;
    this.#hasLost = true;
    const reason = 'its file lost them while the disk failed';
    this.#parts.log.error('line.lost', { minute: minuteName(this.minute), bytes, reason });
  }

  async append({ bytes, length, lines }: Batch): Promise<void> {
    const open = await this.opened();
    if (this.#isTorn) await open.file.truncate(open.bytes);
    this.#isTorn = false;
    await append(open, { bytes: bytes.subarray(0, length), lines });
  }

  /**
   * Looks whether its name still leads to it. A disk that is merely out of sight keeps what it has: written anew in its place, it would
   * be hidden once that disk is back.
   */
  async look(): Promise<void> {
    const open = this.#open;
    const standing = await open?.file.standing().catch(() => undefined);
    // One that was written anew meanwhile took the name itself.
    if (standing !== undefined && this.#open === open)
      this.#isNameless = standing === 'nameless' || standing === 'replaced';
  }

  /**
   * The file, written anew where a sync of it failed, or a look did not find it. Asked between appends only; where it rejects, the file
   * that stands takes lines as before.
   */
  async renewed(): Promise<OpenMinute> {
    const open = await this.opened();
    if (!this.#isDoubted && !this.#isNameless) return open;
    await rescue(this.#parts, open);
    const { bytes, lines } = open;
    const event = this.#isNameless ? 'minute-file.rescued' : 'minute-file.rewritten';
    this.#parts.log.warn(event, { minute: minuteName(this.minute), lines, bytes });
    this.#isDoubted = false;
    this.#isNameless = false;
    this.#upToBytes = bytes;
    await this.release();
    return this.opened();
  }

  /** As a closing needs it: under its name now, whatever a look found. One on a disk out of sight is written anew, too. */
  async named(): Promise<OpenMinute> {
    this.#isNameless ||= await isGone(await this.opened());
    return this.renewed();
  }

  /**
   * Makes what was appended survive a power cut; false where nobody can say: an error has let go of the file, or it is still to be
   * written anew.
   */
  async sync(): Promise<boolean> {
    if (this.#open === undefined) return this.#upToBytes === undefined || this.#isSynced;
    try {
      await syncMinute(this.#open);
    } catch (error) {
      // A full disk has dropped nothing: it takes no bytes for which it has no room.
      this.#isDoubted ||= !isFull(error);
      throw error;
    }
    return !this.#isDoubted;
  }

  /** After an error nothing is believed of the file but its whole lines. `isWrite`: it was met while appending. */
  async recover(isWrite: boolean, cause: unknown): Promise<void> {
    if (this.#open === undefined) return;
    if (isWrite ? await takeBack(this.#open) : isFull(cause) || hasCode(cause, 'ENOENT')) return;
    this.#isTorn = isWrite;
    // Whose name was taken away is lost with the last hold on it.
    if (await isGone(this.#open).catch(() => false)) return;
    this.#isTorn = false;
    this.#upToBytes = this.#open.bytes;
    this.#isSynced = !isWrite && !this.#isDoubted && (await isSynced(this.#open));
    this.#isDoubted ||= !isWrite && !this.#isSynced;
    await this.release();
  }

  /** Lets go of the file; its `.part` stays. */
  async release(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.file.close().catch(() => {});
  }
}

/** Also where the sync is still under way: then once that has an end. */
const isSynced = async ({ isUnsynced, syncing }: OpenMinute): Promise<boolean> =>
  !isUnsynced &&
  (await syncing.then(
    () => true,
    () => false,
  ));
