// WARC files held against what they say of themselves: digests, lengths, gzip members, segments in their order.
// Takes paths; leaves a report of plain values: files, answers, findings. Changes nothing.
import type { Disk } from '../outside/disk.ts';
import { type Finding, findingLine } from './finding.ts';
import { type Logical, logicalRecords, statusWords } from './logical.ts';
import { checkPayloadDigests } from './payload-digest.ts';
import { type FileScan, scan } from './scan.ts';

export interface AnswerReport {
  readonly record: string;
  readonly uri: string;
  readonly date: string;
  /** complete, truncated (disconnect), gap (segment 2), open, orphan */
  readonly status: string;
  readonly segments: number;
  readonly bytes: number;
  readonly files: readonly string[];
}

export interface VerifyReport {
  readonly files: readonly FileScan[];
  readonly answers: readonly AnswerReport[];
  readonly issues: readonly Finding[];
  readonly warnings: readonly Finding[];
}

export interface VerifySetting {
  readonly disk: Disk;
  readonly signal?: AbortSignal;
  /** IDs of first segments whose answer is still being received: that they lack their end is no issue. */
  readonly beingReceived?: ReadonlySet<string>;
}

/** Checks everything that can be checked. Rejects only where a file cannot be read at all. */
export async function verifyWarcs(paths: readonly string[], setting: VerifySetting): Promise<VerifyReport> {
  const { disk, signal, beingReceived } = setting;
  const found = await scan(disk, paths, signal);
  const findings = [...found.findings];
  const tell = (finding: Finding): void => {
    if (finding.kind !== 'open' || !beingReceived?.has(finding.record ?? '')) findings.push(finding);
  };
  const logicals = logicalRecords(found.entries, tell);
  for (const logical of logicals) {
    await checkPayloadDigests(disk, logical, tell);
    signal?.throwIfAborted();
  }
  return {
    files: found.files,
    answers: logicals.map(answerReport),
    issues: findings.filter(({ level }) => level === 'issue'),
    warnings: findings.filter(({ level }) => level === 'warning'),
  };
}

function answerReport({ id, uri, date, status, segments }: Logical): AnswerReport {
  return {
    record: id,
    uri,
    date,
    status: statusWords(status),
    segments: segments.length,
    bytes: segments.reduce((sum, { contentLength }) => sum + contentLength, 0),
    files: [...new Set(segments.map(({ path }) => path))],
  };
}

/** The report for people: findings first, then a line for each answer, then the counts. */
export function reportText({ files, answers, issues, warnings }: VerifyReport): string {
  const lines = [...issues, ...warnings].map(findingLine);
  for (const { date, status, segments, bytes, files: where, uri } of answers) {
    const parts = segments === 1 ? '1 segment' : `${segments} segments`;
    lines.push(`${date}  ${status}  ${parts}, ${bytes} bytes in ${where.join(', ')}  ${uri}`);
  }
  const records = files.reduce((sum, file) => sum + file.records, 0);
  lines.push(
    `${files.length} files, ${records} records, ${answers.length} answers: ${issues.length} issues, ${warnings.length} warnings`,
  );
  return `${lines.join('\n')}\n`;
}
