// A file that no hour can take: set aside, counted, and told. Nothing is ever removed this way.
import { dirname } from 'node:path';
import { moveAside } from '../outside/aside.ts';
import type { Shop } from './shop.ts';
import type { Stray } from './trees.ts';

/** Moves the file; nothing happens where it has vanished. */
export async function setAside(stray: Stray, { world, done }: Shop): Promise<void> {
  const { path, why } = stray;
  const to = await moveAside(stray, world);
  if (to === undefined) return;
  done.setAside++;
  world.life?.alive('Setting files aside');
  world.log.error('file.set-aside', { file: path, to, why });
  world.alerts.raise(
    'file-set-aside',
    `${path} was not merged: ${why}. It is kept in ${dirname(to)}; look at it there.`,
    { file: path },
  );
}
