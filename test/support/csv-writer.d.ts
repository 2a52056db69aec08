// csv-writer ships its sources as its types, which our stricter rules refuse to compile: here is the part that is used.
// tsconfig.json points at this file.

export interface ArrayStringifier {
  /** Each record as a line that ends with `\n`. */
  stringifyRecords(records: readonly (readonly string[])[]): string;
}

export function createArrayCsvStringifier(options: { alwaysQuote?: boolean }): ArrayStringifier;
