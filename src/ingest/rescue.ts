// The open minute's file whose name was taken away, or whose sync failed, written anew: its bytes can still be read where it is open.
// Takes the open file; leaves one that holds the same under its name. Whatever else stood there lies in `<spool>/aside/`.
import { basename, dirname, join } from 'node:path';
import { moveAside } from '../outside/aside.ts';
import type { Clock } from '../outside/clock.ts';
import type { OpenFile } from '../outside/disk.ts';
import type { Log } from '../outside/log.ts';
import type { OpenMinute, Spool } from './open-minute.ts';

export interface RescueParts {
  readonly spool: Spool;
  readonly log: Log;
  readonly clock: Clock;
}

const whyAside =
  'it stood under the name of the minute that was open, and was not what is recorded, which was written anew there';

/** Does its name no longer lead to it? Lines go on into a file that nobody can find. */
export const isGone = async ({ file }: OpenMinute): Promise<boolean> => (await file.standing()) !== 'named';

/** Rejects as the disk does; then all stands as before. */
export async function rescue(parts: RescueParts, { path, file }: OpenMinute): Promise<void> {
  const { disk } = parts.spool;
  // A name of its own: the minute before may be written anew beside it.
  const beside = join(dirname(path), `.rescued.${basename(path)}`);
  await disk.makeFolder(dirname(path));
  await disk.remove(beside);
  try {
    await copyTo(await disk.open(beside), file);
    // Over nothing but itself.
    if ((await file.standing()) === 'named') await disk.rename(beside, path);
    else while (!(await disk.publish(beside, path))) await setAside(parts, path);
  } catch (error) {
    // On a disk that is full half of it would take the last of the room.
    await disk.remove(beside).catch(() => {});
    throw error;
  }
}

async function copyTo(copy: OpenFile, file: OpenFile): Promise<void> {
  try {
    for await (const piece of file.content()) await copy.append(piece);
    await copy.sync();
  } finally {
    await copy.close();
  }
}

/** Somebody's file, or folder, or link: what it is for nobody here can know. */
async function setAside({ spool: { root, disk }, log, clock }: RescueParts, path: string): Promise<void> {
  const to = await moveAside({ tree: root, path, why: whyAside }, { disk, clock });
  if (to !== undefined) log.warn('file.set-aside', { file: path, to, why: whyAside });
}
