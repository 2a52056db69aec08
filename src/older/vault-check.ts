// Verifying one hour of an older vault: its three .xz files read through, and held against each other and the day's report.
// Takes a day's folder; leaves what the hour holds, and what is wrong with it. Changes nothing.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isTweetId } from '../domain/tweet-id.ts';
import { LineSplitter } from '../domain/line-splitter.ts';
import { hasCode } from '../outside/disk.ts';
import { piecesOf } from '../outside/pieces.ts';
import { decompressXz } from '../outside/xz.ts';

export const olderKinds = ['IDs.txt.xz', 'tweets.csv.xz', 'users.csv.xz'] as const;
export type OlderKind = (typeof olderKinds)[number];

/** 2022-03-01_14_IDs.txt.xz: the label is 14, or 02+0200. */
export function readOlderName(name: string): { day: string; label: string; kind: OlderKind } | undefined {
  const match = /^(\d{4}-\d\d-\d\d)_(\d\d(?:[+-]\d{4})?)_(IDs\.txt\.xz|tweets\.csv\.xz|users\.csv\.xz)$/.exec(name);
  if (!match?.[3]) return undefined;
  return { day: match[1] ?? '', label: match[2] ?? '', kind: match[3] as OlderKind };
}

/** An older hour as it was found. `rows` by kind, without headers; `sha256` of the files as they stand. */
export interface OlderHour {
  readonly hour: string;
  readonly ids: number;
  readonly tweets: number;
  readonly users: number;
  readonly sha256: Readonly<Record<string, string>>;
  /** Sentences; empty where the hour is sound. */
  readonly problems: readonly string[];
}

interface Reading {
  readonly rows: number;
  readonly sha256: string;
  readonly problem?: string;
}

/** Reads an hour's files through. `reported`: the total that the day's report gives, if it has this hour. */
export async function checkOlderHour(folder: string, prefix: string, reported: number | undefined): Promise<OlderHour> {
  const problems: string[] = [];
  const sha256: Record<string, string> = {};
  const read = async (kind: OlderKind): Promise<number> => {
    const name = `${prefix}_${kind}`;
    const reading = await readThrough(join(folder, name), kind);
    if (reading === undefined) problems.push(`${name} is missing`);
    if (reading?.problem !== undefined) problems.push(`${name}: ${reading.problem}`);
    if (reading !== undefined) sha256[name] = reading.sha256;
    return reading?.rows ?? 0;
  };
  const [ids, tweets, users] = [await read('IDs.txt.xz'), await read('tweets.csv.xz'), await read('users.csv.xz')];
  if (problems.length === 0 && ids !== tweets) problems.push(`${ids} IDs but ${tweets} tweets`);
  if (problems.length === 0 && reported !== undefined && reported !== tweets)
    problems.push(`the report says ${reported} tweets, the file holds ${tweets}`);
  return { hour: prefix, ids, tweets, users, sha256, problems };
}

/** undefined where there is no such file; rejects for trouble of the disk. */
async function readThrough(path: string, kind: OlderKind): Promise<Reading | undefined> {
  const hash = createHash('sha256');
  const counter = kind === 'IDs.txt.xz' ? idCounter() : csvCounter();
  let diskTrouble: unknown;
  function* hashed(): Generator<Uint8Array> {
    try {
      for (const piece of piecesOf(path)) {
        hash.update(piece);
        yield piece;
      }
    } catch (error) {
      // The decompressor has its own words for whatever stops its source.
      diskTrouble = error;
      throw error;
    }
  }
  try {
    for await (const piece of decompressXz(hashed())) counter.add(piece);
    const { rows, problem } = counter.end();
    return { rows, sha256: hash.digest('hex'), ...(problem !== undefined && { problem }) };
  } catch {
    if (hasCode(diskTrouble, 'ENOENT')) return undefined;
    if (diskTrouble !== undefined) throw diskTrouble;
    return { rows: 0, sha256: hash.digest('hex'), problem: 'it cannot be unpacked (damaged or cut off)' };
  }
}

interface Counter {
  add(piece: Uint8Array): void;
  end(): { rows: number; problem?: string };
}

const longestIdLine = 64;

/** One ID a line; a header (`id`) is allowed, as some writers of the older system left one. */
function idCounter(): Counter {
  let rows = 0;
  let isFirst = true;
  let problem: string | undefined;
  const splitter = new LineSplitter(
    {
      line(bytes) {
        const text = Buffer.from(bytes)
          .toString('latin1')
          .replace(/\r$/, '')
          .replace(/^"(.*)"$/, '$1');
        const isHeader = isFirst && /^(id|tweet_id|0)$/i.test(text);
        isFirst = false;
        if (isHeader) return;
        rows++;
        if (!isTweetId(text)) problem ??= `line ${rows} is no tweet ID`;
      },
      longPart: () => void (problem ??= 'it holds a line that is no tweet ID'),
    },
    longestIdLine,
  );
  return {
    add: (piece) => splitter.push(Buffer.from(piece)),
    end() {
      splitter.finish();
      return problem === undefined ? { rows } : { rows, problem };
    },
  };
}

const [quote, lineFeed] = [0x22, 0x0a];

/** Rows of a CSV file, less its header: line feeds outside quotes. Only counts, since the older columns are not ours to judge. */
function csvCounter(): Counter {
  let lines = 0;
  let isQuoted = false;
  let endsOpen = false;
  return {
    add(piece) {
      for (const byte of piece) {
        if (byte === quote) isQuoted = !isQuoted;
        else if (byte === lineFeed && !isQuoted) lines++;
      }
      if (piece.length > 0) endsOpen = piece[piece.length - 1] !== lineFeed;
    },
    end() {
      const rows = Math.max(0, lines + (endsOpen ? 1 : 0) - 1);
      return isQuoted ? { rows, problem: 'it ends within a quoted field' } : { rows };
    },
  };
}

/** Totals by hour label out of an older report: tab-separated, `hour` and `total` among its columns. Repeated rows: the last counts. */
export function reportedTotals(text: string): Map<string, number> {
  const [head = '', ...rows] = text.split(/\r?\n/);
  const columns = head.split('\t').map((name) => name.trim().toLowerCase());
  const [hourAt, totalAt] = [columns.indexOf('hour'), columns.indexOf('total')];
  const totals = new Map<string, number>();
  if (hourAt < 0 || totalAt < 0) return totals;
  for (const row of rows) {
    const cells = row.split('\t');
    const total = Number(cells[totalAt]?.trim());
    const label = cells[hourAt]?.trim().replace(/^(\d)$/, '0$1');
    if (label && Number.isInteger(total) && cells[totalAt]?.trim() !== '') totals.set(label, total);
  }
  return totals;
}
