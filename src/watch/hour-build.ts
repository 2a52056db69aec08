// An hour in the making, live or from a backlog alike. Takes its minutes in order, each as soon as its files are there;
// leaves compressed outputs, what was read, and the IDs that the next hour leaves out. Nothing is written: it can be dropped
// at any time and made again from the minute files.
import { createHash } from 'node:crypto';
import { BlockCutter, blockEnds, blockSetting, dwindlingBlocks } from '../domain/blocks.ts';
import { giveBack } from '../domain/byte-rows.ts';
import { csvRow } from '../domain/csv.ts';
import { HourMerge, type MergeCounts, type Neighbours } from '../domain/hour-merge.ts';
import type { IdTable } from '../domain/id-table.ts';
import type { ReceiptInput } from '../domain/receipt.ts';
import { type Hour, type Minute, minuteName } from '../domain/time.ts';
import { tweetColumns, unreadableReasons, userColumns } from '../domain/tweet.ts';
import { type OutputKind, outputKinds } from '../domain/vault.ts';
import type { Crew } from './crew.ts';
import { identityOf, type InputFile, inOrder, sourceOf } from './input-file.ts';
import type { MinuteAnswer, UnreadableCounts } from './minute.ts';

/** An output as it will stand in the vault. */
export interface BuiltOutput {
  readonly kind: OutputKind;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** An output with its bytes. */
export interface OutputContent extends BuiltOutput {
  readonly content: readonly Uint8Array[];
}

export interface BuiltHour {
  readonly inputs: readonly ReceiptInput[];
  readonly counts: MergeCounts;
  readonly unreadable: UnreadableCounts;
  readonly leftOut: readonly string[];
  /** Each as soon as its last block is compressed: what is whole can be written while the rest is still at work. */
  readonly outputs: readonly Promise<OutputContent>[];
}

export interface BuildSetting {
  readonly hour: Hour;
  readonly crew: Crew;
  readonly preset: number;
  readonly neighbours: Neighbours;
}

/** A file that cannot go into the hour as it is. */
export interface FileTrouble {
  readonly is: 'mismatch' | 'gone' | 'unreadable';
  readonly file: InputFile;
  readonly why: string;
}

export class HourBuild {
  readonly hour: Hour;
  /** Identities of the files merged so far, minute by minute. */
  readonly merged: string[][] = [];
  readonly #setting: BuildSetting;
  readonly #merge: HourMerge;
  readonly #outputs: Record<OutputKind, Promise<Uint8Array<ArrayBuffer>>[]> = {
    IDs: [],
    tweets: [],
    users: [],
    unreadable: [],
  };
  readonly #cutters: Record<'IDs' | 'tweets', BlockCutter>;
  readonly #inputs: ReceiptInput[] = [];
  readonly #unreadable: UnreadableCounts = {};
  readonly #pending = new Set<Promise<unknown>>();

