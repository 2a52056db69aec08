// A disk that stops the journey at one single step, as a power cut or a full disk would: some bytes of what was written, or none,
// and nothing after it. Takes the real disk and the number of the step.
import { basename, dirname, join } from 'node:path';
import { systemDisk } from '../../src/outside/disk.ts';
import type { Disk } from '../../src/outside/disk.ts';

export class Stopped extends Error {
  override readonly name = 'Stopped';
}

export interface StoppingDisk {
  readonly disk: Disk;
  /** Steps done so far, and what each was. */
  readonly steps: readonly string[];
}

/** Stops at step `stopAt` (1 is the first) before it is done, or not at all. `error` is what is thrown, now and at every later step. */
export function stoppingDisk(
  stopAt = Number.POSITIVE_INFINITY,
  error: Error = new Stopped('the journey ends here'),
): StoppingDisk {
  const steps: string[] = [];
  const step = (what: string): void => {
    steps.push(what);
    if (steps.length >= stopAt) throw error;
  };
  const half = (bytes: Uint8Array | string): Uint8Array => Buffer.from(bytes as string).subarray(0, bytes.length / 2);
  const disk: Disk = {
    ...systemDisk,
    async write(path, bytes) {
      const beside = join(dirname(path), `.${basename(path)}.next`);
      step(`begin ${path}`);
      await systemDisk.remove(beside);
      await writeInto(beside, half(bytes));
      step(`write ${path}`);
      await systemDisk.remove(beside);
      await writeInto(beside, Buffer.from(bytes as string));
      step(`give ${path} its name`);
      await systemDisk.write(path, bytes);
    },
    async open(path, naming) {
      step(`open ${path}`);
      const file = await systemDisk.open(path, naming);
      return {
        ...file,
        async append(bytes) {
          step(`append half to ${path}`);
          await file.append(half(bytes));
          step(`append to ${path}`);
          await file.append(bytes.subarray(half(bytes).length));
        },
        async sync() {
          step(`sync ${path}`);
          await file.sync();
        },
      };
    },
    async rename(from, to) {
      step(`rename ${from} to ${to}`);
      await systemDisk.rename(from, to);
    },
    async publish(from, to) {
      step(`publish ${to}`);
      return systemDisk.publish(from, to);
    },
    async remove(path) {
      step(`remove ${path}`);
      await systemDisk.remove(path);
    },
    async removeEmptyFolder(path) {
      step(`remove folder ${path}`);
      return systemDisk.removeEmptyFolder(path);
    },
    async makeFolder(path) {
      step(`make folder ${path}`);
      await systemDisk.makeFolder(path);
    },
  };
  return { disk, steps };
}

async function writeInto(path: string, bytes: Uint8Array): Promise<void> {
  const file = await systemDisk.open(path);
  await file.append(bytes);
  await file.close();
}
