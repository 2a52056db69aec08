// Rows as CSV (RFC 4180, `\n` row ends). Takes cells; leaves a line of text with its end.
import { createArrayCsvStringifier } from 'csv-writer';

const plain = createArrayCsvStringifier({});
const quoted = createArrayCsvStringifier({ alwaysQuote: true });

/** One row. csv-writer leaves a lone CR unquoted, which readers take for a row's end: such a cell is quoted here. */
export function csvRow(cells: readonly string[]): string {
  if (!cells.some((cell) => cell.includes('\r'))) return plain.stringifyRecords([cells]);
  const fields = cells.map((cell) => {
    const stringifier = cell.includes('\r') ? quoted : plain;
    return stringifier.stringifyRecords([[cell]]).slice(0, -1);
  });
  return `${fields.join(',')}\n`;
}
