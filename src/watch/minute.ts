// One minute of an hour, in a worker thread: its files read, proven against their names, parsed, flattened, sorted.
// Takes paths and what the names claim; leaves rows as bytes, what was read of each file, and the unreadable lines compressed.
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { ByteRows, type TextForm } from '../domain/byte-rows.ts';
import { HeardPayloads, printOf } from '../domain/heard-payloads.ts';
import type { Server } from '../domain/hour.ts';
import { LineSplitter } from '../domain/line-splitter.ts';
import { MinuteGatherer, type MinuteRows } from '../domain/minute-rows.ts';
import { longestLineBytes, readPayload, type UnreadableReason } from '../domain/tweet.ts';
import { hasCode } from '../outside/disk.ts';
import { FileChanged, FileTooLarge, piecesOf } from '../outside/pieces.ts';
import { compressXz, decompressXz } from '../outside/xz.ts';
import { isTroubleOfOneFile } from './troubles.ts';

/** A minute file as a worker reads it. `claim`: what its name says of its content; an older name says nothing. */
export interface MinuteSource {
  readonly server: Server;
  readonly path: string;
  /** Kept in the vault as .xz. */
  readonly isCompressed: boolean;
  readonly claim?: { readonly lines: number; readonly digest: string };
}

export interface MinuteQuestion {
  /** In the order that decides between copies of a tweet. */
  readonly sources: readonly MinuteSource[];
  readonly preset: number;
}

/** What a file was found to hold, in the order of the sources. */
export interface SourceFacts {
  readonly lines: number;
  readonly bytes: number;
  readonly sha256: string;
}

export type UnreadableCounts = Partial<Record<UnreadableReason, number>>;

/**
 * mismatch: not what its name says, to be set aside; gone: to be looked for again; unreadable: it changes, or the disk refuses it,
 * to be tried again. `source`: its index.
 */
export type MinuteAnswer =
  | {
      readonly is: 'read';
      readonly rows: MinuteRows;
      readonly facts: readonly SourceFacts[];
      readonly unreadable: UnreadableCounts;
      /** Unreadable lines as .xz streams. */
      readonly unreadableXz: readonly Uint8Array<ArrayBuffer>[];
    }
  | { readonly is: 'mismatch'; readonly source: number; readonly why: string }
  | { readonly is: 'gone' | 'unreadable'; readonly source: number; readonly why: string };

const lineFeed = Buffer.from('\n');
/**
 * A file from outside that has more is set aside unread: an hour's rows are held in memory. The sampled stream at its fullest (60 tweets a
 * second of 4.5 kB) makes 16 MB a minute.
 */
const mostMinuteBytes = 2 ** 30;
/** One pair for the thread. */
const buffers = { rows: new ByteRows(1 << 20), users: new ByteRows(1 << 18) };
const heard = new HeardPayloads();

/** Reads a minute. Rejects only for trouble of the disk. */
export async function readMinute({ sources, preset }: MinuteQuestion): Promise<MinuteAnswer> {
  const gatherer = new MinuteGatherer(buffers);
  heard.clear();
  const unreadable = new UnreadableLines(preset);
  const facts: SourceFacts[] = [];
  for (const [index, source] of sources.entries()) {
    try {
      facts.push(await readSource(source, gatherer, unreadable));
    } catch (error) {
      return { ...troubleOf(error, source), source: index };
    }
    const why = mismatch(source, facts[index] as SourceFacts);
    if (why !== undefined) return { is: 'mismatch', source: index, why };
  }
  const unreadableXz = await unreadable.finish();
  return {
    is: 'read',
    rows: gatherer.sorted(),
    facts,
    unreadable: unreadable.counts,
    unreadableXz,
  };
}

type Trouble = { readonly is: 'gone' | 'unreadable' | 'mismatch'; readonly why: string };

function troubleOf(error: unknown, { isCompressed }: MinuteSource): Trouble {
  if (error instanceof FileTooLarge) return { is: 'mismatch', why: `${error.message}, too many for a minute` };
  if (hasCode(error, 'ENOENT')) return { is: 'gone', why: 'it vanished while it was read' };
  if (error instanceof FileChanged) return { is: 'unreadable', why: 'it changes while it is read' };
  const words = error instanceof Error ? error.message : String(error);
  if (isTroubleOfOneFile(error)) return { is: 'unreadable', why: words };
  // The decompressor's errors carry no code of the system: a damaged copy in the vault.
  if (isCompressed && !hasCode(error, 'EMFILE', 'ENFILE', 'ENOMEM')) return { is: 'unreadable', why: words };
  throw error;
}

