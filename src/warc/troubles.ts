// What keeps the archive from its work at the moment, gathered under one alert that ends when the last trouble does.
import type { Alerts } from '../domain/alert.ts';

export type Trouble = 'spool' | 'lag' | 'seal' | 'gave-up';

export interface Troubles {
  raise(trouble: Trouble, sentence: string): void;
  end(trouble: Trouble): void;
}

export function troublesFor(alerts: Alerts, folder: string): Troubles {
  const current = new Set<Trouble>();
  return {
    raise(trouble, sentence) {
      current.add(trouble);
      alerts.raise('archive-failing', sentence);
    },
    end(trouble) {
      if (current.delete(trouble) && current.size === 0) {
        alerts.end('archive-failing', `The WARC archive in ${folder} is being written again.`);
      }
    },
  };
}

export const refusedSentence = (folder: string, reason: string): string =>
  `The WARC archive in ${folder} cannot be written (${reason}); what comes waits in memory and it is tried again each second. Minute files are not touched by this. Free space there, or look at that disk.`;

export const gaveUpSentence = (folder: string): string =>
  `The disk of ${folder} did not take the archive in time: the rest of this connection is not archived. Minute files have all of it. Look at that disk; the archive begins anew with the next connection, at once if ingest is restarted.`;
