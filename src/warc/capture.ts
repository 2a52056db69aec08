// One answer on its way into spools: bytes as they come, cut into segments, never in the way of whoever else hears the stream.
// Takes chunks with the time they came; leaves spools, and jobs for the sealer. Memory is bounded: where the disk lags too far behind,
// the rest of this answer is not archived, and that is told.
import { join } from 'node:path';
import { describeError } from '../domain/operator-error.ts';
import type { World } from '../outside/world.ts';
import { ByteQueue } from './byte-queue.ts';
import { Handed } from './handed.ts';
import { PayloadHash } from './payload-hash.ts';
import {
  type OpenSegment,
  appendMore,
  appendTo,
  isMoreOfTheSame,
  closeSegment,
  forgetSegment,
  openSegment,
} from './open-segment.ts';
import type { Sealer } from './sealer.ts';
import { type ConnectionEnd, type SegmentPlan, descriptionName, unknownEnd } from './segment-plan.ts';
import { type Troubles, gaveUpSentence, refusedSentence } from './troubles.ts';

/** Bytes that may wait for the disk. */
const boundBytes = 64 * 1024 * 1024;
const longestRetryMs = 1_000;
const syncEveryMs = 5_000;

export interface CaptureSetting {
  readonly world: World;
  readonly folder: string;
  readonly sealer: Sealer;
  readonly troubles: Troubles;
  /** A segment's file is never larger, uncompressed. */
  readonly segmentBytes: number;
  /** A segment ends where the clock passes a multiple of this. */
  readonly segmentMs: number;
  /** Is the disk so full that the minute files might suffer? */
  readonly isTight: () => boolean | Promise<boolean>;
  /** The plan of the next segment. */
  readonly plan: (before: SegmentPlan | undefined, bytesBefore: number, startedMs: number) => SegmentPlan;
}

export class Capture {
  readonly #setting: CaptureSetting;
  readonly #payload = new PayloadHash();
  readonly #queue = new ByteQueue();
  #open: OpenSegment | undefined;
  #next: SegmentPlan | undefined;
  #running: Promise<void> | undefined;
  #end: ConnectionEnd | undefined;
  readonly #givingUp = new AbortController();
  #hasEnded = false;
  #isNew = true;
  /** The disk refused the last time: nobody waits for it. */
  #isRefused = false;
  readonly #handed = new Handed();
  #syncedMs = 0;
  #isSyncing = false;

  constructor(setting: CaptureSetting) {
    this.#setting = setting;
    this.#start();
  }

