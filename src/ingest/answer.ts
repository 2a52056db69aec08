// Reading what the API answered: is it the stream, and if not, which kind of ending is it?
// Takes status, headers and the beginning of the body; leaves an Ending for the state machine, or undefined for a stream.
import type { Problem } from '../domain/payload.ts';
import type { Ending } from './reconnect.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The beginning of the body, as text; empty for a stream. */
  readonly text: string;
}

/** Is this answer the stream itself? A page of HTML under status 200 (a proxy, a captive portal) is not. */
export function isStream({ status, headers }: Omit<Answer, 'text'>): boolean {
  return status === 200 && !headerOf(headers, 'content-type').toLowerCase().startsWith('text/html');
}

/** The ending that a refusal stands for. `askedBackfill`: the request carried `backfill_minutes`. */
export function endingOf(answer: Answer, askedBackfill: boolean): Ending {
  const { status, headers, text } = answer;
  const problem = readProblem(text);
  const detail = describe(status, problem, text);
  if (status === 429) return tooMany(problem, detail, resetOf(headers));
  // A tier that lacks the parameter need not name it: the next try goes without it, and shows whether that was it.
  if (askedBackfill && (status === 400 || status === 403) && problem.reason !== 'client-not-enrolled')
    return { is: 'backfill-refused', detail, isNamed: text.includes('backfill_minutes') };
  if (status >= 500 || (status >= 200 && status < 300)) return { is: 'server-error', detail };
  return { is: 'refused', detail };
}

/** The three kinds of 429: the old connection still open, the monthly cap, the limit of connects. */
function tooMany(problem: Problem, detail: string, resetAtMs: number | undefined): Ending {
  const reset = resetAtMs === undefined ? {} : { resetAtMs };
  const said = `${problem.title ?? ''} ${problem.type ?? ''} ${problem.connection_issue ?? ''}`;
  if (/ConnectionException|TooManyConnections|streaming-connection/i.test(said))
    return { is: 'too-many-connections', detail, ...reset };
  if (/usage-?capped|UsageCapExceeded/i.test(said)) return { is: 'usage-capped', detail, ...reset };
  return { is: 'rate-limited', detail, ...reset };
}

function headerOf(headers: Answer['headers'], name: string): string {
  const value = headers[name];
  return Array.isArray(value) ? (value[0] ?? '') : (value ?? '');
}

/** `x-rate-limit-reset` is in epoch seconds. */
function resetOf(headers: Answer['headers']): number | undefined {
  const text = headerOf(headers, 'x-rate-limit-reset').trim();
  return /^\d{1,12}$/.test(text) ? Number(text) * 1000 : undefined;
}

/** The problem in a body: itself, or the first of its `errors`, completed by what stands around it. */
function readProblem(text: string): Problem {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) return {};
    const first: unknown = 'errors' in body && Array.isArray(body.errors) ? body.errors[0] : undefined;
    return { ...(typeof first === 'object' ? first : {}), ...body };
  } catch {
    return {};
  }
}

function describe(status: number, problem: Problem, text: string): string {
  const words = [problem.title, problem.reason, problem.detail ?? problem.message].filter((word) => word !== undefined);
  const said =
    words.length > 0
      ? words.join(': ')
      : text
          .replaceAll(/<[^>]*>/g, ' ')
          .replaceAll(/\s+/g, ' ')
          .trim();
  return `HTTP ${status}${said === '' ? '' : ` (${said.slice(0, 200)})`}`;
}

/** What an operator should do about a refusal: one sentence or two. `isTokenCopied`: the file is not looked at before a restart. */
export function remedyOf(detail: string, isTokenCopied: boolean): string {
  if (/client-not-enrolled/.test(detail))
    return 'The access tier of this app does not include the stream: enrol the app, or use a token of one that is.';
  if (/HTTP 401/.test(detail))
    return `Put a valid bearer token into the file that [ingest] bearer_token_file names. ${isTokenCopied ? 'This service was given a copy of it when it started: restart it after that.' : 'It is read again at each try; nothing needs a restart.'}`;
  if (/HTTP 403/.test(detail))
    return 'Look at the access tier and the permissions of the app that the token belongs to.';
  if (/HTTP 407/.test(detail))
    return 'The proxy wants other credentials: name its user in [ingest] proxy (http://NAME@HOST:PORT), and the file of the password in [ingest] proxy_password_file.';
  if (/HTTP 404/.test(detail)) return 'Look at [ingest] api: there is no stream at that address.';
  return 'Look at the [ingest] section of the configuration and at the status of the X API.';
}
