// The one who lets the stream flow: round after round sends what is due, strikes with faults when their time comes, rests in between.
// Takes a setting and requests; leaves bytes on the listeners' connections.
import type { Server, ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../outside/clock.ts';
import { Audience } from './audience.ts';
import { Desk, type Grant } from './desk.ts';
import { type Fault, parseFaults, readFault } from './fault.ts';
import { Feed } from './feed.ts';
import { flood } from './flood.ts';
import { realLimits } from './limits.ts';
import { Listener } from './listener.ts';
import type { EmulatorSetting } from './setting.ts';
import { StandingFaults } from './standing.ts';

const shortestWaitMs = 5;
const longestWaitMs = 1_000;

export class Conductor {
  readonly #setting: EmulatorSetting;
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #feed: Feed;
  readonly #audience = new Audience();
  readonly #standing: StandingFaults;
  readonly #desk: Desk;
  readonly #stopping = new AbortController();
  #later: { readonly dueMs: number; readonly fault: Fault }[] = [];
  #endRest: () => void = () => {};
  /** Something came: if not during a rest, the next one is left out. */
  #isWoken = false;

  constructor(setting: EmulatorSetting) {
    const { clock, rate = 43, seed = 1, replay, most, untilMs } = setting;
    this.#setting = setting;
    this.#clock = clock;
    this.#startedMs = clock.monotonic();
    this.#feed = new Feed({ clock, rate, seed, replay, most, untilMs });
    this.#standing = new StandingFaults(clock);
    this.#desk = new Desk({
      tokens: setting.tokens ?? ['emulated'],
      clock,
      feed: this.#feed,
      audience: this.#audience,
      standing: this.#standing,
      limits: setting.limits ?? realLimits,
      allowsBackfill: setting.allowsBackfill ?? true,
      offersGzip: setting.offersGzip ?? false,
      admit: (response, grant) => this.#admit(response, grant),
      order: (text) => this.order(readOrder(text), { from: this.#clock.monotonic() }),
    });
    this.#startIfAwaited();
  }

  serve(server: Server): void {
    server.on('request', (request, response) => this.#desk.serve(request, response));
    // A client that breaks off in the middle is no fault of ours.
    server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Orders faults; `at` counts from the start, or from the moment given (monotonic ms). */
  order(faults: readonly Fault[], { from = this.#startedMs } = {}): number {
    let befell = 0;
    for (const fault of faults) {
      const dueMs = fault.at === undefined ? -Infinity : from + fault.at;
      if (dueMs <= this.#clock.monotonic()) befell += this.#strike(fault);
      else this.#later.push({ dueMs, fault });
    }
    this.#wake();
    return befell;
  }

  clearFaults(): void {
    this.#standing.clear();
    this.#later = [];
  }

  get listeners(): Listener[] {
    return this.#audience.standing;
  }

  get due(): number {
    return this.#feed.due();
  }

  get isOver(): boolean {
    return this.#feed.isOver && this.listeners.every(({ lag }) => lag <= 0);
  }

  /** Lets the stream flow until `stop`. */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#strikeDue();
      for (const listener of this.listeners) listener.pump();
      await this.#setting.ledger?.ready?.();
      await this.#rest();
    }
  }

  stop(): void {
    for (const listener of this.listeners) listener.end('emulator-stopped');
    this.#stopping.abort(new Error('the emulator stops'));
    this.#wake();
  }

  /** Waits until something is due, or something came. */
  async #rest(): Promise<void> {
    const rest = new AbortController();
    const waitMs = Math.min(Math.max(this.#untilNext(), shortestWaitMs), longestWaitMs);
    this.#endRest = () => rest.abort(new Error('woken'));
    if (!this.#isWoken) await this.#clock.sleep(waitMs, rest.signal).catch(() => {});
    this.#isWoken = false;
  }

  #wake(): void {
    this.#isWoken = true;
    this.#endRest();
  }

  #untilNext(): number {
    const nowMs = this.#clock.monotonic();
    const { listeners } = this;
    return Math.min(
      ...this.#later.map(({ dueMs }) => dueMs - nowMs),
      ...listeners.map(({ untilNext }) => untilNext),
      listeners.length > 0 ? this.#feed.untilNext() : Infinity,
    );
  }

  #strikeDue(): void {
    const nowMs = this.#clock.monotonic();
    const due = this.#later.filter(({ dueMs }) => dueMs <= nowMs).sort((a, b) => a.dueMs - b.dueMs);
    this.#later = this.#later.filter(({ dueMs }) => dueMs > nowMs);
    for (const { fault } of due) this.#strike(fault);
  }

  #strike(fault: Fault): number {
    this.#standing.add(fault);
    const manner = this.#standing.addManner(fault);
    const aimedAt = this.#audience.aimedAt(fault);
    for (const listener of aimedAt) {
      // What was due before the fault came is sent before it.
      listener.pump();
      if (manner) listener.manner = manner;
      listener.suffer(fault);
    }
    return aimedAt.length;
  }

  #admit(response: ServerResponse, { label, ...grant }: Grant): void {
    const { realClock = systemClock(), ledger, bufferBytes = 8 << 20, floodBytes } = this.#setting;
    if (floodBytes !== undefined) return flood(response, { feed: this.#feed, ...grant, bytes: floodBytes });
    const { socket } = response;
    const setting = { ...grant, label, feed: this.#feed, clock: this.#clock, realClock, ledger, bufferBytes };
    const listener = new Listener(response, { ...setting, number: this.#audience.nextNumber() });
    listener.manner = this.#standing.mannerFor(label);
    this.#audience.add(listener);
    response.on('error', () => {});
    response.once('close', () => {
      const isFlushed = response.writableFinished || (socket?.writableFinished === true && socket.errored === null);
      listener.closed(isFlushed);
      this.#audience.remove(listener, this.#clock.now(), listener.cause);
    });
    this.#startIfAwaited();
    this.#wake();
  }

  #startIfAwaited(): void {
    if (this.#audience.standing.length >= (this.#setting.waitFor ?? 0)) this.#feed.start();
  }
}

const readOrder = (text: string): Fault[] =>
  text.trimStart().startsWith('{') ? [readFault(JSON.parse(text) as Record<string, unknown>)] : parseFaults(text);
