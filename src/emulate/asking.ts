// A request, read. Takes address and headers; leaves which of the emulated endpoints was meant, by whom, with which parameters.
import type { IncomingHttpHeaders } from 'node:http';

/** The address that a client asked, taken apart. */
export interface Asking {
  readonly method: string;
  /** Without the label that may stand before it: /2/tweets/sample/stream. */
  readonly path: string;
  readonly parameters: URLSearchParams;
  /** Which server asked: the step before /2 in its path, `server=`, or "server 2" in its User-Agent; empty where it does not say. */
  readonly label: string;
  /** The bearer token; undefined where there is none. */
  readonly token: string | undefined;
  readonly takesGzip: boolean;
}

export function readAsking(method: string, address: string, headers: IncomingHttpHeaders): Asking {
  const url = new URL(address, 'http://localhost');
  const prefixed = /^\/([^/]+)(\/2\/.*)$/.exec(url.pathname);
  const inAgent = /\bserver[ =:-]?(\w+)/i.exec(headers['user-agent'] ?? '');
  return {
    method,
    path: prefixed?.[2] ?? url.pathname,
    parameters: url.searchParams,
    label: prefixed?.[1] ?? url.searchParams.get('server') ?? inAgent?.[1] ?? '',
    token: /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1],
    takesGzip: /\bgzip\b/.test(String(headers['accept-encoding'] ?? '')),
  };
}

const mostBackfillMinutes = 5;

/** Minutes to send once more, 0 where none are asked for; undefined for a value that the API refuses. */
export function backfillMinutesOf(parameters: URLSearchParams): number | undefined {
  const text = parameters.get('backfill_minutes') ?? '0';
  return /^\d$/.test(text) && Number(text) <= mostBackfillMinutes ? Number(text) : undefined;
}
