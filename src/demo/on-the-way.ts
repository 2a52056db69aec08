// What of the stream is on its way into the vault: a slow disk may keep a minute file, or its shipment, until after its hour was made.
// Takes the demo's folders; leaves whether every minute file has been taken in.
import { basename, join } from 'node:path';
import { parseMinuteFileName } from '../domain/minute-file.ts';
import { minuteOfInput, parseReceipt, type ReceiptInput } from '../domain/receipt.ts';
import { type Minute, minuteOf } from '../domain/time.ts';
import type { Disk } from '../outside/disk.ts';
import { filesBelow } from './left-behind.ts';
import type { Scene } from './scene.ts';

/**
 * Does the vault hold all that both servers heard before that moment? An ingest closes its minutes in order, so that none is open once
 * the last one is a file; shipments come in any order.
 */
export async function isAllTaken(
  disk: Disk,
  { spools: [own, other], inbox, vault }: Pick<Scene, 'spools' | 'inbox' | 'vault'>,
  untilMs: number,
): Promise<boolean> {
  const end = minuteOf(untilMs);
  const inputs = await inputsOf(disk, vault);
  const hasLast = ([1, 2] as const).every((server) =>
    inputs.some((input) => input.server === server && minuteOfInput(input) === end - 1),
  );
  if (!hasLast || (await minuteFiles(disk, other, end)).length > 0) return false;
  const taken = new Set(inputs.map(({ server, file }) => `${server} ${file}`));
  const come = [
    ...(await minuteFiles(disk, own, end)).map((name) => `1 ${name}`),
    ...(await minuteFiles(disk, inbox, end)).map((name) => `2 ${name}`),
  ];
  return come.every((file) => taken.has(file));
}

/** What the vault's hours were made from. */
async function inputsOf(disk: Disk, vault: string): Promise<ReceiptInput[]> {
  const paths = (await filesBelow(disk, vault)).filter((path) => path.endsWith('_receipt.json'));
  const texts = await Promise.all(paths.map((path) => disk.read(join(vault, path))));
  return texts.flatMap((text) => parseReceipt(text.toString())?.inputs ?? []);
}

/** Names of the closed minute files before `end` in a tree. */
async function minuteFiles(disk: Disk, tree: string, end: Minute): Promise<string[]> {
  const names = (await filesBelow(disk, tree)).map((path) => basename(path));
  return names.filter((name) => (parseMinuteFileName(name)?.minute ?? end) < end);
}
