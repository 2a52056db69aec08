// One connection from its first byte to its end: bytes in, lines into the open minute, and how it ended.
// Takes an answered stream; leaves batches with the writer and an Ending for the state machine.
import { isDisconnect, isEmptyObject, readSystemMessage, receiptNote } from '../domain/payload.ts';
import { describeError } from '../domain/operator-error.ts';
import type { Clock } from '../outside/clock.ts';
import { type StreamAnswer, StreamBroken } from '../outside/http-stream.ts';
import type { Aside } from './aside.ts';
import { type LineSink, LineCutter } from './line-cutter.ts';
import type { MinuteRecorder } from './minute-recorder.ts';
import type { MinuteWriter } from './minute-writer.ts';
import type { Ending, StreamEnd } from './reconnect.ts';

/** Without a byte for so long, a stream that promises a keep-alive every 20 s is dead. */
const stallMs = 21_000;
/** A line that has not ended after so long never will, however steadily its bytes drip. */
const longestLineMs = 60_000;
const lineFeed = 0x0a;
/** The server's own buffer covers a hold so short. */
const shortHoldMs = 1_000;

/** What is told of a connection while it lives. */
export interface HearingCounts {
  bytes(count: number): void;
  lines(count: number): void;
  /** One payload of a chunk now and then, for measuring. */
  sample(line: Buffer): void;
}

export interface Hearing {
  readonly clock: Clock;
  readonly recorder: MinuteRecorder;
  readonly writer: MinuteWriter;
  readonly aside: Aside;
  readonly counts: HearingCounts;
  /** What is noted in each line beside the time. */
  readonly url: string;
  readonly version: string;
  /** Ends the exchange. */
  readonly stop: AbortController;
}

interface Progress {
  lines: number;
  lastByteMs: number;
  /** Monotonic ms since which a line is open; undefined between lines. */
  lineSinceMs: number | undefined;
  isHeldBack: boolean;
  disconnect: string | undefined;
  /** The exchange was aborted; the promise resolves then. */
  isStopped: boolean;
  stopped: Promise<void>;
}

/** Hears a connection to its end. Resolves for every ending; the caller looks at the signal whether it was itself that stopped. */
export async function hear(answer: StreamAnswer, hearing: Hearing): Promise<Ending> {
  const { clock, recorder, stop } = hearing;
  const beganMs = clock.monotonic();
  const progress = freshProgress(beganMs, stop.signal);
  const watching = new AbortController();
  const stalled = watchStall(progress, clock, watching.signal).then((how) => {
    if (how !== undefined) stop.abort(new Stall(how));
    return how;
  });
  let how: StreamEnd = 'closed';
  let detail = 'the server ended the stream';
  try {
    await readAll(answer, hearing, progress);
  } catch (error) {
    const cause: unknown = stop.signal.aborted ? stop.signal.reason : error;
    if (!(cause instanceof Stall || cause instanceof Disconnected || cause instanceof StreamBroken)) throw cause;
    how = cause.how;
    detail = describeError(cause);
  } finally {
    watching.abort(new Error('the connection ended'));
    await stalled;
  }
  recorder.lost(how, how === 'closed' || how === 'operational-disconnect');
  return { is: 'ended', how, detail, livedMs: clock.monotonic() - beganMs, lines: progress.lines };
}

/** The server said that it is ending the stream. */
class Disconnected extends Error {
  readonly how = 'operational-disconnect';
}

function freshProgress(lastByteMs: number, signal: AbortSignal): Progress {
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  const progress: Progress = {
    lines: 0,
    lastByteMs,
    lineSinceMs: undefined,
    isHeldBack: false,
    disconnect: undefined,
    isStopped: false,
    stopped,
  };
  signal.addEventListener('abort', () => {
    progress.isStopped = true;
    resolve();
  });
  return progress;
}

class Stall extends Error {
  readonly how: 'stalled' | 'endless-line';

  constructor(how: 'stalled' | 'endless-line') {
    super(
      how === 'stalled'
        ? `no byte came for ${stallMs / 1000} s`
        : `a line did not end within ${longestLineMs / 1000} s`,
    );
    this.how = how;
  }
}

