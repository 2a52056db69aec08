// One pass over all files, in any order: every block read to its end and checked, every record remembered by what its head says.
// Takes paths; leaves entries and findings. Memory grows with the number of records, never with their size.
import { createHash } from 'node:crypto';
import type { Disk } from '../outside/disk.ts';
import { parseDigest } from './digest.ts';
import { type DigestCheck, type Entry, entryFields } from './entry.ts';
import { field } from './fields.ts';
import { FileWindow } from './file-window.ts';
import type { Finding, TellFinding } from './finding.ts';
import { type Damage, type WarcRecord, readRecords } from './records.ts';

export interface FileScan {
  readonly path: string;
  readonly bytes: number;
  readonly records: number;
}

export interface Scan {
  readonly files: readonly FileScan[];
  readonly entries: readonly Entry[];
  readonly findings: readonly Finding[];
}

/** Reads every record of every file once. Rejects only where a file cannot be read at all (ENOENT, EIO). */
export async function scan(disk: Disk, paths: readonly string[], signal?: AbortSignal): Promise<Scan> {
  const files: FileScan[] = [];
  const entries: Entry[] = [];
  const findings: Finding[] = [];
  for (const path of new Set(paths)) {
    const found = await scanFile(disk, path, signal);
    files.push(found.file);
    entries.push(...found.entries);
    findings.push(...found.findings);
  }
  return { files, entries, findings };
}

interface ScannedFile extends Pick<Scan, 'entries' | 'findings'> {
  readonly file: FileScan;
}

async function scanFile(disk: Disk, path: string, signal?: AbortSignal): Promise<ScannedFile> {
  const handle = await disk.openToRead(path);
  try {
    const damaged = new Set<number>();
    const entries: Entry[] = [];
    const findings: Finding[] = [];
    const tellDamage = (damage: Damage): void => {
      if (damage.kind !== 'oddity') damaged.add(damage.offset);
      findings.push(findingOf(path, damage));
    };
    for await (const record of readRecords(new FileWindow(path, handle), tellDamage)) {
      entries.push(await entryOf(path, record, (finding) => findings.push(finding)));
      signal?.throwIfAborted();
    }
    return {
      file: { path, bytes: handle.size, records: entries.length },
      entries: entries.map((entry) => (damaged.has(entry.offset) ? { ...entry, isWhole: false } : entry)),
      // That a digest is wrong in a damaged member follows from the damage.
      findings: findings.filter(({ kind, offset = 0 }) => kind !== 'block-digest' || !damaged.has(offset)),
    };
  } finally {
    await handle.close();
  }
}

function findingOf(file: string, { kind, offset, detail }: Damage): Finding {
  return { level: kind === 'oddity' ? 'warning' : 'issue', kind, file, offset, detail };
}

async function entryOf(path: string, record: WarcRecord, tell: TellFinding): Promise<Entry> {
  const { head, offset, inner, contentLength } = record;
  const fields = entryFields(head, contentLength, `${path}@${offset}+${inner}`);
  const block = await digestBlock(record);
  const about = { file: path, offset, record: fields.id };
  // A block that is short is told as such; that its digest is wrong follows.
  if (block.check === 'wrong' && block.isWhole) {
    tell({ level: 'issue', kind: 'block-digest', ...about, detail: 'the block is not what its digest says' });
  }
  if (block.check === 'unchecked') {
    const written = field(head, 'WARC-Block-Digest') ?? '';
    tell({
      level: 'warning',
      kind: 'block-digest-unchecked',
      ...about,
      detail: `${written.slice(0, 100)} is not known here`,
    });
  }
  return {
    ...fields,
    path,
    offset,
    inner,
    digestCheck: block.check,
    blockDigest: block.digest,
    isWhole: block.isWhole,
  };
}

interface BlockDigest {
  readonly check: DigestCheck;
  readonly digest: string;
  readonly isWhole: boolean;
}

async function digestBlock({ head, block, contentLength }: WarcRecord): Promise<BlockDigest> {
  const written = field(head, 'WARC-Block-Digest');
  const expected = written === undefined ? undefined : parseDigest(written);
  const algorithm = expected?.algorithm ?? 'sha1';
  const hash = createHash(algorithm);
  let bytes = 0;
  for await (const piece of block) {
    hash.update(piece);
    bytes += piece.length;
  }
  const digest = hash.digest();
  const unknown = written === undefined ? 'absent' : 'unchecked';
  const check = expected === undefined ? unknown : expected.bytes.equals(digest) ? 'right' : 'wrong';
  return { check, digest: `${algorithm}:${digest.toString('hex')}`, isWhole: bytes === contentLength };
}
