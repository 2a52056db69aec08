// The head of a WARC record: version line and named fields, read tolerantly and written strictly.
// Takes and leaves bytes and plain values. Source: WARC 1.1 §4 and its annotations #67 (no encoded words) and #74 (folded lines are read, never written).

export interface RecordHead {
  /** 1.0, 1.1 */
  readonly version: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Departures from the rules that could be read all the same. */
  readonly oddities: readonly string[];
}

/** A head that cannot be read. */
export interface BrokenHead {
  readonly broken: string;
}

/** Longest head that is read. */
export const longestHeadBytes = 64 * 1024;

/** Reads a head, up to but without the empty line that ends it. */
export function parseHead(bytes: Buffer): RecordHead | BrokenHead {
  const text = bytes.toString('utf8');
  const oddities: string[] = [];
  if (/(?:^|[^\r])\n/.test(text)) oddities.push('line ends without CR');
  const [first = '', ...lines] = text.split(/\r?\n/);
  const version = /^WARC\/(\d+\.\d+)$/.exec(first)?.[1];
  if (version === undefined) return { broken: 'no version line' };
  const fields: [string, string][] = [];
  for (const line of lines) {
    const last = fields.at(-1);
    if (/^[ \t]/.test(line) && last) {
      last[1] = `${last[1]} ${line.trim()}`;
      oddities.push(`field ${last[0]} is folded`);
      continue;
    }
    const match = /^([^\s:]+):(.*)$/s.exec(line);
    if (match?.[1] === undefined) return { broken: `a line that is no field: ${JSON.stringify(line.slice(0, 60))}` };
    fields.push([match[1], (match[2] ?? '').trim()]);
  }
  return { version, fields, oddities };
}

/** The first value of a field, whatever its capitals; undefined where the record has none. */
export function field(head: RecordHead, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return head.fields.find(([given]) => given.toLowerCase() === wanted)?.[1];
}

export function allOf(head: RecordHead, name: string): string[] {
  const wanted = name.toLowerCase();
  return head.fields.filter(([given]) => given.toLowerCase() === wanted).map(([, value]) => value);
}

/** A URI without the angle brackets that some writers put round every one. */
export const bareUri = (value: string): string => value.replace(/^<(.*)>$/s, '$1');

/** The record's own length of its block in bytes, or why it has none that can be believed. */
export function contentLengthOf(head: RecordHead): number | BrokenHead {
  const given = allOf(head, 'Content-Length');
  if (given.length !== 1) return { broken: given.length === 0 ? 'no Content-Length' : 'several Content-Length' };
  const length = Number(given[0]);
  if (!/^\d+$/.test(given[0] ?? '') || !Number.isSafeInteger(length)) {
    return { broken: `Content-Length ${JSON.stringify(given[0]?.slice(0, 40))}` };
  }
  return length;
}

const nameShape = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// oxlint-disable-next-line no-control-regex -- these are what must never stand in a field
const forbidden = /[\r\n\0]/;

/** Writes a head with the empty line that ends it. Throws RangeError for a name or value that could end its line. */
export function encodeHead(version: string, fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.from(`WARC/${version}\r\n${encodeFields(fields)}\r\n`);
}

/** Writes named fields, as a head or an `application/warc-fields` block holds them. Throws RangeError as encodeHead does. */
export function encodeFields(fields: readonly (readonly [string, string])[]): string {
  for (const [name, value] of fields) {
    if (!nameShape.test(name)) throw new RangeError(`${JSON.stringify(name)} cannot name a field.`);
    if (forbidden.test(value)) throw new RangeError(`The field ${name} holds a line end or NUL.`);
  }
  return fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}
