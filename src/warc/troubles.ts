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
