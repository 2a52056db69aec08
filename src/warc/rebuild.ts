// Minute files made again from WARC files: the same names and the same lines as ingest writes them, where the originals are lost.
// Takes payloads with the time of their receipt; leaves closed minute files. A minute that the spool has already is left as it is.
import { type Hash, createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { emptyDigest, minuteFileName, minuteFolder, parseMinuteFileName } from '../domain/minute-file.ts';
import { isEmptyObject, receiptNote } from '../domain/payload.ts';
import { endOfMinute, type Minute, minuteName, minuteOf } from '../domain/time.ts';
import type { Disk, OpenFile } from '../outside/disk.ts';
import { type Heard, secondsHeard } from './arrival-estimate.ts';

export interface RebuildTally {
  /** Minute files made, and the lines in them. */
  minutes: number;
  lines: number;
  /** Minutes that stood in the spool with as many lines or more. */
  alreadyThere: number;
}

interface OpenMinute {
  readonly minute: Minute;
  readonly path: string;
  readonly file: OpenFile;
  readonly hash: Hash;
  waiting: Buffer[];
  waitingBytes: number;
  lines: number;
}

const writeBytes = 1024 * 1024;

export class Rebuild {
  readonly tally: RebuildTally = { minutes: 0, lines: 0, alreadyThere: 0 };
  readonly #disk: Disk;
  readonly #spool: string;
  readonly #version: string;
  readonly #heard: readonly Heard[];
  readonly #made = new Set<Minute>();
  #open: OpenMinute | undefined;

  /** `heard` may grow while lines are added. `version`: what made the files, as noted in each line. */
  constructor(disk: Disk, spool: string, { version, heard }: { version: string; heard: readonly Heard[] }) {
    this.#disk = disk;
    this.#spool = spool;
    this.#version = version;
    this.#heard = heard;
  }

  /** Adds a payload, in the order of receipt. A copy is kept. */
  async add(bytes: Buffer, atMs: number, url: string): Promise<void> {
    const minute = minuteOf(atMs);
    if (this.#open !== undefined && this.#open.minute !== minute) await this.#close();
    this.#open ??= await this.#begin(minute);
    const open = this.#open;
    const note = receiptNote({ url, version: this.#version, retrievedAtMs: atMs });
    const noteStart = isEmptyObject(bytes) ? 1 : 0;
    const line = Buffer.concat([bytes.subarray(0, -1), note.subarray(noteStart)]);
    open.waiting.push(line);
    open.waitingBytes += line.length;
    open.lines++;
    if (open.waitingBytes >= writeBytes) await this.#write(open);
  }

  /** Closes what is open, and makes the empty files of minutes in which a connection stood and nothing came. */
  async finish(): Promise<void> {
    if (this.#open) await this.#close();
    for (const { fromMs, untilMs } of this.#heard) {
      for (let minute = minuteOf(fromMs); minute <= minuteOf(untilMs); minute++) {
        if (!this.#made.has(minute) && endOfMinute(minute) <= untilMs) await this.#makeEmpty(minute);
      }
    }
  }

  /** Throws away what is open, after an error. */
  async abandon(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    await open.file.close().catch(() => {});
    await this.#disk.remove(open.path);
  }

  async #begin(minute: Minute): Promise<OpenMinute> {
    // A hidden name: no listing of the spool takes it for a minute file.
    const path = join(this.#spool, minuteFolder(minute), `.${minuteName(minute).replace(':', '-')}.import`);
    await this.#disk.makeFolder(dirname(path));
    await this.#disk.remove(path);
    const file = await this.#disk.open(path);
    return { minute, path, file, hash: createHash('sha256'), waiting: [], waitingBytes: 0, lines: 0 };
  }

  async #write(open: OpenMinute): Promise<void> {
    const bytes = Buffer.concat(open.waiting, open.waitingBytes);
    open.waiting = [];
    open.waitingBytes = 0;
    open.hash.update(bytes);
    await open.file.append(bytes);
  }

  async #close(): Promise<void> {
    const open = this.#open as OpenMinute;
    await this.#write(open);
    await open.file.sync();
    await open.file.close();
    this.#open = undefined;
    const digest = open.hash.digest('hex').slice(0, 16);
    await this.#place(open.path, { ...open, connectedSeconds: secondsHeard(open.minute, this.#heard), digest });
  }

  async #makeEmpty(minute: Minute): Promise<void> {
    const open = await this.#begin(minute);
    await open.file.close();
    const connectedSeconds = secondsHeard(minute, this.#heard);
    await this.#place(open.path, { minute, lines: 0, connectedSeconds, digest: emptyDigest });
  }

  async #place(path: string, made: Parameters<typeof minuteFileName>[0]): Promise<void> {
    const { minute, lines } = made;
    const folder = dirname(path);
    this.#made.add(minute);
    const there = (await this.#disk.list(folder)).map(({ name }) => parseMinuteFileName(name));
    const isThere = there.some((file) => file?.minute === minute && file.lines >= lines);
    if (isThere || !(await this.#disk.publish(path, join(folder, minuteFileName(made))))) {
      await this.#disk.remove(path);
      this.tally.alreadyThere++;
      return;
    }
    this.tally.minutes++;
    this.tally.lines += lines;
  }
}
