// A disk that is asked for little at once: however slow or dead it is, threads of the process stay free for other disks.
// Takes a disk and a number; leaves the same disk, on which what is too much waits its turn.
import type { Disk, OpenFile, ReadableFile } from '../outside/disk.ts';

type Turn = <T>(work: () => Promise<T>) => Promise<T>;

const pieceBytes = 256 * 1024;

/**
 * At most `most` operations run at once on the disk that is left. Node carries out file operations on a few threads, for all disks
 * together: on a disk that hangs, each operation takes one of them away.
 */
export function narrowDisk(disk: Disk, most: number): Disk {
  const turn = turnstile(most);
  return {
    list: (folder) => turn(() => disk.list(folder)),
    facts: (path) => turn(() => disk.facts(path)),
    read: (path) => turn(() => disk.read(path)),
    chunks: (path) => chunks(disk, path, turn),
    write: (path, bytes) => turn(() => disk.write(path, bytes)),
    openToRead: (path) => turn(async () => narrowRead(await disk.openToRead(path), turn)),
    open: (path, naming) => turn(async () => narrowWrite(await disk.open(path, naming), turn)),
    rename: (from, to) => turn(() => disk.rename(from, to)),
    publish: (from, to) => turn(() => disk.publish(from, to)),
    remove: (path) => turn(() => disk.remove(path)),
    removeEmptyFolder: (path) => turn(() => disk.removeEmptyFolder(path)),
    makeFolder: (path) => turn(() => disk.makeFolder(path)),
    freeBytes: (path) => turn(() => disk.freeBytes(path)),
  };
}

const narrowWrite = (file: OpenFile, turn: Turn): OpenFile => ({
  isNew: file.isNew,
  append: (bytes) => turn(() => file.append(bytes)),
  content: () => file.content(),
  sync: () => turn(() => file.sync()),
  truncate: (bytes) => turn(() => file.truncate(bytes)),
  standing: () => turn(() => file.standing()),
  close: () => turn(() => file.close()),
});

const narrowRead = (file: ReadableFile, turn: Turn): ReadableFile => ({
  size: file.size,
  bytesAt: (offset, most, into) => turn(() => file.bytesAt(offset, most, into)),
  close: () => turn(() => file.close()),
});

async function* chunks(disk: Disk, path: string, turn: Turn): AsyncGenerator<Buffer> {
  const file = narrowRead(await turn(() => disk.openToRead(path)), turn);
  try {
    for (let at = 0; at < file.size;) {
      const piece = await file.bytesAt(at, pieceBytes);
      if (piece.length === 0) return;
      yield piece;
      at += piece.length;
    }
  } finally {
    await file.close();
  }
}

function turnstile(most: number): Turn {
  let running = 0;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    // The place is handed on: it never stands free while somebody waits.
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  };
  return (work) => {
    if (running >= most) return new Promise<void>((begin) => waiting.push(begin)).then(() => work().finally(leave));
    running++;
    return work().finally(leave);
  };
}