  constructor(setting: BuildSetting) {
    this.#setting = setting;
    this.hour = setting.hour;
    const cutter = (kind: 'IDs' | 'tweets'): BlockCutter =>
      new BlockCutter(blockEnds[kind].mostBytes, (block) => this.#compress(kind, block));
    this.#cutters = { IDs: cutter('IDs'), tweets: cutter('tweets') };
    this.#merge = new HourMerge(setting.neighbours, {
      tweets: (rows, first, end) => this.#cutters.tweets.addRows(rows, first, end),
      id: (bytes, start, end) => this.#cutters.IDs.addLine(bytes, start, end),
    });
    this.#cutters.tweets.add(Buffer.from(csvRow(tweetColumns)));
  }

  /**
   * Merges the minutes that follow those merged so far, each with the files given for it. Reads ahead, but never far.
   * Stops before the first minute with a file in trouble, and gives that trouble.
   */
  async addMinutes(minutes: readonly (readonly InputFile[])[]): Promise<FileTrouble | undefined> {
    const { crew, preset, hour } = this.#setting;
    const ordered = minutes.map(inOrder);
    const answers: Promise<MinuteAnswer>[] = [];
    for (const [index, files] of ordered.entries()) {
      while (answers.length < Math.min(ordered.length, index + crew.size + 1)) {
        const answer = crew.minute(hour.start, { sources: (ordered[answers.length] ?? []).map(sourceOf), preset });
        answer.catch(() => {});
        answers.push(answer);
      }
      const answer = await (answers[index] as Promise<MinuteAnswer>);
      if (answer.is !== 'read') return { is: answer.is, file: files[answer.source] as InputFile, why: answer.why };
      this.#addMinute(files, answer);
      // One block beyond those under way: whoever is done with one takes it, and reads on after that.
      while (this.#pending.size > crew.size) await Promise.race(this.#pending);
    }
    return undefined;
  }

  #addMinute(files: readonly InputFile[], answer: MinuteAnswer & { is: 'read' }): void {
    this.#merge.addMinute(answer.rows);
    // All of it is copied.
    for (const part of Object.values(answer.rows)) if (typeof part !== 'number') giveBack(part);
    this.merged.push(files.map(identityOf));
    const minuteOfHour = this.merged.length;
    for (const kind of ['tweets', 'IDs'] as const) {
      if (blockEnds[kind].minutes.has(minuteOfHour)) this.#cutters[kind].cut();
    }
    for (const reason of unreadableReasons) {
      const lines = answer.unreadable[reason] ?? 0;
      if (lines > 0) this.#unreadable[reason] = (this.#unreadable[reason] ?? 0) + lines;
    }
    for (const block of answer.unreadableXz) this.#outputs.unreadable.push(Promise.resolve(block));
    const minute = this.hour.start + minuteOfHour - 1;
    for (const [index, file] of files.entries()) this.#inputs.push(receiptInput(file, minute, answer.facts[index]));
  }

  #compress(kind: 'IDs' | 'tweets' | 'users', block: Uint8Array<ArrayBuffer>): void {
    const { crew, preset, hour } = this.#setting;
    const compressed = crew.compress(hour.start, block, blockSetting(kind, preset));
    this.#outputs[kind].push(compressed);
    const done = settled(compressed, () => this.#pending.delete(done));
    this.#pending.add(done);
  }

  /** Are all 60 minutes merged? Then the IDs are final, and the next hour can begin. */
  get isMerged(): boolean {
    return this.merged.length === 60;
  }

  /** What the next hour leaves out: every ID of this hour's files but those that the next hour keeps. */
  get ids(): IdTable {
    return this.#merge.idsForNext();
  }

  /** Has what is left compressed, and gives the whole hour. To be called once, when all is merged. */
  finish(): BuiltHour {
    const header = Buffer.from(csvRow(userColumns));
    const users = this.#merge.authors.sorted();
    for (const block of dwindlingBlocks(header, users)) this.#compress('users', block);
    giveBack(users.bytes);
    const counts = this.#merge.counts();
    if (counts.total === 0) this.#compress('IDs', new Uint8Array());
    const rows = {
      IDs: counts.total,
      tweets: counts.total,
      users: this.#merge.authors.size,
      unreadable: Object.values(this.#unreadable).reduce((sum, lines) => sum + lines, 0),
    };
    const kinds = outputKinds.filter((kind) => this.#outputs[kind].length > 0);
    const outputs = kinds.map((kind) => wholeOutput(kind, rows[kind], this.#outputs[kind]));
    for (const output of outputs) output.catch(() => {});
    return { inputs: this.#inputs, counts, unreadable: this.#unreadable, leftOut: this.#merge.leftOut(), outputs };
  }
}

function receiptInput(
  file: InputFile,
  minute: Minute,
  facts: { lines: number; bytes: number; sha256: string } | undefined,
): ReceiptInput {
  const { lines = 0, bytes = 0, sha256 = '' } = facts ?? {};
  const seconds = file.claim?.connectedSeconds ?? null;
  return { server: file.server, file: file.name, minute: minuteName(minute), lines, bytes, seconds, sha256 };
}

async function wholeOutput(
  kind: OutputKind,
  rows: number,
  blocks: readonly Promise<Uint8Array<ArrayBuffer>>[],
): Promise<OutputContent> {
  const hash = createHash('sha256');
  const content: Uint8Array[] = [];
  for (const pending of blocks) {
    const block = await pending;
    hash.update(block);
    content.push(block);
  }
  const bytes = content.reduce((sum, block) => sum + block.length, 0);
  return { kind, rows, bytes, sha256: hash.digest('hex'), content };
}

/** Resolves when the work has ended, well or not, after telling so; whoever needs the work's result awaits that. */
async function settled(work: Promise<unknown>, tell: () => void): Promise<void> {
  await Promise.allSettled([work]);
  tell();
}
