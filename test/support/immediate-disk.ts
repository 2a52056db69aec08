// The machine's disk at once and without syncs, for trials of months: what a power cut would take is not asked there.
// Behaves as `systemDisk` does, errors included; no work waits in the thread pool.
import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Disk, hasCode, systemDisk } from '../../src/outside/disk.ts';

function orElse<T>(absent: T, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return absent;
    throw error;
  }
}

function appendAll(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += fs.writeSync(descriptor, bytes, written);
}

export const immediateDisk: Disk = {
  ...systemDisk,
  async list(folder) {
    return orElse([], () => fs.readdirSync(folder, { withFileTypes: true }))
      .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory(), isFile: entry.isFile() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  },
  async facts(path) {
    const facts = fs.statSync(path, { throwIfNoEntry: false });
    return facts && { bytes: facts.size, modifiedMs: facts.mtimeMs, changedMs: facts.ctimeMs };
  },
  read: async (path) => fs.readFileSync(path),
  async write(path, bytes) {
    const beside = join(dirname(path), `.${basename(path)}.next`);
    fs.writeFileSync(beside, bytes);
    fs.renameSync(beside, path);
  },
  async open(path, naming) {
    if (naming?.isLeftToSync) fs.mkdirSync(dirname(path), { recursive: true });
    const isNew = !fs.existsSync(path);
    const descriptor = fs.openSync(path, 'a+');
    return {
      isNew,
      append: async (bytes) => appendAll(descriptor, bytes),
      sync: async () => {},
      truncate: async (bytes) => fs.ftruncateSync(descriptor, bytes),
      standing: async () => (fs.existsSync(path) ? 'named' : 'nameless'),
      content: async function* content() {
        for await (const piece of fs.createReadStream('', { fd: descriptor, start: 0, autoClose: false }))
          yield piece as Buffer;
      },
      close: async () => fs.closeSync(descriptor),
    };
  },
  rename: async (from, to) => fs.renameSync(from, to),
  async publish(from, to) {
    try {
      fs.linkSync(from, to);
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false;
      throw error;
    }
    fs.unlinkSync(from);
    return true;
  },
  remove: async (path) => fs.rmSync(path, { force: true }),
  makeFolder: async (path) => void fs.mkdirSync(path, { recursive: true }),
  freeBytes: async (path) => {
    const facts = fs.statfsSync(path);
    return facts.bavail * facts.bsize;
  },
};
