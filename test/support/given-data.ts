// Data that is not part of the project: real payloads of the stream, and a maker of hours. It lies where STREAMVAULT_SHARED
// says, or in `../shared` beside the checkout; tests that need it are skipped, and say so, where it is not there.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Callback, Test } from 'uvu';
import { peerTest } from './peers.ts';

const folder = resolve(process.env.STREAMVAULT_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url)));

/** The path of such a file, or undefined where it is not there. */
export function givenFile(name: string): string | undefined {
  const path = join(folder, name);
  return existsSync(path) ? path : undefined;
}

/** 1,106 payloads of the real stream, `{data, includes}` a line, gzip. */
export const realLines = join(folder, 'data/real-stream-lines.jsonl.gz');

/** A program of Node that writes two servers' minute files of an hour and prints the truth about it. */
export const hourMaker = join(folder, 'bench/make-hour.mjs');

export interface Needs {
  /** A path of given data. */
  readonly data: string;
  readonly peers: readonly string[];
}

/** Adds a test that needs given data and programs; the title is a sentence of fact. */
// oxlint-disable-next-line max-params -- reads as `suite(title, run)` does, with what it needs before
export function givenDataTest<T>(suite: Test<T>, { data, peers }: Needs, title: string, run: Callback<T>): void {
  if (existsSync(data)) return peerTest(suite, peers, title, run);
  console.log(`skipped: ${title} (${data} is not there)`);
  suite.skip(title, run);
}
