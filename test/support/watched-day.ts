// The day on which the tests of the watch play: its hours made by one crew, and what the vault then holds of them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Receipt } from '../../src/domain/receipt.ts';
import { coreCount } from '../../src/outside/workers.ts';
import { gatherCrew } from '../../src/watch/crew.ts';
import { watchOnce } from '../../src/watch/watch.ts';
import { type Place, minuteAt, payloadLine, unpacked } from './watching.ts';

export const day = '2026-03-10';

/** The first minute of the first hour; its label is 13. */
export const start = minuteAt(`${day}T13:00Z`);

/** The threads of a test file, gathered once. Its last hook ends them: `test.after(endCrew)`. */
export const crew = gatherCrew(coreCount());
export const endCrew = (): Promise<void> => crew[Symbol.asyncDispose]() as Promise<void>;

/** `watch --once`, with more lines of configuration. */
export const once = (here: Place, more = ''): ReturnType<typeof watchOnce> =>
  watchOnce(here.config(more), here.world(), { crew });

/** The path of what the vault holds of an hour: `IDs.txt.xz`, `receipt.json`, … */
export const outputPath = (here: Place, label: string, ending: string): string =>
  join(here.vault, day, `${day}_${label}_${ending}`);

export const receiptOf = (here: Place, label = '13'): Receipt =>
  JSON.parse(readFileSync(outputPath(here, label, 'receipt.json'), 'utf8')) as Receipt;

export const idsOf = (here: Place, label: string): Promise<string> => unpacked(outputPath(here, label, 'IDs.txt.xz'));

export const payloadLines = (...ids: number[]): string[] => ids.map((id) => payloadLine(id));
