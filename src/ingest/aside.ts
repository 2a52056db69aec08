// Lines that are no payloads: kept verbatim in `<spool>/aside/`, counted, told in the log, never shipped.
// Takes bytes and a reason; leaves one file a day and reason, beside a `.txt` that says why.
import { dirname, join } from 'node:path';
import { asideMeanings, type AsideReason } from '../domain/payload.ts';
import { asideName } from '../outside/aside.ts';
import type { World } from '../outside/world.ts';
import type { Spool } from './open-minute.ts';

export interface Aside {
  /** Keeps a copy of the line. */
  put(reason: AsideReason, line: Buffer): void;
  /** Writes what was put, and tells of it in one log event a reason. */
  write(): Promise<void>;
}

/** What one file may grow to; beyond it lines are counted only. */
const largestFileBytes = 256 * (1 << 20);
/** What may wait in memory: a flood of rubbish must not take the place of tweets. */
const largestWaitingBytes = 40 * (1 << 20);

const lineEnd = Buffer.from('\n');

interface Waiting {
  readonly pieces: Buffer[];
  bytes: number;
  lines: number;
}

/** `counted` is told of each line that is set aside. */
export function asideFor(
  spool: Spool,
  { clock, log }: Pick<World, 'clock' | 'log'>,
  counted: (reason: AsideReason) => void,
): Aside {
  let waiting = new Map<AsideReason, Waiting>();
  let writing = Promise.resolve();

  async function keep(reason: AsideReason, { pieces, bytes, lines }: Waiting): Promise<void> {
    const path = join(spool.root, asideName, `${new Date(clock.now()).toISOString().slice(0, 10)}_${reason}.lines`);
    await spool.disk.makeFolder(dirname(path));
    const standing = await spool.disk.facts(path);
    const isFull = (standing?.bytes ?? 0) + bytes > largestFileBytes;
    log.warn('line.set-aside', { reason, lines, bytes, ...(isFull ? { kept: false } : { path }) });
    if (!isFull)
      await appendLines(spool, path, { pieces, reason: standing === undefined ? asideMeanings[reason] : undefined });
  }

  async function writeAll(): Promise<void> {
    const all = waiting;
    waiting = new Map();
    for (const [reason, lines] of all) {
      await keep(reason, lines).catch((error: unknown) =>
        log.error('line.not-kept', { reason, lines: lines.lines, error: String(error) }),
      );
    }
  }

  return {
    put(reason, line) {
      const entry = waiting.get(reason) ?? { pieces: [], bytes: 0, lines: 0 };
      waiting.set(reason, entry);
      counted(reason);
      entry.lines++;
      if (entry.bytes + line.length > largestWaitingBytes) return;
      entry.pieces.push(Buffer.from(line), lineEnd);
      entry.bytes += line.length + 1;
    },
    write: () => (writing = writing.then(writeAll)),
  };
}

/** `reason`: to be written beside, where nothing of that kind stands yet. */
async function appendLines(
  { disk }: Spool,
  path: string,
  { pieces, reason }: { pieces: readonly Buffer[]; reason: string | undefined },
): Promise<void> {
  if (reason !== undefined)
    await disk.write(`${path}.txt`, `${reason}\nOne a line, as received; nothing of it is in a minute file.\n`);
  const file = await disk.open(path);
  try {
    await file.append(Buffer.concat(pieces));
    await file.sync();
  } finally {
    await file.close();
  }
}
