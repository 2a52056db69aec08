// What is derived from a day's receipts: its report, and SHA256SUMS over the whole folder. Takes a day; leaves both as they
// should be, written only where they are not.
import { join } from 'node:path';
import type { Receipt } from '../domain/receipt.ts';
import { reportText } from '../domain/report.ts';
import { parseSums, reportName, sumsName, sumsText } from '../domain/vault.ts';
import { type Disk, hasCode, sha256OfFile } from '../outside/disk.ts';
import { filesBelow, type VaultView } from '../outside/vault-view.ts';

/** Makes the day's report and sums good. Nothing happens where the day has no folder, or no receipt of ours. */
export async function refreshDay(vault: VaultView, day: string, disk: Disk): Promise<void> {
  const receipts = await vault.receiptsOf(day);
  if (receipts.length === 0) return;
  await writeIfChanged(join(vault.folder(day), reportName(day)), reportText(receipts), disk);
  await refreshSums(vault.folder(day), receipts, disk);
}

async function writeIfChanged(path: string, text: string, disk: Disk): Promise<void> {
  if ((await textOf(path, disk)) !== text) await disk.write(path, text);
}

async function textOf(path: string, disk: Disk): Promise<string | undefined> {
  try {
    return (await disk.read(path)).toString('utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * An output's hash is the one that its receipt proves, and a file that was listed before keeps the hash it had then: hashing
 * anew would only bless damage. The report and the receipts are hashed as they stand.
 */
async function refreshSums(folder: string, receipts: readonly Receipt[], disk: Disk): Promise<void> {
  const proven = new Map(receipts.flatMap(({ outputs }) => outputs.map(({ file, sha256 }) => [file, sha256])));
  const path = join(folder, sumsName);
  const listed = parseSums((await textOf(path, disk)) ?? '');
  const writtenMs = (await disk.facts(path))?.modifiedMs ?? 0;
  const sums = new Map<string, string>();
  for (const name of await filesBelow(folder, disk)) {
    const facts = await disk.facts(join(folder, name));
    if (facts === undefined) continue;
    const isDerived = /_(report\.txt|receipt\.json)$/.test(name);
    const known = proven.get(name) ?? (isDerived || facts.modifiedMs > writtenMs ? undefined : listed.get(name));
    sums.set(name, known ?? (await sha256OfFile(join(folder, name), disk)));
  }
  await writeIfChanged(path, sumsText(sums), disk);
}
