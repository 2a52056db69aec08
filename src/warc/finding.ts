// What is found out about WARC files, in words that a person can act on. An issue makes `warc verify` end with 1; a warning does not.

export interface Finding {
  readonly level: 'issue' | 'warning';
  /** A word for programs: `truncated`, `block-digest`, `gap`, … */
  readonly kind: string;
  readonly file?: string;
  /** Of the gzip member, or of the record in a plain file. */
  readonly offset?: number;
  readonly record?: string;
  readonly detail: string;
}

export type TellFinding = (finding: Finding) => void;

/** One line: level, where, what. */
export function findingLine({ level, kind, file, offset, record, detail }: Finding): string {
  const where = [file, offset === undefined ? undefined : `at ${offset}`, record].filter((word) => word !== undefined);
  return `${level}: ${kind}: ${where.length > 0 ? `${where.join(' ')}: ` : ''}${detail}`;
}
