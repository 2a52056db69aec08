// Looking at trees and the vault for the status: names and receipts only, nothing is opened for writing. Takes folders and the time;
// leaves what lies there in the form that the status shows.
import { join } from 'node:path';
import { minuteFolder, parseMinuteFileName } from '../domain/minute-file.ts';
import type { Receipt } from '../domain/receipt.ts';
import type { HeardStatus, VaultStatus, WaitingHour } from '../domain/status.ts';
import {
  type Hour,
  type Minute,
  dayMs,
  endOfHour,
  endOfMinute,
  hourMs,
  hourName,
  hourOf,
  minuteName,
  minuteOf,
  minutesOfHour,
  nextHour,
} from '../domain/time.ts';
import { receiptName } from '../domain/vault.ts';
import type { Disk } from '../outside/disk.ts';
import { hourFolders } from '../outside/minute-tree.ts';
import type { VaultView } from '../outside/vault-view.ts';

/** One closed minute, by its file's name. */
export interface SeenMinute {
  readonly minute: Minute;
  readonly lines: number;
  readonly connectedSeconds: number;
}

/** The minute files of a tree from that time on. Folders are named by UTC hour: older ones are not listed. */
export async function minutesSince(disk: Disk, tree: string, sinceMs: number): Promise<SeenMinute[]> {
  const found: SeenMinute[] = [];
  for await (const folder of hourFolders(disk.list, tree, { from: minuteFolder(minuteOf(sinceMs - hourMs)) })) {
    for (const { name } of await disk.list(join(tree, folder))) {
      const file = parseMinuteFileName(name);
      if (file && endOfMinute(file.minute) > sinceMs) found.push(file);
    }
  }
  return found;
}

/** The 60 minutes before the present one. */
export function heardOf(server: number, minutes: readonly SeenMinute[], nowMs: number): HeardStatus {
  const present = minuteOf(nowMs);
  const hour = minutes.filter(({ minute }) => minute < present && minute >= present - 60);
  const byMinute = new Map<Minute, number>();
  for (const { minute, connectedSeconds } of hour)
    byMinute.set(minute, Math.min(60, (byMinute.get(minute) ?? 0) + connectedSeconds));
  // One that is far ahead was named by a clock that was wrong: it would be the newest for years.
  const believed = minutes.map(({ minute }) => minute).filter((minute) => endOfMinute(minute) <= nowMs + dayMs);
  const newest = believed.length === 0 ? undefined : Math.max(...believed);
  return {
    server,
    minutes: byMinute.size,
    tweets: hour.reduce((sum, { lines }) => sum + lines, 0),
    connected_seconds: [...byMinute.values()].reduce((sum, seconds) => sum + seconds, 0),
    newest_minute: newest === undefined ? null : minuteName(newest),
    newest_minute_age_seconds:
      newest === undefined ? null : Math.max(0, Math.round((nowMs - endOfMinute(newest)) / 1000)),
  };
}

export interface VaultLook {
  readonly vault: VaultView;
  readonly nowMs: number;
  readonly patienceMs: number;
  /** Minute files of server 1 and, where there is one, of server 2. */
  readonly trees: readonly (readonly SeenMinute[])[];
}

/** Hours looked back at for what is not made: longer ago, only patience and the alerts know. */
const lookedBackMs = 2 * dayMs;
const mostWaiting = 10;

export async function vaultStatus({ vault, nowMs, patienceMs, trees }: VaultLook): Promise<VaultStatus> {
  const current = hourOf(minuteOf(nowMs), vault.zone);
  const { receipts, damaged } = await lastReceipts(vault, current);
  const newest = receipts.at(-1);
  const gaps = receipts.map(({ gaps }) => gaps.joint_gap);
  return {
    newest_hour: newest?.hour ?? null,
    waiting: await waitingHours({ vault, nowMs, patienceMs, trees }, current),
    incomplete: receipts.filter(({ complete }) => !complete).map(({ hour }) => hour),
    joint_gap_seconds: gaps.reduce((sum, gap) => (sum === null || gap === null ? null : sum + gap), 0),
    tweets: receipts.reduce((sum, { counts }) => sum + counts.total, 0),
    damaged,
    next_hour: hourName(current),
    next_hour_ends: new Date(endOfHour(current)).toISOString(),
  };
}

/** Receipts of the 24 hours before the present one, and the names of those hours whose receipt cannot be read. */
async function lastReceipts(vault: VaultView, current: Hour): Promise<{ receipts: Receipt[]; damaged: string[] }> {
  const receipts: Receipt[] = [];
  const damaged: string[] = [];
  for (
    let hour = hourOf(current.start - 24 * 60, vault.zone);
    hour.start < current.start;
    hour = nextHour(hour, vault.zone)
  ) {
    const found = await vault.hour(hour);
    if (found.is === 'made') receipts.push(found.receipt);
    else if (found.is === 'foreign' && found.names.includes(receiptName(hour))) damaged.push(hourName(hour));
  }
  return { receipts, damaged };
}

/** Hours that have minute files, are over, and have no receipt. */
async function waitingHours({ vault, nowMs, patienceMs, trees }: VaultLook, current: Hour): Promise<WaitingHour[]> {
  const starts = trees.flatMap((minutes) => minutes.map(({ minute }) => minute));
  const oldest = Math.max(Math.min(current.start, ...starts), minuteOf(nowMs - lookedBackMs));
  const waiting: WaitingHour[] = [];
  for (
    let hour = hourOf(oldest, vault.zone);
    hour.start < current.start && waiting.length < mostWaiting;
    hour = nextHour(hour, vault.zone)
  ) {
    const seen = trees.map((minutes) => new Set(minutes.map(({ minute }) => minute)));
    const minutes = minutesOfHour(hour);
    const missing = seen.map((set) => minutes.filter((minute) => !set.has(minute)).length);
    const hasFiles = missing.some((count) => count < minutes.length);
    if (!hasFiles || (await vault.names(hour.day)).includes(receiptName(hour))) continue;
    const [missing1 = 0, missing2 = null] = missing;
    const due = new Date(endOfHour(hour) + (missing.some((count) => count > 0) ? patienceMs : 0)).toISOString();
    waiting.push({ hour: hourName(hour), missing_1: missing1, missing_2: missing2, due });
  }
  return waiting;
}