  /** Takes a copy of the bytes; returns at once. */
  take(bytes: Buffer): void {
    if (this.#givingUp.signal.aborted || this.#hasEnded) return;
    this.#queue.push(bytes, this.#setting.world.clock.now());
    this.#handed.took(bytes.length);
    if (this.#queue.bytes > boundBytes) this.#giveUp();
    this.#start();
  }

  /** Something that was taken is not with the kernel, and the disk has not refused it. */
  get isBehind(): boolean {
    return this.#queue.bytes > 0 && !this.#isRefused;
  }

  /** Of one that is behind: resolves once all that was taken until now is with the kernel, or refused. */
  handed(): Promise<void> {
    return this.#handed.all(this.#setting.world.clock.monotonic());
  }

  /** Monotonic ms since which somebody waits; infinite where nobody does. */
  get waitedForSinceMs(): number {
    return this.#handed.sinceMs ?? Number.POSITIVE_INFINITY;
  }

  /** Nobody waits any longer for what was taken until now. */
  letGo(): void {
    this.#handed.stillWaits(0);
  }

  /** The connection is over. */
  end(end: ConnectionEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#end = end;
    this.#start();
  }

  /** Resolves once all that was taken is in spools and handed to the sealer, or given up. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Nothing is tried again from now on: what the disk has not taken is lost to the archive. */
  giveUpRetrying(): void {
    if (this.#queue.bytes > 0) this.#giveUp();
  }

  #giveUp(): void {
    const { world, troubles, folder } = this.#setting;
    this.#givingUp.abort();
    world.log.error('warc.gave-up', { lostBytes: this.#queue.bytes });
    troubles.raise('gave-up', gaveUpSentence(folder));
    this.#queue.clear();
    this.#handed.stillWaits(0);
  }

  #start(): void {
    if (this.#running !== undefined) return;
    this.#running = (this.#writePlainly() ?? this.#drain()).finally(() => {
      this.#running = undefined;
      if (this.#queue.bytes > 0 || this.#end !== undefined) this.#start();
    });
  }

  /** What nearly every write is: more of the same second into the open segment. In few steps, since it happens with every tweet. */
  #writePlainly(): Promise<void> | undefined {
    const { firstMs: atMs } = this.#queue;
    const open = this.#open;
    if (atMs === undefined || open === undefined || this.#isRefused || !isMoreOfTheSame(open, atMs)) return undefined;
    if (this.#isOver(open, atMs) || this.#setting.isTight() !== false) return undefined;
    const bytes = this.#queue.batch(this.#setting.segmentBytes - open.bytes);
    // What the disk refuses is tried again, and told, on the other way.
    return appendMore(open, bytes, atMs).then(
      () => this.#wrote(open, bytes.length),
      () => this.#drain(),
    );
  }

  #isOver(open: OpenSegment, atMs: number): boolean {
    const { segmentBytes, segmentMs } = this.#setting;
    return open.bytes >= segmentBytes || Math.floor(atMs / segmentMs) > Math.floor(open.plan.startedMs / segmentMs);
  }

  #wrote(open: OpenSegment, bytes: number): void {
    // What was given up while it was being written is no longer queued.
    if (!this.#givingUp.signal.aborted) this.#queue.drop(bytes);
    this.#handed.stillWaits(this.#queue.bytes);
    void this.#sync(open);
  }

  async #drain(): Promise<void> {
    // The spool is made while the answer is still on its way: bytes should not have to wait for it.
    const { clock } = this.#setting.world;
    if (this.#isNew && !this.#hasEnded) await this.#persist(() => this.#cut(clock.now()));
    this.#isNew = false;
    while (this.#queue.bytes > 0) await this.#writeSome();
    if (this.#end !== undefined && this.#queue.bytes === 0) await this.#close(this.#end);
  }

  /** Writes what belongs to one segment and to one second, as far as it waits. */
  async #writeSome(): Promise<void> {
    const { firstMs: atMs } = this.#queue;
    if (atMs === undefined) return;
    if (this.#open === undefined || (this.#open.bytes > 0 && this.#isOver(this.#open, atMs))) {
      if (!(await this.#persist(() => this.#cut(atMs)))) return;
    }
    const open = this.#open as unknown as OpenSegment;
    const bytes = this.#queue.batch(this.#setting.segmentBytes - open.bytes);
    if (!(await this.#persist(() => this.#append(open, bytes, atMs)))) return;
    this.#wrote(open, bytes.length);
  }

  /** Tries until the disk takes it; false where that was given up. */
  async #persist(work: () => Promise<void>): Promise<boolean> {
    const { world, troubles, folder } = this.#setting;
    for (let waitMs = 50; !this.#givingUp.signal.aborted; waitMs = Math.min(waitMs * 2, longestRetryMs)) {
      try {
        await work();
        this.#isRefused = false;
        troubles.end('spool');
        if (this.#open?.plan.segment === 1) troubles.end('gave-up');
        return true;
      } catch (error) {
        this.#isRefused = true;
        this.#handed.stillWaits(0);
        const reason = describeError(error);
        world.log.warn('warc.refused', { reason, waitingBytes: this.#queue.bytes });
        troubles.raise('spool', refusedSentence(folder, reason));
        await world.clock.sleep(waitMs, this.#givingUp.signal).catch(() => {});
      }
    }
    return false;
  }

  /** Begins the next segment before the one before it is sealed: the last one that stands is at every moment the last of its answer. */
  async #cut(atMs: number): Promise<void> {
    const { world, folder, plan: nextPlan } = this.#setting;
    const before = this.#open;
    // Given its names once, however often the disk refuses it.
    this.#next ??= nextPlan(before?.plan, (before?.plan.bytesBefore ?? 0) + (before?.bytes ?? 0), atMs);
    const plan = this.#next;
    this.#open = await openSegment(plan, atMs, { disk: world.disk, folder });
    this.#next = undefined;
    if (before) await this.#handOver(before, false);
  }

  async #append(open: OpenSegment, bytes: Buffer, atMs: number): Promise<void> {
    const isTight = this.#setting.isTight();
    if (typeof isTight === 'boolean' ? isTight : await isTight)
      throw new Error('so little room is left that minute files need it');
    await appendTo(open, bytes, atMs);
  }

  /** Against a power cut. One at a time: on a slow disk they would pile up. */
  async #sync({ file }: OpenSegment): Promise<void> {
    const nowMs = this.#setting.world.clock.monotonic();
    if (this.#isSyncing || nowMs - this.#syncedMs < syncEveryMs) return;
    this.#syncedMs = nowMs;
    this.#isSyncing = true;
    await file.sync().catch(() => {});
    this.#isSyncing = false;
  }

  async #close(end: ConnectionEnd): Promise<void> {
    const {
      world: { disk },
      folder,
    } = this.#setting;
    const open = this.#open;
    this.#open = undefined;
    this.#end = undefined;
    if (open === undefined) return;
    // Nothing was received: there is nothing to archive.
    if (open.bytes === 0 && open.plan.segment === 1) return forgetSegment(open, { disk, folder });
    const plan = { ...open.plan, end: this.#givingUp.signal.aborted ? unknownEnd : end };
    await open.described;
    await disk.write(join(folder, descriptionName(plan.fileName)), JSON.stringify(plan)).catch(() => {});
    await this.#handOver({ ...open, plan }, true);
  }

  async #handOver(open: OpenSegment, isLast: boolean): Promise<void> {
    await closeSegment(open);
    const { plan, bytes } = open;
    this.#setting.sealer.add({ plan, isLast, bytes, payload: this.#payload });
  }
}