async function watchStall(progress: Progress, clock: Clock, signal: AbortSignal): Promise<Stall['how'] | undefined> {
  for (;;) {
    const nowMs = clock.monotonic();
    // While we do not read, silence is our own.
    if (progress.isHeldBack) progress.lastByteMs = nowMs;
    const stallInMs = progress.lastByteMs + stallMs - nowMs;
    const lineInMs = (progress.lineSinceMs ?? nowMs) + longestLineMs - nowMs;
    if (stallInMs <= 0) return 'stalled';
    if (lineInMs <= 0 && !progress.isHeldBack) return 'endless-line';
    try {
      await clock.sleep(Math.min(stallInMs, Math.max(lineInMs, 1_000)), signal);
    } catch {
      return undefined;
    }
  }
}

async function readAll(answer: StreamAnswer, hearing: Hearing, progress: Progress): Promise<void> {
  const sink = sinkFor(hearing, progress);
  const cutter = new LineCutter(sink);
  try {
    await answer.hear((content) => {
      // Only the end of a line, a keep-alive's too, proves that the stream goes on: a line may drip for a minute and never end.
      const hasEnd = content.includes(lineFeed);
      sink.receivedAt(hasEnd ? hearing.recorder.heard() : hearing.recorder.observe());
      takeContent(content, { hearing, progress, cutter });
      if (progress.disconnect !== undefined) throw new Disconnected(progress.disconnect);
      return hearing.writer.isFull ? holdBack(hearing, progress) : undefined;
    });
  } finally {
    cutter.end();
    // Not waited for: when the connection ended must be known now, however slowly the disk takes rubbish.
    void hearing.aside.write();
  }
}

function takeContent(
  content: Buffer,
  { hearing, progress, cutter }: { hearing: Hearing; progress: Progress; cutter: LineCutter },
): void {
  const { clock, writer, counts } = hearing;
  progress.lastByteMs = clock.monotonic();
  const [linesBefore, endedBefore] = [progress.lines, cutter.ended];
  cutter.feed(content);
  writer.flush();
  counts.bytes(content.length);
  if (progress.lines > linesBefore) counts.lines(progress.lines - linesBefore);
  if (cutter.ended > endedBefore) progress.lineSinceMs = undefined;
  if (cutter.openBytes > 0) progress.lineSinceMs ??= progress.lastByteMs;
}

/** Too much waits for the disk: the stream waits too. Where that lasts, the time until it is read again counts as not heard. */
async function holdBack({ clock, recorder, writer }: Hearing, progress: Progress): Promise<void> {
  const beganMs = clock.monotonic();
  progress.isHeldBack = true;
  while (writer.isFull && !progress.isStopped) await Promise.race([writer.drained(), progress.stopped]);
  if (clock.monotonic() - beganMs > shortHoldMs) recorder.missed('buffer-full');
  progress.isHeldBack = false;
}

interface TimedSink extends LineSink {
  receivedAt(epochMs: number): void;
}

const sampleEveryMs = 100;

function sinkFor({ recorder, writer, aside, counts, url, version }: Hearing, progress: Progress): TimedSink {
  // All of one chunk share these: what a line does not need is not done for it.
  let note: Buffer = Buffer.alloc(0);
  let noteMs = -1;
  let { minute } = recorder;
  let isSampleDue = false;
  let sampledMs = 0;
  return {
    receivedAt(epochMs) {
      if (epochMs !== noteMs) note = receiptNote({ url, version, retrievedAtMs: epochMs });
      noteMs = epochMs;
      minute = recorder.minute;
      isSampleDue = Math.abs(epochMs - sampledMs) >= sampleEveryMs;
    },
    payload(bytes, start, end) {
      const batch = writer.room(minute, end - start + note.length);
      const closing = isEmptyObject(bytes, start, end) ? note.subarray(1) : note;
      const length = batch.length + bytes.copy(batch.bytes, batch.length, start, end - 1);
      // Half the cost of `copy` for so few bytes.
      batch.bytes.set(closing, length);
      batch.length = length + closing.length;
      batch.lines++;
      progress.lines++;
      if (!isSampleDue) return;
      isSampleDue = false;
      sampledMs = noteMs;
      counts.sample(bytes.subarray(start, end));
    },
    aside(reason, line) {
      aside.put(reason, line);
      if (reason !== 'system-message') return;
      const problem = readSystemMessage(line)?.find(isDisconnect);
      if (problem)
        progress.disconnect = `${problem.title ?? 'disconnect'}: ${problem.detail ?? problem.disconnect_type ?? problem.message ?? 'no reason given'}`;
    },
  };
}
