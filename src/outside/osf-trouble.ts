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

/** Retry-After of OSF is an epoch in seconds; HTTP also has seconds from now and a date. Epoch ms, where it can be read. */
export function retryAfterMs(header: unknown, nowMs: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (!/^\d+(\.\d+)?$/.test(header.trim())) {
    const atMs = Date.parse(header);
    return Number.isNaN(atMs) ? undefined : atMs;
  }
  const seconds = Number(header);
  return seconds > 1e9 ? seconds * 1000 : nowMs + seconds * 1000;
}

export function troubleOfAnswer(answer: HttpAnswer, nowMs: number): OsfTrouble {
  const { status, headers } = answer;
  const said = wordsOf(answer);
  const sentence = `OSF answered with status ${status}${said === '' ? '.' : `: ${said}`}`;
  const notBeforeMs = retryAfterMs(headers['retry-after'], nowMs);
  switch (status) {
    case 401:
      return new OsfTrouble(
        'refused',
        sentence,
        'The token is not valid (any more): write a new one, with the scope osf.full_write, into [osf] token_file, and restart the watch.',
      );
    case 403:
      return /checked out|checkout/i.test(said)
        ? new OsfTrouble('blocked', sentence, 'Somebody has checked this file out on osf.io: have it checked in.')
        : new OsfTrouble(
            'refused',
            sentence,
            'Give the account of the token write permission on the project that [osf] project names.',
          );
    case 404:
    case 410:
      return new OsfTrouble(
        'gone',
        sentence,
        'Look at [osf] project and storage, and whether somebody removed a folder there.',
      );
    case 413:
    case 507:
      return new OsfTrouble(
        'full',
        sentence,
        'Free space in the storage of the project, or have it enlarged (5 GB private, 50 GB public).',
      );
    case 429:
      return new OsfTrouble('slow-down', sentence, 'Nothing needs doing: it goes on when OSF allows it.', {
        notBeforeMs,
      });
    default:
      return status >= 500
        ? new OsfTrouble('unavailable', sentence, 'Nothing needs doing: it is tried again. status.cos.io has news.', {
            notBeforeMs,
          })
        : new OsfTrouble(
            'misunderstood',
            sentence,
            'This is a fault of the program or of [osf] in the configuration; report it.',
          );
  }
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
