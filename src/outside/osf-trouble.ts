// What OSF's refusals mean. Takes an answer; leaves the kind of trouble, a sentence, and when to come back.
import { OperatorError } from '../domain/operator-error.ts';
import type { HttpAnswer } from './http-call.ts';

/**
 * broken: no answer, what was asked may have happened. unavailable: the server is in trouble. slow-down: a limit was passed.
 * gone: a link leads nowhere. blocked: only this one file or folder, held by somebody or its name taken. full: no room, or too large. refused: the token or its rights.
 * misunderstood: our request was wrong.
 */
export type OsfTroubleKind =
  | 'broken'
  | 'unavailable'
  | 'slow-down'
  | 'gone'
  | 'blocked'
  | 'full'
  | 'refused'
  | 'misunderstood';

export class OsfTrouble extends OperatorError {
  readonly kind: OsfTroubleKind;
  /** Epoch ms before which nothing should be asked. */
  readonly notBeforeMs: number | undefined;

  // oxlint-disable-next-line max-params -- the sentence's parts in the order in which they are read
  constructor(
    kind: OsfTroubleKind,
    message: string,
    remedy: string,
    options: { cause?: unknown; notBeforeMs?: number | undefined } = {},
  ) {
    super(kind === 'refused' || kind === 'misunderstood' ? 'refused' : 'unreachable', message, remedy, options);
    this.kind = kind;
    this.notBeforeMs = options.notBeforeMs;
  }
}

/**
 * Retry-After of OSF is an epoch in seconds; HTTP also has seconds from now and a date. Epoch ms, where it can be read.
 * Exported for tests.
 */
export function retryAfterMs(header: unknown, nowMs: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (!/^\d+(\.\d+)?$/.test(header.trim())) {
    const atMs = Date.parse(header);
    return Number.isNaN(atMs) ? undefined : atMs;
  }
  const seconds = Number(header);
  return seconds > 1e9 ? seconds * 1000 : nowMs + seconds * 1000;
}

type Meaning = readonly [kind: OsfTroubleKind, remedy: string];

const gone: Meaning = ['gone', 'Look at [osf] project and storage, and whether somebody removed a folder there.'];

const meanings: Readonly<Record<number, Meaning>> = {
  401: [
    'refused',
    'The token is not valid (any more): write a new one, with the scope osf.full_write, into [osf] token_file, and restart the watch.',
  ],
  403: ['refused', 'Give the account of the token write permission on the project that [osf] project names.'],
  404: gone,
  410: gone,
  413: ['blocked', 'It is too large for OSF (5 GB a file): upload it by other means.'],
  429: ['slow-down', 'Nothing needs doing: it goes on when OSF allows it.'],
  507: ['full', 'Free space in the storage of the project, or have it enlarged (5 GB private, 50 GB public).'],
};

const checkedOut: Meaning = ['blocked', 'Somebody has checked this file out on osf.io: have it checked in.'];
const unavailable: Meaning = ['unavailable', 'Nothing needs doing: it is tried again. status.cos.io has news.'];
const misunderstood: Meaning = [
  'misunderstood',
  'This is a fault of the program or of [osf] in the configuration; report it.',
];

function meaningOf(status: number, said: string): Meaning {
  if (status === 403 && /checked out|checkout/i.test(said)) return checkedOut;
  return meanings[status] ?? (status >= 500 ? unavailable : misunderstood);
}

export function troubleOfAnswer(answer: HttpAnswer, nowMs: number): OsfTrouble {
  const { status, headers } = answer;
  const said = wordsOf(answer);
  const [kind, remedy] = meaningOf(status, said);
  const sentence = `OSF answered with status ${status}${said === '' ? '.' : `: ${said}`}`;
  return new OsfTrouble(kind, sentence, remedy, { notBeforeMs: retryAfterMs(headers['retry-after'], nowMs) });
}

/** What the answer says about itself: `errors[].detail`, `message`, or its beginning. */
function wordsOf({ body }: HttpAnswer): string {
  const text = body.toString();
  try {
    const value = JSON.parse(text) as { errors?: { detail?: string }[]; message?: unknown };
    const details = value.errors?.map(({ detail }) => detail ?? '') ?? [
      typeof value.message === 'string' ? value.message : '',
    ];
    return details.join(' ').trim().slice(0, 300);
  } catch {
    return text
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim()
      .slice(0, 200);
  }
}
