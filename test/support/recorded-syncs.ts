// What the process asks the kernel to make durable, in order: the paths of files and folders whose sync returned.
import { replaceSyncs } from './replaced-syncs.ts';

export interface RecordedSyncs {
  readonly syncs: string[];
  restore(): void;
}

/** Records from now on, until `restore`. */
export function recordSyncs(): RecordedSyncs {
  const syncs: string[] = [];
  const restore = replaceSyncs(async (path, real) => {
    await real();
    syncs.push(path);
  });
  return { syncs, restore };
}
