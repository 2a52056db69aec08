// The raw files of made hours: what lies in the trees and what the vault keeps. Takes receipts; leaves the files that they
// list, found again, so that an hour can be made anew.
import { join } from 'node:path';
import { parseMinuteFileName } from '../domain/minute-file.ts';
import { hourOfReceipt, minuteOfInput, type Receipt, type ReceiptInput } from '../domain/receipt.ts';
import { rawFolder, rawName } from '../domain/vault.ts';
import { identityOf, type InputFile, listedIn } from './input-file.ts';
import type { Shop } from './shop.ts';

export class RawFiles {
  readonly #shop: Shop;
  readonly #inTrees: ReadonlyMap<string, InputFile>;

  constructor(shop: Shop, files: readonly InputFile[]) {
    this.#shop = shop;
    this.#inTrees = new Map(files.map((file) => [identityOf(file), file]));
  }

  /** The receipt's inputs where they lie now; undefined where one is gone. */
  async inputsOf(receipt: Receipt): Promise<InputFile[] | undefined> {
    const found: InputFile[] = [];
    const kept = await this.#keptNames(receipt);
    for (const input of receipt.inputs) {
      const file = this.#inTrees.get(identityOf({ server: input.server, name: input.file })) ?? kept(input);
      if (file === undefined) return undefined;
      found.push(file);
    }
    return found;
  }

  async canBeRemade(receipt: Receipt): Promise<boolean> {
    return (await this.inputsOf(receipt)) !== undefined;
  }

  /** Is one of the receipt's inputs a file that cannot be read just now? */
  async isResting(receipt: Receipt): Promise<boolean> {
    const inputs = (await this.inputsOf(receipt)) ?? [];
    return inputs.some((file) => this.#shop.troubles.isResting(file.path));
  }

  /** Those of these files that the receipt does not list. */
  unlistedOf(receipt: Receipt, files: readonly InputFile[]): InputFile[] {
    const listed = listedIn(receipt);
    return files.filter((file) => !listed.has(identityOf(file)));
  }

  async #keptNames(receipt: Receipt): Promise<(input: ReceiptInput) => InputFile | undefined> {
    const { vault, world } = this.#shop;
    const hour = hourOfReceipt(receipt);
    const names = new Map<number, ReadonlySet<string>>();
    for (const server of receipt.servers) {
      const entries = await world.disk.list(join(vault.folder(hour.day), rawFolder(hour, server)));
      names.set(server, new Set(entries.map((entry) => entry.name)));
    }
    return (input) => {
      if (names.get(input.server)?.has(rawName(input.file)) !== true) return undefined;
      const path = join(vault.folder(hour.day), rawFolder(hour, input.server), rawName(input.file));
      const claim = parseMinuteFileName(input.file);
      return { server: input.server, name: input.file, minute: minuteOfInput(input), path, ...(claim && { claim }) };
    };
  }
}
