// The head of an HTTP answer as it stands in a record: status and headers, interim answers (1xx) passed over.
// Takes the first bytes; leaves the head and the bytes behind it. Source: RFC 9112.

export interface HttpHead {
  readonly status: number;
  /** By lower-case name; several of one name joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Longest head, interim answers included, that is read. */
const longestHttpHeadBytes = 256 * 1024;

/** The head and where the body begins; 'more' where the bytes end within it, undefined where they are no HTTP answer. */
export function readHttpHead(bytes: Buffer): { readonly head: HttpHead; readonly bodyAt: number } | 'more' | undefined {
  for (let start = 0; ;) {
    if (!'HTTP/'.startsWith(bytes.subarray(start, start + 5).toString('latin1'))) return undefined;
    const end = endOfHead(bytes, start);
    if (end === undefined) return bytes.length > longestHttpHeadBytes ? undefined : 'more';
    const head = parseHead(bytes.subarray(start, end).toString('latin1'));
    if (head === undefined) return undefined;
    if (head.status >= 200 || head.status === 101) return { head, bodyAt: end };
    start = end;
  }
}

function endOfHead(bytes: Buffer, start: number): number | undefined {
  const strict = bytes.indexOf('\r\n\r\n', start, 'latin1');
  const loose = bytes.indexOf('\n\n', start, 'latin1');
  if (strict >= 0 && (loose < 0 || strict < loose)) return strict + 4;
  return loose >= 0 ? loose + 2 : undefined;
}

function parseHead(text: string): HttpHead | undefined {
  const [first = '', ...lines] = text.split(/\r?\n/);
  const status = /^HTTP\/\d(?:\.\d)? (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const match = /^([^\s:]+)[ \t]*:(.*)$/.exec(line);
    if (match?.[1] === undefined) continue;
    const name = match[1].toLowerCase();
    const value = (match[2] ?? '').trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(status), headers };
}

/** The tokens of a header that lists codings, lower case, in the order in which they were applied. */
export function codings({ headers }: HttpHead, name: string): string[] {
  const value = headers.get(name) ?? '';
  return value
    .split(',')
    .map((token) => token.split(';')[0]?.trim().toLowerCase() ?? '')
    .filter((token) => token !== '' && token !== 'identity');
}
