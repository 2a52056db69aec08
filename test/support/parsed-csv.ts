// A reader of CSV (RFC 4180) that knows nothing of how ours is written, for tests.

/** Rows of cells, character by character. */
export function parsedCsv(text: string): string[][] {
  const rows: string[][] = [];
  const row: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isQuoted && character === '"' && text[at + 1] === '"') cell += text[++at];
    else if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted || (character !== ',' && character !== '\n')) cell += character;
    else {
      row.push(cell);
      cell = '';
      if (character === '\n') rows.push(row.splice(0));
    }
  }
  return rows;
}
