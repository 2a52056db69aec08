// The minute files that the vault keeps of an hour, each decompressed and held against the hour's receipt. Takes a made hour;
// leaves what is wrong, and the digest of each file as it lies there.
import { join } from 'node:path';
import type { Server } from '../domain/hour.ts';
import type { Receipt } from '../domain/receipt.ts';
import type { Hour } from '../domain/time.ts';
import { rawFolder, rawName } from '../domain/vault.ts';
import type { Disk } from '../outside/disk.ts';
import { inLanes } from '../outside/lanes.ts';
import type { WorkerHandle } from '../outside/workers.ts';
import type { Reading, ReadQuestion } from './worker.ts';

/** `path`: below the day's folder. */
interface KeptFile {
  readonly server: Server;
  readonly name: string;
  readonly path: string;
}

export interface KeptVerdict {
  readonly problems: readonly string[];
  /** SHA-256 by path below the day's folder. */
  readonly sha256: ReadonlyMap<string, string>;
}

export interface KeptSetting {
  readonly folder: string;
  readonly disk: Disk;
  readonly workers: readonly WorkerHandle<ReadQuestion, Reading>[];
}

/** Reads each kept file of an hour, one at a time in each worker, so that their number is no matter to memory. */
export async function verifyKept(hour: Hour, receipt: Receipt, setting: KeptSetting): Promise<KeptVerdict> {
  const { folder, workers } = setting;
  const files = await keptFiles(hour, receipt.servers, setting);
  const readings = new Map<KeptFile, Reading>();
  const left = files.values();
  await inLanes(workers.length, async (index) => {
    const worker = workers[index] as (typeof workers)[number];
    for (const file of left) readings.set(file, await worker.ask({ path: join(folder, file.path), kind: 'kept' }));
  });
  const read = files.map((file) => ({ file, reading: readings.get(file) as Reading }));
  return {
    problems: read.flatMap(({ file, reading }) => keptProblems(file, reading, receipt)),
    sha256: new Map(read.map(({ file, reading }) => [file.path, reading.sha256])),
  };
}

async function keptFiles(
  hour: Hour,
  servers: readonly Server[],
  { folder, disk }: KeptSetting,
): Promise<readonly KeptFile[]> {
  const found: KeptFile[] = [];
  for (const server of servers) {
    const below = rawFolder(hour, server);
    for (const { name, isFolder } of await disk.list(join(folder, below))) {
      if (!isFolder && !name.startsWith('.')) found.push({ server, name, path: join(below, name) });
    }
  }
  return found;
}

function keptProblems({ server, name, path }: KeptFile, reading: Reading, { inputs }: Receipt): string[] {
  if (reading.trouble !== undefined) return [`${path}: ${reading.trouble}`];
  const input = inputs.find((each) => each.server === server && rawName(each.file) === name);
  if (input === undefined) return [`${path}: the receipt names no such minute file`];
  if (reading.contentSha256 === input.sha256) return [];
  return [
    reading.rows === input.lines
      ? `${path}: its ${input.lines} lines are others than those that the receipt proves`
      : `${path}: its ${reading.rows} lines are not the ${input.lines} that the receipt proves`,
  ];
}
