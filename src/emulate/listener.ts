// One client of the stream: where it is in the feed, and what befalls it. Takes the feed and faults;
// leaves bytes on its connection, keep-alives after 20 s of silence, and the ledger's records of what was sent.
import type { ServerResponse } from 'node:http';
import type { Clock } from '../outside/clock.ts';
import type { Fault } from './fault.ts';
import type { Feed } from './feed.ts';
import { digestOf, type LedgerSink } from './ledger.ts';
import { hugeTweet } from './made-tweet.ts';
import type { Manner } from './manner.ts';
import { Pipe } from './pipe.ts';
import { operationalDisconnect, systemMessage } from './problem.ts';
import type { Selection } from './selection.ts';
import { Sending, type SentLine } from './sending.ts';

export interface ListenerSetting {
  readonly number: number;
  readonly label: string;
  readonly selection: Selection;
  /** The place of the first line to send. */
  readonly from: number;
  readonly isCompressed: boolean;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly realClock: Clock;
  readonly ledger: LedgerSink | undefined;
  /** A client that lags by more is cut. */
  readonly bufferBytes: number;
}

const keepAliveMs = 20_000;
const linesAtOnce = 256;
const linesARound = 2_048;
const fullMs = 1_000;
const lineEnd = Buffer.from('\r\n');

export class Listener {
  readonly setting: ListenerSetting;
  readonly connectedAtMs: number;
  readonly #pipe: Pipe;
  readonly #sending: Sending | undefined;
  #place: number;
  /** The place up to which lines were offered to it: how far it lags is counted from here, so that our own slowness is not laid to it. */
  #offered: number;
  #stalledUntilMs = -Infinity;
  #sentLines = 0;
  #sentBytes = 0;
  /** It has once been level with the feed: from then on it may not lag. */
  #isLevel = false;
  /** Since when it lags too far: emulated and real, monotonic ms. */
  #fullSince: readonly [number, number] | undefined;
  #over: { readonly what: 'ended' | 'reset'; readonly cause: string } | undefined;

  constructor(response: ServerResponse, setting: ListenerSetting) {
    const { clock, realClock, ledger, isCompressed, number, label } = setting;
    this.setting = setting;
    this.connectedAtMs = clock.now();
    this.#pipe = new Pipe(response, { clock, isCompressed });
    this.#place = setting.from;
    this.#offered = setting.from;
    if (ledger) this.#sending = new Sending(ledger, { clock, realClock });
    ledger?.record({ what: 'opened', at: clock.now(), connection: number, label, cause: '' });
    response.on('drain', () => this.#send());
  }

  get sentLines(): number {
    return this.#sentLines;
  }

  /** Why it is over; `left` where the client went. */
  get cause(): string {
    return this.#over?.cause ?? 'left';
  }

  /** How many lines are due that it was not sent. */
  get lag(): number {
    return this.setting.feed.due() - this.#place;
  }

  /** Has the kernel taken all lines that were handed over? Known only where a ledger is kept. */
  get isTaken(): boolean {
    return this.#sending?.isTaken ?? false;
  }

  get #isStalled(): boolean {
    return this.setting.clock.monotonic() < this.#stalledUntilMs;
  }

