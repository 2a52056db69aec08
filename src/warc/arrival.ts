// When the bytes of a segment were received: marks that the archive keeps in a `metadata` record beside it, one for each second in
// which bytes came. Takes and leaves `application/warc-fields` lines `received: TIME OFFSET`; offsets count from the block's beginning.

export interface ArrivalMark {
  readonly offset: number;
  /** Epoch ms at which the bytes from there on were received. */
  readonly atMs: number;
}

const name = 'received';

export const arrivalField = ({ offset, atMs }: ArrivalMark): [string, string] => [
  name,
  `${new Date(atMs).toISOString()} ${offset}`,
];

/** Reads the marks of a block, ascending; lines that are none are passed over. */
export function parseArrivals(block: string): ArrivalMark[] {
  const marks: ArrivalMark[] = [];
  for (const [, time = '', offset = ''] of block.matchAll(/^received:[ \t]*(\S+) (\d+)[ \t]*\r?$/gim)) {
    const atMs = Date.parse(time);
    const before = marks.at(-1);
    if (!Number.isNaN(atMs) && Number(offset) >= (before?.offset ?? 0)) marks.push({ offset: Number(offset), atMs });
  }
  return marks;
}
