// Delivery: one pass over the outbox, each message by each of its ways to each receiver that does not have it yet.
// Takes the outbox and the ways; leaves messages sent, or waiting with the time of their next try. Trouble outside ends here.
import type { AlertCause } from '../domain/alert.ts';
import type { Message, MessageWay } from '../domain/message.ts';
import { describeError } from '../domain/operator-error.ts';
import { hourMs, minuteMs } from '../domain/time.ts';
import type { World } from '../outside/world.ts';
import type { Outbox, Waiting } from './outbox.ts';

/** A way could not carry a message now. `of`: the way itself (nothing gets through), or only this message. */
export class NotDelivered extends Error {
  override readonly name = 'NotDelivered';
  readonly of: 'way' | 'message';

  constructor(of: 'way' | 'message', message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.of = of;
  }
}

/** One way to people. `receivers` are those of the present configuration. */
export interface Way {
  readonly way: MessageWay;
  readonly receivers: readonly string[];
  /** Resolves when the other side has taken the message; rejects with NotDelivered. */
  deliver(message: Message, receiver: string, signal: AbortSignal): Promise<void>;
}

/** In monotonic time: a clock that was ahead and is set back would have everything wait until then. */
interface Failing {
  readonly failures: number;
  readonly sinceMs: number;
  readonly nextMs: number;
}

/** What could not be delivered, by way or by way and message. Kept in memory: a start tries everything at once. */
export type Patience = Map<string, Failing>;

const firstWaitMs = { way: 30_000, message: 5 * minuteMs } as const;
const longestWaitMs = { way: 15 * minuteMs, message: 6 * hourMs } as const;
/** Trouble that is over sooner is nobody's concern. */
const toldAfterMs = 10 * minuteMs;

function afterFailure(before: Failing | undefined, of: 'way' | 'message', nowMs: number): Failing {
  const failures = (before?.failures ?? 0) + 1;
  const waitMs = Math.min(firstWaitMs[of] * 2 ** Math.min(failures - 1, 20), longestWaitMs[of]);
  return { failures, sinceMs: before?.sinceMs ?? nowMs, nextMs: nowMs + waitMs };
}

export interface Delivery {
  readonly world: World;
  readonly outbox: Outbox;
  readonly ways: readonly Way[];
  readonly patience: Patience;
  /** Ways by which something arrived since the start. */
  readonly proven: Set<MessageWay>;
}

const receiverKey = (way: MessageWay, receiver: string): string => (way === 'mail' ? `mail ${receiver}` : way);
const messageKey = (way: MessageWay, { name }: Message, receiver: string): string => `${way} ${name} ${receiver}`;
const causeOf = (way: MessageWay): AlertCause => (way === 'mail' ? 'mail-failing' : 'hook-failing');

/** One pass. Resolves to the messages that still wait. Throws only for damage of our own (the disk). */
export async function deliverWaiting(delivery: Delivery): Promise<readonly Waiting[]> {
  const { outbox, ways, world } = delivery;
  const left: Waiting[] = [];
  const damaged = (path: string): void => world.log.error('message.unreadable', { path });
  for (const first of await outbox.waiting(damaged)) {
    let waiting = first;
    for (const way of ways) waiting = await deliverBy(way, waiting, delivery);
    if (isDone(waiting, ways)) {
      await outbox.finish(waiting.message.name);
      world.log.info('message.delivered', { message: waiting.message.name });
    } else left.push(waiting);
  }
  return left;
}

/**
 * What failed here and waits no longer was delivered by another service of this server: that is no trouble any more, and
 * nothing to wake up for. `waiting`: all that waits now.
 */
export function forgetDelivered(delivery: Delivery, waiting: readonly Waiting[]): void {
  const { patience, ways } = delivery;
  const names = new Set(waiting.map(({ message }) => message.name));
  for (const { way } of ways) {
    const isUsed = waiting.some(({ message }) => message.ways.includes(way));
    const failing = [...patience.keys()].filter((key) => key.split(' ', 1)[0] === way);
    const over = failing.filter((key) => {
      const [, name] = key.split(' ');
      return name === undefined ? !isUsed : !names.has(name);
    });
    for (const key of over) patience.delete(key);
    if (over.length > 0 && over.length === failing.length) proveWay(way, delivery);
  }
}