  /** Milliseconds until it wants to be pumped although no line is due. */
  get untilNext(): number {
    if (this.#offered < this.setting.feed.due()) return 0;
    if (this.#isStalled) return this.#stalledUntilMs - this.setting.clock.monotonic();
    return this.#pipe.isDripping ? 0 : keepAliveMs - this.#pipe.silentMs;
  }

  /** Offers what is due, some lines at a time so that others come to their turn, and sends as far as the client takes it. */
  pump(): void {
    this.#sending?.settle();
    if (this.#over) return;
    this.#offered = Math.min(this.setting.feed.due(), this.#offered + linesARound);
    this.#send();
    this.#cutIfFull();
    if (!this.#over && !this.#isStalled && this.#pipe.isFree && this.#pipe.silentMs >= keepAliveMs)
      this.#pipe.send(lineEnd);
  }

  #send(): void {
    if (this.#over || this.#isStalled) return;
    this.#pipe.push();
    while (this.#place < this.#offered && this.#pipe.isFree) {
      this.#sendLines(Math.min(this.#offered, this.#place + linesAtOnce));
    }
    if (this.#place >= this.setting.feed.due()) this.#isLevel = true;
  }

  set manner(manner: Manner) {
    this.#pipe.flush();
    this.#pipe.manner = manner;
  }

  /** What a fault does to a connection that stands. */
  suffer(fault: Fault): void {
    if (this.#over) return;
    const { is } = fault;
    if (is === 'stall') this.#stalledUntilMs = this.setting.clock.monotonic() + (fault.for ?? Infinity);
    if (is === 'split-keep-alive') ['\r', '\n'].forEach((piece) => this.#pipe.send(Buffer.from(piece)));
    if (is === 'system-message') this.#sendObject(systemMessage);
    if (is === 'inject')
      this.#pipe.send(Buffer.from(fault.base64 ?? fault.text ?? '', fault.base64 ? 'base64' : 'utf8'));
    if (is === 'huge-line') this.#sendHugeLine(fault.bytes);
    if (is === 'endless-line') this.#pipe.send(Buffer.alloc(fault.bytes ?? 20_000_000, '{"data":{"text":"'));
    if (is === 'break-gzip') this.#pipe.breakGzip();
    if (is === 'drop' || is === 'cut-off') this.reset(is);
    if (is === 'end') this.end(is);
    if (is === 'close') this.#close(is);
    if (is === 'half-line') this.#halfLine(fault.how);
    if (is === 'operational-disconnect') {
      this.#sendObject(operationalDisconnect(fault.reason));
      this.end(is);
    }
  }

  /** Ends the response in order. */
  end(cause: string): void {
    this.#over ??= { what: 'ended', cause };
    this.#pipe.end();
  }

  reset(cause: string): void {
    this.#over ??= { what: 'reset', cause };
    this.#pipe.reset();
  }

  /** The connection is closed. `isFlushed`: the kernel took all bytes before that. */
  closed(isFlushed: boolean): void {
    const { ledger, clock, number, label } = this.setting;
    const { what, cause } = this.#over ?? { what: 'left', cause: '' };
    this.#over ??= { what: 'reset', cause: 'left' };
    this.#sending?.end(what === 'ended' && isFlushed);
    ledger?.record({ what, at: clock.now(), connection: number, label, cause });
  }

  #close(cause: string): void {
    this.#over ??= { what: 'ended', cause };
    this.#pipe.close();
  }

  #halfLine(how = 'close'): void {
    const { feed, selection } = this.setting;
    const { bytes } = feed.line(Math.max(0, Math.min(this.#place, feed.due() - 1)), selection);
    this.#pipe.send(bytes.subarray(0, bytes.length >> 1));
    if (how === 'reset') this.reset('half-line');
    else if (how === 'end') this.end('half-line');
    else this.#close('half-line');
  }

  #sendObject(message: object): void {
    this.#pipe.send(Buffer.from(`${JSON.stringify(message)}\r\n`));
  }

  #sendLines(to: number): void {
    const { feed, selection } = this.setting;
    const parts: Buffer[] = [];
    const sent: SentLine[] = [];
    let bytes = 0;
    for (; this.#place < to; this.#place++) {
      const line = feed.line(this.#place, selection);
      parts.push(line.bytes, lineEnd);
      bytes += line.bytes.length;
      if (this.#sending) sent.push(this.#noted(line.id, line.bytes.length, line.sha256()));
    }
    this.#count(sent.length || parts.length / 2, bytes);
    this.#pipe.send(Buffer.concat(parts), this.#sending?.handOver(sent));
  }

  #sendHugeLine(size = 20_000_000): void {
    const { id, json } = hugeTweet(size, this.setting.clock.now());
    const bytes = Buffer.from(json);
    this.#count(1, bytes.length);
    const noted = this.#noted(id, bytes.length, digestOf(bytes));
    this.#pipe.send(Buffer.concat([bytes, lineEnd]), this.#sending?.handOver([noted]));
  }

  #noted(id: string, bytes: number, sha256: string): SentLine {
    const { clock, number, label } = this.setting;
    return { at: clock.now(), connection: number, label, id, bytes, sha256 };
  }

  #count(lines: number, bytes: number): void {
    this.#sentLines += lines;
    this.#sentBytes += bytes;
  }

  /** As the real one does: who reads too slowly is cut, and what was buffered for him is lost. A moment's lag is caught up. */
  #cutIfFull(): void {
    const { clock, realClock, bufferBytes } = this.setting;
    const meanBytes = this.#sentLines > 0 ? this.#sentBytes / this.#sentLines : 1_000;
    if (!this.#isLevel || (this.#offered - this.#place) * meanBytes <= bufferBytes) {
      this.#fullSince = undefined;
      return;
    }
    this.#fullSince ??= [clock.monotonic(), realClock.monotonic()];
    const [emulatedMs, realMs] = this.#fullSince;
    const isOld = clock.monotonic() - emulatedMs >= fullMs && realClock.monotonic() - realMs >= fullMs;
    if (isOld) this.reset('full-buffer');
  }
}
