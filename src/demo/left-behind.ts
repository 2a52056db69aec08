// What the demo left on disk, read without help of the stages that wrote it: IDs, gaps, report, tree.
// Takes folders; leaves values and text.
import { join } from 'node:path';
import type { Disk } from '../outside/disk.ts';
import { decompressXz } from '../outside/xz.ts';
import { formatSize } from '../domain/quantity.ts';
import type { Interval } from './comparison.ts';

/** Every ID that stands in the vault, as often as it stands there. */
export async function storedIds(disk: Disk, vault: string): Promise<string[]> {
  const ids: string[] = [];
  for (const path of await filesBelow(disk, vault)) {
    if (!path.endsWith('_IDs.txt.xz')) continue;
    const parts: Uint8Array[] = [];
    for await (const part of decompressXz([await disk.read(join(vault, path))])) parts.push(part);
    ids.push(...Buffer.concat(parts).toString().split('\n').slice(0, -1));
  }
  return ids;
}

/** The gaps that an ingest wrote down beside its spool. */
export async function recordedGaps(disk: Disk, spool: string): Promise<Interval[]> {
  const path = join(spool, 'gaps.jsonl');
  if ((await disk.facts(path)) === undefined) return [];
  const lines = (await disk.read(path)).toString().split('\n').slice(0, -1);
  return lines.map((line) => {
    const { from, to } = JSON.parse(line) as { from: string; to: string };
    return { fromMs: Date.parse(from), toMs: Date.parse(to) };
  });
}

/** The reports of all days, each under its name. */
export async function reports(disk: Disk, vault: string): Promise<string> {
  const paths = (await filesBelow(disk, vault)).filter((path) => path.endsWith('_report.txt'));
  const texts = await Promise.all(paths.map((path) => disk.read(join(vault, path))));
  return texts.map((text, index) => `${paths[index]}\n${asTable(text.toString())}`).join('\n');
}

/** Tab-separated text in columns that line up. */
function asTable(text: string): string {
  const rows = text
    .trimEnd()
    .split('\n')
    .map((row) => row.split('\t'));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ');
  return `${rows.map((row) => `  ${line(row)}`).join('\n')}\n`;
}

/** The files of a folder as a tree, with their sizes. */
export async function treeOf(disk: Disk, folder: string): Promise<string> {
  const lines: string[] = [];
  let day = '';
  for (const path of await filesBelow(disk, folder)) {
    const [top = '', ...rest] = path.split('/');
    if (rest.length === 0) continue;
    if (top !== day) lines.push(`  ${top}/`);
    day = top;
    const { bytes } = (await disk.facts(join(folder, path))) ?? { bytes: 0 };
    lines.push(`    ${formatSize(bytes).padStart(8)}  ${rest.join('/')}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Paths of all files below a folder, relative to it, sorted; hidden ones are left out. */
export async function filesBelow(disk: Disk, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const { name, isFolder } of await disk.list(folder)) {
    if (name.startsWith('.')) continue;
    if (isFolder) paths.push(...(await filesBelow(disk, join(folder, name))).map((path) => `${name}/${path}`));
    else paths.push(name);
  }
  return paths;
}
