// The commit of an hour: outputs beside, then the receipt beside (the commit point), then renames, the receipt last.
// Takes what was built and its receipt; leaves the hour in the vault, whole or not at all. A start rolls forward from here.
import { join } from 'node:path';
import { OperatorError } from '../domain/operator-error.ts';
import { hourOfReceipt, parseReceipt, type Receipt, receiptText } from '../domain/receipt.ts';
import {
  besideName,
  hourLabelOfReceipt,
  isBesideName,
  nextReceiptName,
  outputKinds,
  outputName,
} from '../domain/vault.ts';
import type { Hour } from '../domain/time.ts';
import { type Disk, sha256OfFile } from '../outside/disk.ts';
import type { OutputContent } from './hour-build.ts';
import { isTroubleOfOneFile } from './troubles.ts';

/** Name of the receipt while it waits for its outputs, by its final name, and back. */
const finalName = (nextName: string): string => nextName.replace(/\.next\.json$/, '.json');

export interface Staging {
  readonly hour: Hour;
  /** The receipt that is replaced, if the hour is made again. */
  readonly previous: Receipt | undefined;
  readonly disk: Disk;
}

/** Writes an output beside its name, where it waits for the commit; false for one that the previous receipt proves, and that is there as it was. */
export async function stageOutput(
  folder: string,
  output: OutputContent,
  { hour, previous, disk }: Staging,
): Promise<boolean> {
  const name = outputName(hour, output.kind);
  const known = previous?.outputs.find((entry) => entry.file === name);
  if (known?.sha256 === output.sha256 && (await stillHolds(join(folder, name), output.sha256, disk))) return false;
  await disk.makeFolder(folder);
  await writeBeside(join(folder, besideName(name)), output.content, disk);
  return true;
}

/** Commits an hour whose outputs were just staged, by name. */
export async function commitHour(
  folder: string,
  receipt: Receipt,
  { staged, disk }: { readonly staged: ReadonlySet<string>; readonly disk: Disk },
): Promise<void> {
  await disk.makeFolder(folder);
  const nextName = nextReceiptName(hourOfReceipt(receipt));
  await disk.write(join(folder, nextName), receiptText(receipt));
  await rollForward(folder, nextName, { staged, disk });
}

async function writeBeside(path: string, content: readonly Uint8Array[], disk: Disk): Promise<void> {
  await disk.remove(path);
  const file = await disk.open(path);
  try {
    for (const block of content) await file.append(block);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Finishes a commit whose receipt is written: renames what is still beside. Only what this process has just written is not read
 * again before. Throws own-damage where an output is missing or wrong.
 */
async function rollForward(
  folder: string,
  nextName: string,
  { staged, disk }: { readonly staged: ReadonlySet<string>; readonly disk: Disk },
): Promise<void> {
  const receipt = parseReceipt((await disk.read(join(folder, nextName))).toString('utf8'));
  if (receipt === undefined) throw await damaged(folder, nextName, { why: 'it is no receipt', disk });
  for (const output of receipt.outputs) {
    const beside = join(folder, besideName(output.file));
    if (staged.has(output.file) || (await holds(beside, output.sha256, disk)))
      await disk.rename(beside, join(folder, output.file));
    else if (!(await holds(join(folder, output.file), output.sha256, disk))) {
      throw await damaged(folder, nextName, { why: `${output.file} is not what the receipt says`, disk });
    }
  }
  const outputs = new Set(receipt.outputs.map((output) => output.file));
  for (const kind of outputKinds) {
    const name = outputName(hourOfReceipt(receipt), kind);
    if (!outputs.has(name)) await disk.remove(join(folder, name));
  }
  await disk.rename(join(folder, nextName), join(folder, finalName(nextName)));
}

async function holds(path: string, sha256: string, disk: Disk): Promise<boolean> {
  return (await disk.facts(path)) !== undefined && (await sha256OfFile(path, disk)) === sha256;
}

/** The same of a file that may have decayed since: what the disk does not give is not held, and is written anew. */
function stillHolds(path: string, sha256: string, disk: Disk): Promise<boolean> {
  return holds(path, sha256, disk).catch((error: unknown) => {
    if (isTroubleOfOneFile(error)) return false;
    throw error;
  });
}

/**
 * Of an hour that was being made for the first time its other files go as well: without a receipt they would be taken for another
 * tool's, and its minute files set aside. One that was being made again has its receipt still.
 */
async function damaged(
  folder: string,
  name: string,
  { why, disk }: { readonly why: string; readonly disk: Disk },
): Promise<OperatorError> {
  const prefix = name.replace(/receipt\.next\.json$/, '');
  const isMadeAgain = (await disk.facts(join(folder, finalName(name)))) !== undefined;
  const files = [join(folder, isMadeAgain ? name : `${prefix}*`), join(folder, `.${prefix}*.next`)];
  return new OperatorError(
    'own-damage',
    `The half-finished hour ${join(folder, name)} cannot be finished: ${why}. Its minute files are still there.`,
    `Check the disk; then remove what there is of it, and the hour is made again: sudo sh -c 'rm -f ${files.join(' ')}'`,
  );
}

/** Finishes every commit that a crash broke off, and removes what was written before a commit point. Gives the days it touched. */
export async function finishBrokenCommits(folder: string, disk: Disk): Promise<boolean> {
  let isTouched = false;
  const names = (await disk.list(folder)).filter((entry) => !entry.isFolder).map((entry) => entry.name);
  for (const name of names) {
    if (hourLabelOfReceipt(name)?.isNext !== true) continue;
    await rollForward(folder, name, { staged: new Set(), disk });
    isTouched = true;
  }
  for (const name of names) if (isBesideName(name)) await disk.remove(join(folder, name));
  return isTouched;
}
