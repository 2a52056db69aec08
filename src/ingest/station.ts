// Everything that records, put together once: coverage, writer, ledger, memory, what is set aside.
// Takes the spool as a dead process may have left it; leaves it whole at the end, and itself what one connection needs.
import type { MinuteFile } from '../domain/minute-file.ts';
import { type Minute, startOfMinute } from '../domain/time.ts';
import type { World } from '../outside/world.ts';
import { type Aside, asideFor } from './aside.ts';
import type { Coverage, Gap } from './coverage.ts';
import { GapLedger } from './gap-ledger.ts';
import type { Hearing, HearingCounts } from './hear.ts';
import { createdAtOf } from './lag.ts';
import { lastHeard, type Memory, MemoryFile, recall, unclosedOf } from './memory.ts';
import type { IngestMeter } from './meter.ts';
import { MinuteRecorder } from './minute-recorder.ts';
import { MinuteWriter } from './minute-writer.ts';
import { onceAMinute } from './once-a-minute.ts';
import type { Spool } from './open-minute.ts';
import { type Ending, freshPatience, type Patience } from './reconnect.ts';
import { DigestThread } from './running-digest.ts';
import { takeUp } from './take-up.ts';

export interface StationParts {
  readonly world: World;
  readonly meter: IngestMeter;
  readonly server: number;
  readonly lateWindowMs: number;
  /** What is waited for before lines go to the disk. */
  readonly ahead?: (() => Promise<void> | undefined) | undefined;
}

interface Recording {
  readonly coverage: Coverage;
  readonly writer: MinuteWriter;
  readonly thread: DigestThread;
  readonly recorder: MinuteRecorder;
  readonly ledger: GapLedger;
  readonly aside: Aside;
  readonly memory: MemoryFile;
}

/** Takes up what stands in the spool, and puts together what records from now on. */
export async function openStation(spool: Spool, parts: StationParts): Promise<Station> {
  const { world, meter, server, lateWindowMs, ahead } = parts;
  const { clock, log, alerts } = world;
  const aside = asideFor(spool, world, (reason) => meter.setAside(reason));
  const remembered = await recall(spool);
  const thread = new DigestThread();
  const taken = await takeUp(spool, { log, aside, thread, remembered, clock, lateWindowMs });
  const { coverage, open: takenUp, claims } = taken;
  const writer = new MinuteWriter({ spool, clock, log, alerts, thread, takenUp, claims, ahead });
  const ledger = new GapLedger(spool, { server, log, clock });
  const record = (gap: Gap): void => {
    ledger.record(gap);
    meter.gap(gap);
  };
  for (const gap of taken.gaps) record(gap);
  const onClosed = (file: MinuteFile): void => meter.closed(file);
  const recorder = new MinuteRecorder({ world, coverage, writer, record, lateWindowMs, onClosed }, taken.minute);
  const station = new Station(
    parts,
    { coverage, writer, thread, recorder, ledger, aside, memory: new MemoryFile(spool) },
    remembered,
  );
  recorder.makeUp(taken.unmade);
  recorder.observe();
  return station;
}

export class Station {
  readonly #parts: StationParts;
  readonly #recording: Recording;
  readonly #counts: HearingCounts;
  readonly #seldom: (say: () => void) => void;
  #patience: Patience;
  #isBackfillRefused: boolean;
  /** Epoch ms at which the stream was last heard; undefined where it never was. */
  #heardMs: number | undefined;
  #lastLineMs: number;
  #lastByteMs: number | undefined;
  #open: { minute: Minute; lines: number };
  /** What is remembered: nothing newer than what is on the disk. */
  #durable: Memory;
  #isSaving = false;
  #linesOfConnection = 0;

  constructor(parts: StationParts, recording: Recording, remembered: Memory | undefined) {
    this.#parts = parts;
    this.#recording = recording;
    this.#seldom = onceAMinute(parts.world.clock);
    this.#patience = remembered?.patience ?? freshPatience;
    this.#isBackfillRefused = remembered?.isBackfillRefused ?? false;
    this.#heardMs = remembered && lastHeard(remembered);
    this.#lastLineMs = parts.world.clock.monotonic();
    this.#open = { minute: recording.recorder.minute, lines: 0 };
    this.#counts = this.#counting();
    this.#durable = remembered ?? this.#state(false);
  }

