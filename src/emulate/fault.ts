// The stand-in's faults, as text and as values. Takes `drop at=5m to=2; stall for=30s`, or the same as JSON;
// leaves faults, or says what is wrong with them.
import { OperatorError } from '../domain/operator-error.ts';
import { parseDuration, parseSize } from '../domain/quantity.ts';

type Reader = (text: string) => number | string | undefined;

const count: Reader = (text) => (/^\d+$/.test(text) ? Number(text) : undefined);
const words: Reader = (text) => text;

/** What each kind of fault may be given, beside the aim. */
const kinds = {
  // to connections that stand, once
  drop: {},
  end: {},
  close: {},
  'half-line': { how: words },
  'operational-disconnect': { reason: words },
  'system-message': {},
  stall: { for: parseDuration },
  'split-keep-alive': {},
  'huge-line': { bytes: parseSize },
  'endless-line': { bytes: parseSize },
  inject: { text: words, base64: words },
  'break-gzip': {},
  // to the way in which connections write, those that stand and those to come, until `for` is over
  'split-characters': { for: parseDuration },
  chunks: { bytes: parseSize, for: parseDuration },
  drip: { bytes: parseSize, every: parseDuration, for: parseDuration },
  // to requests that come, `times` times or for some time
  refuse: { status: count, kind: words, times: count, for: parseDuration },
  html: { status: count, times: count },
  'accept-then-close': { times: count },
  'no-answer': { times: count },
  // both: connections are reset, and requests too for some time
  'cut-off': { for: parseDuration },
} as const satisfies Record<string, Readonly<Record<string, Reader>>>;

export type FaultKind = keyof typeof kinds;

/** One fault. Durations in ms of the emulated clock, sizes in bytes. */
export interface Fault {
  readonly is: FaultKind;
  /** When, counted from the start of the emulator (or, over HTTP, from now); at once by default. */
  readonly at?: number;
  /** Only what this server asked for, by its label. */
  readonly to?: string;
  /** Only the connection of this number. */
  readonly connection?: number;
  readonly for?: number;
  readonly times?: number;
  readonly bytes?: number;
  readonly every?: number;
  readonly status?: number;
  /** Of a 429: connections, rate, usage. */
  readonly kind?: string;
  /** Of half a line: `close` (default), `reset`, `end`. */
  readonly how?: string;
  readonly reason?: string;
  readonly text?: string;
  readonly base64?: string;
}

const aim: Readonly<Record<string, Reader>> = { at: parseDuration, to: words, connection: count };

export const faultKinds = Object.keys(kinds) as FaultKind[];

/** Reads faults separated by `;`. Throws OperatorError `wrong-usage`. */
export function parseFaults(text: string): Fault[] {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseFault);
}

function parseFault(text: string): Fault {
  const [is = '', ...settings] = text.split(/\s+/);
  const entries = settings.map((setting): [string, string] => {
    const at = setting.indexOf('=');
    return [setting.slice(0, Math.max(at, 0)) || setting, at < 0 ? '' : setting.slice(at + 1)];
  });
  return readFault({ ...Object.fromEntries(entries), is });
}

/** Reads one fault of names and texts (or numbers), as JSON has it. Throws OperatorError `wrong-usage`. */
export function readFault({ is, ...given }: Readonly<Record<string, unknown>>): Fault {
  if (typeof is !== 'string' || !Object.hasOwn(kinds, is)) {
    throw wrongFault(`${JSON.stringify(is)} is no fault`, `There are: ${faultKinds.join(', ')}.`);
  }
  const readers: Readonly<Record<string, Reader>> = { ...aim, ...kinds[is as FaultKind] };
  const fault: Record<string, unknown> = { is };
  for (const [name, value] of Object.entries(given)) {
    const reader = readers[name];
    if (!reader) throw wrongFault(`${is} takes no ${name}`, `It takes: ${Object.keys(readers).join(', ')}.`);
    fault[name] = typeof value === 'number' && reader !== words ? value : reader(String(value));
    if (fault[name] === undefined)
      throw wrongFault(`${is} ${name}=${String(value)} is not understood`, 'Write at=5m, bytes=7B, times=3.');
  }
  return fault as unknown as Fault;
}

const wrongFault = (what: string, remedy: string): OperatorError =>
  new OperatorError('wrong-usage', `${what}.`, remedy);
