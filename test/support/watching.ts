// A small two-server system of folders for tests of the watch: minute files as ingest writes them, a configuration, a world.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../src/config/read.ts';
import type { ConfigWith } from '../../src/config/schema.ts';
import type { AlertCause } from '../../src/domain/alert.ts';
import { contentDigest, minuteFileName, minuteFolder } from '../../src/domain/minute-file.ts';
import { minuteOf } from '../../src/domain/time.ts';
import type { Minute } from '../../src/domain/time.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import type { Disk } from '../../src/outside/disk.ts';
import type { World } from '../../src/outside/world.ts';
import { decompressXz } from '../../src/outside/xz.ts';
import { manualClock } from './manual-clock.ts';
import type { ManualClock } from './manual-clock.ts';
import { silentLog } from './silent-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const minuteAt = (utc: string): Minute => minuteOf(Date.parse(utc));

/** A payload line as ingest writes it; `more` goes into the tweet. */
export function payloadLine(id: string | number, more: Readonly<Record<string, unknown>> = {}): string {
  const data = {
    id: String(id),
    text: `tweet ${id}`,
    author_id: '77',
    created_at: '2026-03-10T13:00:00.000Z',
    ...more,
  };
  const includes = { users: [{ id: '77', name: 'N', username: 'n', verified: false }] };
  return JSON.stringify({ data, includes, __twarc: { retrieved_at: '2026-03-10T13:00:01.000Z' } });
}

export interface MinuteSetting {
  readonly lines: readonly string[];
  readonly seconds?: number;
}

/** Writes a closed minute file into a tree; gives its path. */
export function writeMinute(tree: string, minute: Minute, { lines, seconds = 60 }: MinuteSetting): string {
  const content = lines.map((line) => `${line}\n`).join('');
  const digest = contentDigest(Buffer.from(content));
  const folder = join(tree, minuteFolder(minute));
  mkdirSync(folder, { recursive: true });
  const path = join(folder, minuteFileName({ minute, lines: lines.length, connectedSeconds: seconds, digest }));
  writeFileSync(path, content);
  return path;
}

/** Writes 60 minute files, empty but for the lines given by minute of the hour. */
export function writeHour(tree: string, start: Minute, lines: Readonly<Record<number, readonly string[]>> = {}): void {
  for (let minute = 0; minute < 60; minute++) writeMinute(tree, start + minute, { lines: lines[minute] ?? [] });
}

export interface Place {
  readonly root: string;
  readonly own: string;
  readonly partner: string;
  readonly vault: string;
  readonly clock: ManualClock;
  readonly alerts: { readonly cause: AlertCause; readonly sentence: string }[];
  config(more?: string): ConfigWith<'watch'>;
  world(setting?: { disk?: Disk; signal?: AbortSignal }): World;
}

export interface PlaceSetting {
  readonly root?: string;
  readonly zone?: string;
  readonly now?: string;
  readonly isAlone?: boolean;
}

/** Folders, a clock wound by hand, and alerts written down. */
export function place({
  root = temporaryFolder(),
  zone = 'UTC',
  now = '2026-03-10T15:00:00Z',
  isAlone = false,
}: PlaceSetting = {}): Place {
  const [own, partner, vault] = [join(root, 'own'), join(root, 'partner'), join(root, 'vault')];
  const clock = manualClock(Date.parse(now));
  const alerts: { cause: AlertCause; sentence: string }[] = [];
  const second = isAlone ? '' : `partner = "${partner}"\n`;
  return {
    root,
    own,
    partner,
    vault,
    clock,
    alerts,
    config: (more = '') =>
      readConfig(
        `server = 1\ntimezone = "${zone}"\n[watch]\nown = "${own}"\n${second}vault = "${vault}"\n${more.includes('preset') ? '' : 'preset = 0\n'}${more}`,
        'test.toml',
        ['watch'],
      ),
    world: ({ disk = systemDisk, signal = new AbortController().signal } = {}) => ({
      clock,
      disk,
      log: silentLog,
      signal,
      alerts: { raise: (cause, sentence) => void alerts.push({ cause, sentence }), end: () => {} },
    }),
  };
}

/** The text of an .xz file. */
export async function unpacked(path: string): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of decompressXz([readFileSync(path)])) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

/** Every file below a folder with its bytes, by path; hidden ones (locks) left out. */
export function bytesBelow(folder: string): Map<string, Buffer> {
  if (!existsSync(folder)) return new Map();
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.sort().map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
}

/** The vault's bytes with what may differ between two makings (generation, made_at, and sums of receipts) taken out. */
export function comparable(vault: string): Record<string, string> {
  const pairs = [...bytesBelow(vault)].map(([path, bytes]): [string, string] => {
    if (path.endsWith('_receipt.json')) {
      const {
        generation: _generation,
        made_at: _madeAt,
        ...rest
      } = JSON.parse(bytes.toString()) as Record<string, unknown>;
      return [path, JSON.stringify(rest, null, 1)];
    }
    if (path.endsWith('SHA256SUMS')) return [path, bytes.toString().replace(/^\w+(?=  .*_receipt\.json$)/gm, '*')];
    return [path, bytes.toString('hex')];
  });
  return Object.fromEntries(pairs);
}
