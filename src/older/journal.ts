// What was verified before, so that an import that was broken off goes on where it stopped. Takes the vault's folder; leaves
// one line an hour in a hidden file there. It may be deleted at any time: then all is verified again.
import { join } from 'node:path';
import { type Disk, textAt } from '../outside/disk.ts';
import type { OlderHour } from './vault-check.ts';

const journalName = '.import-older.jsonl';

interface Entry {
  /** Sizes and times of the hour's files as they were verified. */
  readonly stamp: string;
  readonly found: OlderHour;
}

export interface Journal extends AsyncDisposable {
  /** What was found, if the hour's files are still the ones that were read. */
  known(hour: string, stamp: string): OlderHour | undefined;
  add(stamp: string, found: OlderHour): Promise<void>;
}

/** A line that a crash cut off is passed over. `isDry`: nothing is added. */
export async function openJournal(vault: string, disk: Disk, isDry: boolean): Promise<Journal> {
  const path = join(vault, journalName);
  const entries = new Map<string, Entry>();
  for (const line of ((await textAt(path, disk)) ?? '').split('\n')) {
    const entry = parse(line);
    if (entry) entries.set(entry.found.hour, entry);
  }
  const known: Journal['known'] = (hour, stamp) =>
    entries.get(hour)?.stamp === stamp ? entries.get(hour)?.found : undefined;
  if (isDry) return { known, add: async () => {}, [Symbol.asyncDispose]: async () => {} };
  const file = await disk.open(path);
  return {
    known,
    // The line feed before it keeps a cut-off line from swallowing this one.
    add: (stamp, found) => file.append(Buffer.from(`\n${JSON.stringify({ stamp, found } satisfies Entry)}`)),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

function parse(line: string): Entry | undefined {
  try {
    const entry = JSON.parse(line) as Entry;
    return typeof entry.stamp === 'string' && Array.isArray(entry.found.problems) ? entry : undefined;
  } catch {
    return undefined;
  }
}
