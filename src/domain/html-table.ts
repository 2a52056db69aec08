// HTML as every mail program shows it: tables whose cells carry their own styles, bars drawn as cells, no images, no style sheet,
// nothing fetched. Takes words and numbers; leaves pieces of a document.

export const colours = {
  both: '#2f6690',
  only1: '#81a4cd',
  only2: '#d9a441',
  alarm: '#b3261e',
  good: '#1e7d4f',
  ink: '#1f2933',
  faint: '#5d6976',
  line: '#dde3ea',
  empty: '#eef1f5',
  ground: '#ffffff',
} as const;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
export const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => escapes[character] ?? '');

export const font = 'font-family:Helvetica,Arial,sans-serif;';
const cellStyle = `${font}font-size:13px;line-height:18px;padding:3px 6px;border-bottom:1px solid ${colours.line};vertical-align:middle;`;

export interface CellSetting {
  readonly align?: 'left' | 'right';
  readonly colour?: string;
  readonly isHead?: boolean;
  /** Of the whole table; left out: as wide as its words. */
  readonly percent?: number;
  /** May its words go over several lines? */
  readonly wraps?: boolean;
}

/** A cell of that HTML. */
export function cell(html: string, setting: CellSetting = {}): string {
  const { align = 'left', colour = colours.ink, isHead = false, percent, wraps = false } = setting;
  const head = isHead ? `color:${colours.faint};font-size:12px;font-weight:normal;` : `color:${colour};`;
  const width = percent === undefined ? '' : ` width="${percent}%"`;
  const tag = isHead ? 'th' : 'td';
  return `<${tag} align="${align}"${width} style="${cellStyle}${head}${wraps ? '' : 'white-space:nowrap;'}">${html}</${tag}>`;
}

/** Rows of cells, as wide as the page, but no wider than a person likes to read. */
export const table = (rows: readonly (readonly string[])[]): string =>
  `<table width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse;width:100%;max-width:760px;">\n${rows
    .map((cells) => `<tr>${cells.join('')}</tr>\n`)
    .join('')}</table>\n`;

export const heading = (text: string): string =>
  `<p style="${font}font-size:15px;font-weight:bold;color:${colours.ink};margin:24px 0 8px 0;">${escaped(text)}</p>\n`;

export const paragraph = (text: string, colour: string = colours.ink): string =>
  `<p style="${font}font-size:14px;line-height:20px;color:${colour};margin:0 0 4px 0;">${escaped(text)}</p>\n`;

export interface Segment {
  readonly size: number;
  readonly colour: string;
}

const blank = (colour: string, attributes: string): string =>
  `<td ${attributes} height="12" bgcolor="${colour}" style="height:12px;font-size:0;line-height:0;padding:0;background-color:${colour};">&nbsp;</td>`;

/** What is there is seen, however little it is, and what lacks a little is not whole. */
function percentOf(size: number, most: number): number {
  if (most === 0 || size <= 0) return 0;
  return size >= most ? 100 : Math.min(99, Math.max(1, Math.round((size / most) * 100)));
}

/** A bar, as long as its cell where its segments come to `most`. Its length must stand in words beside it. */
export function bar(segments: readonly Segment[], most: number): string {
  let used = 0;
  const drawn = segments.map(({ size, colour }) => {
    const percent = Math.min(percentOf(size, most), 100 - used);
    used += percent;
    return percent === 0 ? '' : blank(colour, `width="${percent}%"`);
  });
  const rest = used < 100 ? blank(colours.empty, `width="${100 - used}%"`) : '';
  return `<table width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse;width:100%;"><tr>${drawn.join('')}${rest}</tr></table>`;
}

/** Which colour means what, in words, since not everybody sees colours and some programs drop them. */
export function legend(entries: readonly (readonly [colour: string, words: string])[]): string {
  const rows = entries.map(
    ([colour, words]) =>
      `<tr>${blank(colour, 'width="12"')}<td style="${font}font-size:12px;line-height:16px;color:${colours.faint};padding:0 0 0 6px;">${escaped(words)}</td></tr>`,
  );
  return `<table cellpadding="0" cellspacing="0" border="0" style="margin:8px 0;">${rows.join('')}</table>\n`;
}
