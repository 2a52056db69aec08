// Faults that wait for requests, and manners that outlast a connection. Takes faults as they are ordered and the label of each
// request for the stream; leaves what befalls that request.
import type { Clock } from '../outside/clock.ts';
import type { Fault } from './fault.ts';
import { type Manner, plainManner } from './manner.ts';
import {
  htmlPage,
  notEnrolled,
  plainRefusal,
  rateLimited,
  type Refusal,
  tooManyConnections,
  usageCapped,
} from './problem.ts';

/** What befalls a request: a refusal, a stream that ends at once, silence, or a reset. */
export type Reception =
  | { readonly is: 'refused'; readonly refusal: Refusal }
  | { readonly is: 'accept-then-close' | 'no-answer' | 'cut-off' };

interface Standing {
  readonly fault: Fault;
  readonly untilMs: number;
  times: number;
}

const requestFaults = new Set(['refuse', 'html', 'accept-then-close', 'no-answer', 'cut-off']);

export class StandingFaults {
  readonly #clock: Clock;
  #standing: Standing[] = [];
  #manners: { readonly fault: Fault; readonly manner: Manner & { untilMs: number } }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keeps a fault that waits for requests; nothing happens with any other. */
  add(fault: Fault): void {
    if (!requestFaults.has(fault.is)) return;
    const lasting = fault.for ?? Infinity;
    // Without a number or a duration it befalls one request; a cut without a duration is but the reset of what stands.
    const times = fault.times ?? (fault.for === undefined ? Number(fault.is !== 'cut-off') : Infinity);
    this.#standing.push({ fault, untilMs: this.#clock.monotonic() + lasting, times });
  }

  /** Keeps a manner for the connections to come. */
  addManner(fault: Fault): Manner | undefined {
    const manner = mannerOf(fault, this.#clock.monotonic());
    if (manner) this.#manners.push({ fault, manner });
    return manner;
  }

  clear(): void {
    this.#standing = [];
    this.#manners = [];
  }

  /** The manner in which a new connection of that label writes. */
  mannerFor(label: string): Manner {
    const nowMs = this.#clock.monotonic();
    this.#manners = this.#manners.filter(({ manner }) => nowMs < manner.untilMs);
    return this.#manners.findLast(({ fault }) => fault.to === undefined || fault.to === label)?.manner ?? plainManner;
  }

  /** What befalls a request of that label, which is counted; undefined where it is served. */
  receive(label: string): Reception | undefined {
    const nowMs = this.#clock.monotonic();
    this.#standing = this.#standing.filter(({ untilMs, times }) => nowMs < untilMs && times > 0);
    const hit = this.#standing.find(({ fault }) => fault.to === undefined || fault.to === label);
    if (hit === undefined) return undefined;
    hit.times -= 1;
    const { fault } = hit;
    if (fault.is === 'refuse') return { is: 'refused', refusal: refusalOf(fault) };
    if (fault.is === 'html') return { is: 'refused', refusal: htmlPage(fault.status ?? 502) };
    return { is: fault.is as 'accept-then-close' | 'no-answer' | 'cut-off' };
  }
}

function refusalOf({ status = 503, kind }: Fault): Refusal {
  if (status === 403) return notEnrolled;
  if (status !== 429) return plainRefusal(status);
  if (kind === 'connections') return tooManyConnections;
  return kind === 'usage' ? usageCapped : rateLimited;
}

function mannerOf(fault: Fault, nowMs: number): (Manner & { untilMs: number }) | undefined {
  const untilMs = nowMs + (fault.for ?? Infinity);
  switch (fault.is) {
    case 'split-characters':
      return { is: 'split-characters', untilMs };
    case 'chunks':
      return { is: 'chunks', bytes: Math.max(1, fault.bytes ?? 1), untilMs };
    case 'drip':
      return { is: 'drip', bytes: Math.max(1, fault.bytes ?? 1), everyMs: Math.max(1, fault.every ?? 1_000), untilMs };
    default:
      return undefined;
  }
}