  /** What one connection needs of it. */
  get hearing(): Omit<Hearing, 'clock' | 'url' | 'version' | 'stop'> {
    const { recorder, writer, aside } = this.#recording;
    return { recorder, writer, aside, counts: this.#counts };
  }

  get patience(): Patience {
    return this.#patience;
  }

  get isBackfillRefused(): boolean {
    return this.#isBackfillRefused;
  }

  /** ms since the stream was last heard, also by a process before this one; undefined where it never was. */
  get outageMs(): number | undefined {
    return this.#heardMs === undefined ? undefined : this.#parts.world.clock.now() - this.#heardMs;
  }

  /** ms since the last line, or since the start. */
  get silentMs(): number {
    return this.#parts.world.clock.monotonic() - this.#lastLineMs;
  }

  /** The stream is heard on the connection that stands: a line of it came. */
  get isHearing(): boolean {
    return this.#recording.coverage.isConnected && this.#linesOfConnection > 0;
  }

  /** A connect is being made. It is remembered before it happens: a restart must not forget the budget. */
  async connecting(patience: Patience): Promise<void> {
    this.#patience = patience;
    await this.#remember(this.#durable);
  }

  connected(): void {
    this.#linesOfConnection = 0;
    const gap = this.#recording.recorder.regained();
    this.#parts.world.log.info('stream.connected', gap ? { afterMs: gap.toMs - gap.fromMs, cause: gap.cause } : {});
    this.#keep();
  }

  ended(ending: Ending, patience: Patience): void {
    this.#patience = patience;
    if (ending.is === 'ended')
      this.#heardMs = this.#recording.coverage.state.gap?.fromMs ?? this.#parts.world.clock.now();
    if (ending.is === 'backfill-refused' && ending.isNamed) this.#isBackfillRefused = true;
    this.#parts.meter.ended(ending);
    this.#keep();
  }

  /** Once a second. */
  beat(): void {
    const { coverage, recorder, writer } = this.#recording;
    recorder.observe();
    this.#keep();
    const silentForMs =
      this.#lastByteMs === undefined ? undefined : this.#parts.world.clock.monotonic() - this.#lastByteMs;
    const linesInOpenMinute = this.#open.minute === recorder.minute ? this.#open.lines : 0;
    this.#parts.meter.beat({
      isConnected: coverage.isConnected,
      silentForMs,
      linesInOpenMinute,
      waitingBytes: writer.waitingBytes,
      isRefused: writer.isRefused,
      openMinuteMs: startOfMinute(recorder.minute),
    });
  }

  /** Closes the open minute and remembers that it did. */
  async stop(): Promise<void> {
    const { aside, coverage, ledger, memory, recorder, thread, writer } = this.#recording;
    // A connection that stands was heard until now, whatever ended before it.
    if (coverage.isConnected) this.#heardMs = undefined;
    recorder.stop();
    const refused = await writer.finish();
    if (refused > 0)
      this.#parts.world.log.error('line.lost', { lines: refused, reason: 'the disk refused them to the last' });
    await Promise.all([aside.write(), ledger.write()]);
    // What the disk refused to the last is not heard: then the older memory stands.
    if (recorder.isHeardClosed && refused === 0) await memory.save(this.#state(true)).catch(() => {});
    await Promise.all([memory.close(), thread.close()]);
  }

  #counting(): HearingCounts {
    const { meter, world } = this.#parts;
    return {
      bytes: (count) => {
        meter.bytes(count);
        this.#lastByteMs = world.clock.monotonic();
      },
      lines: (count) => {
        meter.lines(count);
        this.#linesOfConnection += count;
        this.#lastLineMs = world.clock.monotonic();
        const { minute } = this.#recording.recorder;
        this.#open = { minute, lines: count + (this.#open.minute === minute ? this.#open.lines : 0) };
      },
      sample: (line) => {
        const createdMs = createdAtOf(line);
        if (createdMs !== undefined) meter.lag(world.clock.now() - createdMs);
      },
    };
  }

  #state(isClosed: boolean): Memory {
    const { recorder, coverage, ledger, writer } = this.#recording;
    return {
      minute: recorder.minute,
      isClosed,
      coverage: coverage.state,
      patience: this.#patience,
      isBackfillRefused: this.#isBackfillRefused,
      ...(this.#heardMs !== undefined && { heardMs: this.#heardMs }),
      ...(writer.claims !== undefined && { claims: writer.claims }),
      ...unclosedOf(recorder.unclosed),
      ...(ledger.unwritten.length > 0 && { unwritten: ledger.unwritten }),
    };
  }

  #keep(): void {
    void this.#recording.aside.write();
    void this.#recording.ledger.write().then(() => this.#save());
  }

  /**
   * Only what survives a power cut may be remembered as heard: lines that still wait for the disk would be lost with the process,
   * and their seconds would say that they are there.
   */
  async #save(): Promise<void> {
    const { writer } = this.#recording;
    if (this.#isSaving) return;
    this.#isSaving = true;
    const state = this.#state(false);
    if (await writer.durable()) await this.#remember(state);
    this.#isSaving = false;
  }

  async #remember(state: Memory): Promise<void> {
    this.#durable = { ...state, patience: this.#patience, isBackfillRefused: this.#isBackfillRefused };
    await this.#recording.memory
      .save(this.#durable)
      .catch((error: unknown) =>
        this.#seldom(() => this.#parts.world.log.warn('memory.not-written', { error: String(error) })),
      );
  }
}
