// Secrets taken out of an exchange before any of it reaches the disk: no hash of them stays either.
// Takes an address and headers; leaves them with `[redacted]` where a secret stood, and the list of what was.

export interface RedactedRequest {
  /** The address with its parameters, fit for a WARC-Target-URI. */
  readonly uri: string;
  /** Request line and headers, up to and with the empty line. */
  readonly head: string;
  /** What was redacted, such as `request.authorization`. */
  readonly redacted: readonly string[];
}

export interface Request {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
}

const mark = '[redacted]';
const secretHeaders = /^(authorization|proxy-authorization|cookie|x-api-key|x-csrf-token|x-guest-token)$/i;
const secretParameters = /token|secret|key|signature|password|oauth_/i;

/** Redacts a request. */
export function redactRequest({ method, url, path, headers }: Request): RedactedRequest {
  const redacted = new Set<string>();
  const uri = redactAddress(url, redacted);
  const lines = [`${method} ${redactAddress(path, redacted)} HTTP/1.1`];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const [name = '', value = ''] = headers.slice(index, index + 2);
    lines.push(`${escapeControls(name)}: ${redactHeader(name, value, redacted)}`);
  }
  return { uri, head: `${lines.join('\r\n')}\r\n\r\n`, redacted: [...redacted] };
}

/** The scheme stays, since it says how the client proved itself; a Basic one's whole value is the secret. */
function redactHeader(name: string, value: string, redacted: Set<string>): string {
  if (!secretHeaders.test(name)) return escapeControls(value);
  redacted.add(`request.${name.toLowerCase()}`);
  const scheme = /^([A-Za-z][A-Za-z0-9-]*) +\S/.exec(value)?.[1];
  return /authorization$/i.test(name) && scheme !== undefined ? `${scheme} ${mark}` : mark;
}

function redactAddress(address: string, redacted: Set<string>): string {
  const clean = escapeControls(address).replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, (_all, scheme: string) => {
    redacted.add('request.url.credentials');
    return scheme;
  });
  return clean.replace(/([?&])([^=&#]*)=([^&#]*)/g, (whole, before: string, name: string) => {
    if (!secretParameters.test(decoded(name))) return whole;
    redacted.add(`request.url.${decoded(name)}`);
    return `${before}${name}=${mark}`;
  });
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

// oxlint-disable-next-line no-control-regex -- these are what must not reach a head
const controls = /[\u0000-\u001f\u007f]/g;

/** What could end a line is written as an address writes it. */
const escapeControls = (text: string): string =>
  text.replaceAll(controls, (control) => `%${control.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
