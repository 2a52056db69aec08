// The machine's disk without its syncs, for tests in which nothing is cut off and much is written.
import { rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';

export const quickDisk: Disk = {
  ...systemDisk,
  async write(path, bytes) {
    const beside = join(dirname(path), `.${basename(path)}.next`);
    await writeFile(beside, bytes);
    await rename(beside, path);
  },
};
