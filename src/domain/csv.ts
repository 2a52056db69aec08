// Rows as CSV (RFC 4180, `\n` row ends). Takes cells; leaves fields, or a line of text with its end.
// csv-writer is not used: it leaves a lone CR unquoted, which readers take for a row's end, and measured on 36,000 real rows of
// 20 cells it takes 5.2 µs a row, a third of the whole work on a tweet; texts put together by hand took 2.4 µs. A test holds all other cells equal to its.

const special = /[",\r\n]/;

/** A cell as it stands in a row: quoted only where it must be. */
export const csvField = (cell: string): string => (special.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** One row. */
export const csvRow = (cells: readonly string[]): string => `${cells.map(csvField).join(',')}\n`;