/** Whom a message has not reached by that way. Receivers that are configured no longer need not be reached. */
const unreachedBy = ({ way, receivers }: Way, { message, reached }: Waiting): string[] =>
  message.ways.includes(way) ? receivers.filter((receiver) => !reached.includes(receiverKey(way, receiver))) : [];

const isDone = (waiting: Waiting, ways: readonly Way[]): boolean =>
  ways.every((way) => unreachedBy(way, waiting).length === 0);

async function deliverBy(way: Way, waiting: Waiting, delivery: Delivery): Promise<Waiting> {
  const { message } = waiting;
  let reached = waiting.reached;
  for (const receiver of unreachedBy(way, waiting)) {
    if (!(await tryOnce(way, { message, receiver }, delivery))) continue;
    reached = [...reached, receiverKey(way.way, receiver)];
    await delivery.outbox.record({ message, reached });
  }
  return { message, reached };
}

async function tryOnce(
  way: Way,
  { message, receiver }: { message: Message; receiver: string },
  delivery: Delivery,
): Promise<boolean> {
  const { world, patience } = delivery;
  const { clock, log, alerts, signal } = world;
  const keys = { way: way.way as string, message: messageKey(way.way, message, receiver) };
  if (clock.monotonic() < restsUntilMs(patience, keys) || signal.aborted) return false;
  try {
    await way.deliver(message, receiver, signal);
    patience.delete(keys.way);
    patience.delete(keys.message);
    proveWay(way.way, delivery);
    return true;
  } catch (error) {
    if (!(error instanceof NotDelivered)) throw error;
    if (signal.aborted) return false;
    const failing = afterFailure(patience.get(keys[error.of]), error.of, clock.monotonic());
    patience.set(keys[error.of], failing);
    const nextTry = new Date(clock.now() + failing.nextMs - clock.monotonic()).toISOString();
    log.warn('message.delayed', {
      message: message.name,
      way: way.way,
      receiver,
      reason: describeError(error),
      nextTry,
    });
    if (error.of === 'message' || clock.monotonic() - failing.sinceMs >= toldAfterMs)
      alerts.raise(causeOf(way.way), failingSentence(way.way, receiver, error), { way: way.way, receiver });
    return false;
  }
}

const failingSentence = (way: MessageWay, receiver: string, error: NotDelivered): string =>
  `Messages cannot be delivered by ${way}${way === 'mail' ? ` to ${receiver}` : ''}: ${error.message} They wait on disk and are tried again; \`streamvault check --probe\` tries it on its own.`;

/**
 * Something arrived by that way: what was told of it is over, once each way that shares its alert has proven itself since the start
 * and fails with nothing. Also where nothing failed since this start: the one before may have told that it did.
 */
function proveWay(way: MessageWay, { ways, patience, proven, world }: Delivery): void {
  proven.add(way);
  const cause = causeOf(way);
  const sharing = ways.map((one) => one.way).filter((one) => causeOf(one) === cause);
  const isFailing = (one: MessageWay): boolean => [...patience.keys()].some((key) => key.split(' ', 1)[0] === one);
  if (!sharing.every((one) => proven.has(one) && !isFailing(one))) return;
  world.alerts.end(cause, `Messages are delivered by ${sharing.join(' and ')} again; what had waited is on its way.`);
}

/** Neither by a way that rests nor before the message's own time. */
const restsUntilMs = (patience: Patience, keys: { readonly way: string; readonly message: string }): number =>
  Math.max(patience.get(keys.way)?.nextMs ?? 0, patience.get(keys.message)?.nextMs ?? 0);

/** Monotonic ms at which the first of these may be tried (again); undefined where none waits for anybody. */
export function nextTryMs(
  { ways, patience }: Pick<Delivery, 'ways' | 'patience'>,
  waiting: readonly Waiting[],
): number | undefined {
  const times = waiting.flatMap((one) =>
    ways.flatMap((way) =>
      unreachedBy(way, one).map((receiver) =>
        restsUntilMs(patience, { way: way.way, message: messageKey(way.way, one.message, receiver) }),
      ),
    ),
  );
  return times.length > 0 ? Math.min(...times) : undefined;
}