function mismatch({ claim }: MinuteSource, { lines, bytes, sha256 }: SourceFacts): string | undefined {
  if (claim === undefined || (sha256.startsWith(claim.digest) && lines === claim.lines)) return undefined;
  return `its name says ${claim.lines} lines and digest ${claim.digest}; its ${bytes} bytes are ${lines} lines with digest ${sha256.slice(0, 16)}`;
}

async function readSource(
  source: MinuteSource,
  gatherer: MinuteGatherer,
  unreadable: UnreadableLines,
): Promise<SourceFacts> {
  const hash = createHash('sha256');
  let bytes = 0;
  const splitter = new LineSplitter(
    {
      line(line) {
        const reason = takeLine(line, gatherer, source.server);
        if (reason !== undefined) unreadable.add(reason, line);
      },
      longPart: (part, isLast) => unreadable.addLongPart(part, isLast),
    },
    longestLineBytes,
  );
  const pieces = source.isCompressed ? decompressXz(piecesOf(source.path)) : piecesOf(source.path, mostMinuteBytes);
  for await (const piece of pieces) {
    hash.update(piece);
    bytes += piece.length;
    splitter.push(Buffer.from(piece.buffer, piece.byteOffset, piece.length));
    await unreadable.compress();
  }
  splitter.finish();
  return { lines: splitter.lines, bytes, sha256: hash.digest('hex') };
}

/** Gathers a readable line; gives the reason of any other. */
function takeLine(line: Buffer, gatherer: MinuteGatherer, server: Server): UnreadableReason | undefined {
  const print = printOf(line);
  const known = print ? heard.find(line, print) : -1;
  if (known >= 0) {
    gatherer.hearAgain(known, server);
    return undefined;
  }
  const form = formOf(line);
  const payload = readLine(line, form);
  if (typeof payload === 'string') return payload;
  try {
    const row = gatherer.add(payload, server, form);
    if (print) heard.add(line, print, row);
    return undefined;
  } catch (error) {
    // What is nested too deep to be written as JSON again is none that anybody could read.
    if (error instanceof RangeError) return 'not-json';
    throw error;
  }
}

const escape = Buffer.from('\\u');

/**
 * How a line's text is taken. Bytes beyond ASCII stand only within strings, which nothing here looks into: each passes as one
 * character, and as the same byte into the row, without the time for decoding. An escape may name any character: then all is decoded.
 */
const formOf = (line: Buffer): TextForm => (line.includes(escape) ? 'utf8' : 'latin1');

function readLine(line: Buffer, form: TextForm): ReturnType<typeof readPayload> {
  if (!isUtf8(line)) return 'not-utf8';
  let value: unknown;
  try {
    value = JSON.parse(line.toString(form));
  } catch {
    return 'not-json';
  }
  return readPayload(value);
}

const unreadableBlockBytes = 4 * 2 ** 20;

/**
 * Lines that cannot be read: counted by reason, kept verbatim, compressed in blocks of one size so that their number is no
 * matter; blocks end at a byte, wherever the file's pieces ended.
 */
class UnreadableLines {
  readonly counts: UnreadableCounts = {};
  readonly #preset: number;
  readonly #full: Uint8Array[] = [];
  readonly #compressed: Uint8Array<ArrayBuffer>[] = [];
  #open: Uint8Array | undefined;
  #used = 0;

  constructor(preset: number) {
    this.#preset = preset;
  }

  add(reason: UnreadableReason, line: Uint8Array): void {
    this.counts[reason] = (this.counts[reason] ?? 0) + 1;
    this.#write(line);
    this.#write(lineFeed);
  }

  addLongPart(part: Uint8Array, isLast: boolean): void {
    this.#write(part);
    if (isLast) this.add('too-long', new Uint8Array());
  }

  #write(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length;) {
      this.#open ??= new Uint8Array(unreadableBlockBytes);
      const part = bytes.subarray(start, start + unreadableBlockBytes - this.#used);
      this.#open.set(part, this.#used);
      this.#used += part.length;
      start += part.length;
      if (this.#used === unreadableBlockBytes) this.#end();
    }
  }

  #end(): void {
    if (this.#open) this.#full.push(this.#open.subarray(0, this.#used));
    this.#open = undefined;
    this.#used = 0;
  }

  /** Compresses the blocks that are full. */
  async compress(): Promise<void> {
    for (const block of this.#full.splice(0)) this.#compressed.push(await compressXz(block, { preset: this.#preset }));
  }

  async finish(): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    this.#end();
    await this.compress();
    return this.#compressed;
  }
}
