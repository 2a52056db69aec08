// One shipment: bring one minute file to the inbox and prove it before the source goes. Takes a waiting file and the far disk;
// leaves it there under its name (the commit point: a rename), or says what it was set aside for. May be repeated at any step.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { moveAside } from '../outside/aside.ts';
import { pooledDigest } from '../outside/digest.ts';
import { hasCode } from '../outside/disk.ts';
import type { FarDisk } from '../outside/sftp.ts';
import { FarRefusal } from '../outside/sftp-refusal.ts';
import type { World } from '../outside/world.ts';
import { sendingName } from './sending-name.ts';
import { retire } from './retention.ts';
import type { WaitingFile } from './spool.ts';

export interface Route {
  readonly world: World;
  readonly far: FarDisk;
  readonly spool: string;
  /** As the account at the far side sees it. */
  readonly inbox: string;
  readonly keepMs: number;
  /** Paths at the far side where an attempt broke off with its connection; they are removed over the next one. */
  readonly remnants: Set<string>;
}

/** `was-there`: an earlier attempt had come through, or somebody else brought it; `vanished`: no source any more. */
export type Outcome =
  | { readonly is: 'shipped' | 'was-there'; readonly bytes: number }
  | { readonly is: 'set-aside'; readonly why: string }
  | { readonly is: 'vanished' };

/** Ships one file. Throws FarRefusal (this file, now) or OperatorError `unreachable` (no file can go). */
export async function shipFile(file: WaitingFile, route: Route): Promise<Outcome> {
  const content = await readSource(file, route);
  if (content === undefined) return { is: 'vanished' };
  if ((await pooledDigest(content)) !== file.says.digest) {
    return putAside(
      file,
      route,
      'its content is not what its name says: the digest differs. The partner has not seen it.',
    );
  }
  const target = `${route.inbox}/${file.folder}/${file.name}`;
  const isThere = (await route.far.facts(target)) !== undefined || !(await bring(file, content, route));
  if (isThere && !(await route.far.holds(target, content))) {
    return putAside(file, route, `${target} stands at the far side with other bytes. That one was left as it is.`);
  }
  await retire(file, route);
  return { is: isThere ? 'was-there' : 'shipped', bytes: content.length };
}

async function readSource(file: WaitingFile, { world, spool }: Route): Promise<Buffer | undefined> {
  try {
    return await world.disk.read(join(spool, file.folder, file.name));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Writes beside, reads back, renames. False where the final name is taken by now; nothing is left beside. */
async function bring(file: WaitingFile, content: Buffer, { world, far, inbox, remnants }: Route): Promise<boolean> {
  const folder = `${inbox}/${file.folder}`;
  const beside = `${folder}/${sendingName(file.name, world.clock.now(), randomBytes(4).toString('hex'))}`;
  let isPublished = false;
  try {
    await far.create(beside, content);
    if (!(await far.holds(beside, content))) {
      throw new FarRefusal(
        'failed',
        `${beside} does not hold the bytes that were written, although the server said so`,
      );
    }
    isPublished = await far.publish(beside, `${folder}/${file.name}`);
    return isPublished;
  } finally {
    // What is left of a process that was killed is found by its name, and removed after a day.
    if (!isPublished) await removeBeside(far, beside, remnants);
  }
}

async function removeBeside(far: FarDisk, path: string, remnants: Set<string>): Promise<void> {
  remnants.add(path);
  if (!far.lost.aborted) await removeRemnants(far, remnants).catch(() => {});
}

/**
 * Removes what broken attempts left. Whoever still writes there for a lost connection writes into a file without a name.
 * What cannot be removed is left to the cleaning after a day.
 */
export async function removeRemnants(far: FarDisk, remnants: Set<string>): Promise<void> {
  for (const path of remnants) {
    await far.remove(path).catch((error: unknown) => {
      if (!(error instanceof FarRefusal)) throw error;
    });
    remnants.delete(path);
  }
}

async function putAside(file: WaitingFile, { world, spool }: Route, why: string): Promise<Outcome> {
  const path = join(spool, file.folder, file.name);
  const lies = await moveAside({ tree: spool, path, why: `it was not shipped: ${why}` }, world);
  if (lies === undefined) return { is: 'vanished' };
  world.log.error('shipment.set-aside', { file: file.name, why, lies });
  world.alerts.raise('file-set-aside', `${file.name} was set aside: ${why} It lies in ${lies}.`, { file: file.name });
  return { is: 'set-aside', why };
}
