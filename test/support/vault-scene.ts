// A vault for tests of what reads vaults: hours with made-up outputs, true receipts in the parts that are read, reports and sums.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Receipt } from '../../src/domain/receipt.ts';
import { parseReceipt, receiptText } from '../../src/domain/receipt.ts';
import { reportText } from '../../src/domain/report.ts';
import { type Hour, hourName, hoursOfDay, minuteName } from '../../src/domain/time.ts';
import { hourLabelOfReceipt, outputName, receiptName, reportName, sumsName, sumsText } from '../../src/domain/vault.ts';

export interface SceneHour {
  readonly ids: number;
  readonly generation?: number;
  readonly madeAtMs?: number;
  readonly counts?: Partial<Receipt['counts']>;
  readonly gaps?: Partial<Receipt['gaps']>;
  readonly complete?: boolean;
  /** Bytes of the IDs file; made up where left out. */
  readonly content?: Buffer;
}

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

function receiptOf(hour: Hour, zone: string, { scene, content }: { scene: SceneHour; content: Buffer }): Receipt {
  const { ids, generation = 1, complete = true } = scene;
  const file = outputName(hour, 'IDs');
  return {
    receipt: 1,
    streamvault: '1.0.0',
    hour: hourName(hour),
    start: minuteName(hour.start),
    zone,
    generation,
    made_at: new Date(scene.madeAtMs ?? (hour.start + 61) * 60_000).toISOString(),
    complete,
    servers: [1, 2],
    gaps: { missing_1: 0, missing_2: 0, gap_1: 0, gap_2: 0, joint_gap: 0, ...scene.gaps },
    counts: {
      server_1: ids,
      server_2: ids,
      both: ids,
      only_1: 0,
      only_2: 0,
      total: ids,
      duplicates_within: 0,
      duplicates_across: 0,
      'held-by-next': 0,
      unreadable: {},
      ...scene.counts,
    },
    left_out: [],
    outputs: [{ kind: 'IDs', file, bytes: content.length, rows: ids, sha256: sha256(content) }],
    inputs: [],
  };
}

/** Receipts of a day's hours, by label, for what reads no vault. */
export function sceneReceipts(
  { day, zone = 'UTC' }: { day: string; zone?: string },
  hours: Readonly<Record<string, SceneHour>>,
): Receipt[] {
  return hoursOfDay(day, zone).flatMap((hour) => {
    const scene = hours[hour.label];
    return scene ? [receiptOf(hour, zone, { scene, content: Buffer.from(hour.label) })] : [];
  });
}

/** Writes hours of a day, by label, beside those that are there; then report and sums anew. */
export function writeDay(
  vault: string,
  { day, zone = 'UTC' }: { day: string; zone?: string },
  hours: Readonly<Record<string, SceneHour>>,
): void {
  const folder = join(vault, day);
  mkdirSync(folder, { recursive: true });
  for (const hour of hoursOfDay(day, zone)) {
    const scene = hours[hour.label];
    if (scene === undefined) continue;
    const content = scene.content ?? Buffer.from(`${hourName(hour)} ${scene.ids} ${scene.generation ?? 1}\n`);
    writeFileSync(join(folder, outputName(hour, 'IDs')), content);
    writeFileSync(join(folder, receiptName(hour)), receiptText(receiptOf(hour, zone, { scene, content })));
  }
  const names = readdirSync(folder).filter((name) => name !== sumsName && !name.startsWith('.'));
  const receipts = names
    .filter((name) => hourLabelOfReceipt(name) !== undefined)
    .flatMap((name) => parseReceipt(readFileSync(join(folder, name), 'utf8')) ?? []);
  writeFileSync(join(folder, reportName(day)), reportText(receipts));
  const sums = new Map(
    [...new Set([...names, reportName(day)])].map((name) => [name, sha256(readFileSync(join(folder, name)))]),
  );
  writeFileSync(join(folder, sumsName), sumsText(sums));
}

/** All hours of a day, each with so many IDs. */
export const allHours = (day: string, ids: number, zone = 'UTC'): Record<string, SceneHour> =>
  Object.fromEntries(hoursOfDay(day, zone).map(({ label }) => [label, { ids }]));
