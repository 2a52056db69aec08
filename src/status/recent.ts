// What ingest closed in the last hour, remembered beside the spool: on server 2 a minute file is shipped and gone within seconds.
// Takes closed minutes; leaves `.ingest.recent.json`. It may be lost at any time: only the status reads it.
import { join } from 'node:path';
import type { MinuteFile } from '../domain/minute-file.ts';
import { type Disk, hasCode } from '../outside/disk.ts';
import type { Log } from '../outside/log.ts';
import type { SeenMinute } from './look.ts';

const recentPath = (spool: string): string => join(spool, '.ingest.recent.json');
const keptMinutes = 75;

/** Remembers each minute that is closed, one write after the other. A write that fails is no concern: the next one has it all. */
export function recentMinutes(spool: string, { disk, log }: { disk: Disk; log: Log }): (file: MinuteFile) => void {
  let minutes: SeenMinute[] | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  const note = async (file: MinuteFile): Promise<void> => {
    minutes ??= await readRecent(disk, spool);
    const { minute, lines, connectedSeconds } = file;
    minutes = [...minutes, { minute, lines, connectedSeconds }].filter((one) => one.minute > minute - keptMinutes);
    await disk.write(recentPath(spool), `${JSON.stringify(minutes)}\n`);
  };
  return (file) => {
    queue = queue
      .then(() => note(file))
      .catch((error: unknown) => log.info('recent.not-written', { reason: String(error) }));
  };
}

export async function readRecent(disk: Disk, spool: string): Promise<SeenMinute[]> {
  try {
    const value: unknown = JSON.parse((await disk.read(recentPath(spool))).toString());
    return Array.isArray(value) ? (value as SeenMinute[]).filter((one) => Number.isSafeInteger(one?.minute)) : [];
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
