// Faults of the stand-in for OSF, on demand. Takes `slow-down times=3; reset share=0.1 for=10m`; leaves, for each request that comes
// in, the one fault that befalls it. Nothing here touches the network.
import { OperatorError } from '../domain/operator-error.ts';
import { parseDuration } from '../domain/quantity.ts';
import { Dice } from './dice.ts';

/**
 * reset: the connection is cut before anything happens; reset-after: after it happened; half: while the body is read. slow-down: 429.
 * unavailable: 503. quota: 507. expired: 401. checked-out: 403. length-required: 411. early-conflict: 409 before the body is read, for a
 * name that may be free. wrong-bytes: what is stored is not what was sent. nonsense: HTML under 200.
 */
export const osfFaults = [
  'reset',
  'reset-after',
  'half',
  'slow-down',
  'unavailable',
  'quota',
  'expired',
  'checked-out',
  'length-required',
  'early-conflict',
  'wrong-bytes',
  'nonsense',
] as const;
export type OsfFault = (typeof osfFaults)[number];

/** Those that only a change can meet. */
const ofChanges: ReadonlySet<OsfFault> = new Set([
  'reset-after',
  'half',
  'quota',
  'checked-out',
  'length-required',
  'early-conflict',
  'wrong-bytes',
]);

export interface OsfRequest {
  readonly method: string;
  readonly path: string;
  readonly isListing: boolean;
  readonly atMs: number;
  readonly fault: OsfFault | undefined;
}

export type OsfAsked = Omit<OsfRequest, 'fault'>;

/** One fault as it was ordered. Durations in ms of the stand-in's clock. */
export interface OsfOrder {
  readonly is: OsfFault;
  /** From when on, counted from the order; at once by default. */
  readonly at?: number;
  /** Until so long after that. */
  readonly for?: number;
  /** That many requests; 1 by default, where neither `for` nor `share` is given. */
  readonly times?: number;
  /** Of the requests that could meet it, from 0 to 1; 1 by default. */
  readonly share?: number;
}

const number = (text: string): number | undefined => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined);
const readers = { at: parseDuration, for: parseDuration, times: number, share: number } as const;
type Setting = keyof typeof readers;
const isSetting = (name: string): name is Setting => Object.hasOwn(readers, name);

/** Reads faults separated by `;`. Throws OperatorError `wrong-usage`. */
export function parseOsfFaults(text: string): OsfOrder[] {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseOrder);
}

function parseOrder(text: string): OsfOrder {
  const [word = '', ...settings] = text.split(/\s+/);
  const is = osfFaults.find((fault) => fault === word);
  if (is === undefined)
    throw wrong(`${JSON.stringify(word)} is no fault of OSF's`, `There are: ${osfFaults.join(', ')}.`);
  const order: { is: OsfFault } & Partial<Record<Setting, number>> = { is };
  for (const setting of settings) {
    const [name = '', value = ''] = setting.split('=');
    const read = isSetting(name) ? readers[name](value) : undefined;
    if (!isSetting(name) || read === undefined)
      throw wrong(`${is} ${setting} is not understood`, 'Write at=5m, for=10m, times=3, share=0.1.');
    order[name] = read;
  }
  return order;
}

const wrong = (what: string, remedy: string): OperatorError => new OperatorError('wrong-usage', `${what}.`, remedy);

export interface OsfOrders {
  /** Orders faults, as text. Throws OperatorError `wrong-usage`. */
  order(text: string): void;
  clear(): void;
  /** What befalls this request. */
  befall(request: OsfAsked): OsfFault | undefined;
}

export function osfOrders(now: () => number, seed: number): OsfOrders {
  let standing: { readonly order: OsfOrder; readonly sinceMs: number; left: number }[] = [];
  const dice = new Dice(seed, 0);
  return {
    order(text) {
      const leftOf = ({ times, for: forMs, share }: OsfOrder): number =>
        times ?? (forMs === undefined && share === undefined ? 1 : Number.POSITIVE_INFINITY);
      const orders = parseOsfFaults(text);
      standing.push(...orders.map((order) => ({ order, sinceMs: now() + (order.at ?? 0), left: leftOf(order) })));
    },
    clear: () => void (standing = []),
    befall({ method, atMs }) {
      standing = standing.filter(({ order, sinceMs, left }) => left > 0 && atMs < sinceMs + (order.for ?? Infinity));
      const found = standing.find(
        ({ order, sinceMs }) =>
          atMs >= sinceMs && (method === 'PUT' || !ofChanges.has(order.is)) && dice.chance(order.share ?? 1),
      );
      if (found) found.left--;
      return found?.order.is;
    },
  };
}
