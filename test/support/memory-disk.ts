// A disk whose folder `root` lies in memory, all else on the machine's: for trials that write very much.
import { basename, dirname } from 'node:path';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';

export interface MemoryDisk extends Disk {
  /** Forgets all that lies in memory. */
  lose(): void;
}

export function memoryDisk(root: string): MemoryDisk {
  const files = new Map<string, Buffer>();
  const isInMemory = (path: string): boolean => path === root || path.startsWith(`${root}/`);
  return {
    ...systemDisk,
    lose: () => files.clear(),
    async list(folder) {
      if (!isInMemory(folder)) return systemDisk.list(folder);
      const below = [...files.keys()].filter((path) => path.startsWith(`${folder}/`));
      const names = new Map<string, boolean>();
      for (const path of below) {
        const [name = '', ...rest] = path.slice(folder.length + 1).split('/');
        names.set(name, rest.length > 0);
      }
      return [...names]
        .map(([name, isFolder]) => ({ name, isFolder, isFile: !isFolder }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async read(path) {
      if (!isInMemory(path)) return systemDisk.read(path);
      const content = files.get(path);
      if (content) return content;
      throw Object.assign(new Error(`no ${basename(path)} in ${dirname(path)}`), { code: 'ENOENT' });
    },
    async write(path, bytes) {
      if (!isInMemory(path)) return systemDisk.write(path, bytes);
      files.set(path, Buffer.from(bytes));
    },
    async makeFolder(path) {
      // The lock is a real file, in memory or not.
      if (!isInMemory(path) || path === root) await systemDisk.makeFolder(path);
    },
  };
}
